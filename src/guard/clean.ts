/** Everything a tool returns, through the sanitizer: text, every string of structured content, and our own words last, untreated. */
import type { CallMeta, SanitizeLevel, ToolResult } from "../types.ts";
import { cleanStreams } from "./streams.ts";

/** The sanitizer's words. */
interface Options {
  readonly level: SanitizeLevel;
  readonly source: { readonly kind: ToolResult["source"]; readonly name: string };
  readonly maxBytes?: number;
  readonly total?: number;
  readonly rest?: string;
  readonly page?: { readonly start: number; readonly length: number; readonly cut: boolean };
}

interface Found {
  readonly flags: readonly { readonly kind: string; readonly rule: string }[];
  readonly redactions: readonly { readonly rule: string; readonly count: number }[];
  readonly truncated?: unknown;
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly total: number;
}

export interface Sanitizer {
  text(text: string, options: Options): Promise<Found & { readonly text: string; readonly page?: Part }>;
  value(value: unknown, options: Options): Promise<Found & { readonly value: unknown }>;
}

/** A result that is fit to be told, and what was found in it. */
export interface Cleaned {
  readonly result: ToolResult;
  readonly notes: Pick<CallMeta, "flags" | "redactions" | "truncated" | "sandbox">;
}

/** Cleans a result. `output` bounds what no read limit has bounded yet, in bytes. Rejects with a refusal when it has to be withheld. */
export async function cleanResult(
  sanitizer: Sanitizer,
  tool: string,
  result: ToolResult,
  level: SanitizeLevel,
  output: number,
): Promise<Cleaned> {
  const source = { kind: result.source, name: result.origin ?? tool };
  const { page } = result;
  const text = await sanitizer.text(result.text, {
    level,
    source,
    ...(result.sized ? {} : { maxBytes: output }),
    ...(result.cut ? { total: result.cut.total, rest: result.cut.rest } : {}),
    ...(page ? { page: { start: page.start, length: page.length, cut: page.cut } } : {}),
  });
  const found: Found[] = [text];
  const streams = await cleanStreams(result.streams ?? [], async (piece) => {
    if (piece === "") return piece;
    const cleaned = await sanitizer.text(piece, { level, source });
    found.push(cleaned);
    return cleaned.text;
  });
  let structured: ToolResult["structured"];
  if (result.structured) {
    const cleaned = await sanitizer.value(result.structured, { level, source, maxBytes: output });
    found.push(cleaned);
    structured = { ...(cleaned.value as object), ...streams.named };
  }
  // What isn't shown may still be meant for the model: whoever reads on should know.
  const hidden = result.hidden ? (await sanitizer.text(result.hidden, { level, source })).flags : [];
  if (hidden.some(({ kind }) => kind === "injection")) found.push({ flags: [{ kind: "injection", rule: "hidden-text" }], redactions: [] });
  let sandbox: ToolResult["sandbox"];
  if (result.sandbox) {
    const cleaned = await sanitizer.value(result.sandbox, { level, source });
    found.push(cleaned);
    sandbox = cleaned.value as ToolResult["sandbox"];
  }
  const flags = new Set([...(result.flags ?? []), ...found.flatMap((one) => one.flags.map(({ kind, rule }) => `${kind}:${rule}`))]);
  const redactions = found.flatMap((one) => one.redactions);
  const more = text.page !== undefined && text.page.end < text.page.total;
  const truncated = result.truncated === true || more || found.some((one) => one.truncated !== undefined);
  const told = text.page && page ? tellPage(text.page, page.name) : "";
  const shown = [text.text, streams.text, told, result.note ?? ""].filter((part) => part !== "").join("\n");
  return {
    result: { ...result, text: shown, ...(structured ? { structured } : {}) },
    notes: {
      ...(flags.size > 0 ? { flags: [...flags] } : {}),
      ...(redactions.length > 0 ? { redactions } : {}),
      ...(truncated ? { truncated } : {}),
      ...(sandbox ? { sandbox } : {}),
    },
  };
}

/** Which part of a text this is and how to get the next one; empty when it is the whole. */
function tellPage({ start, end, total }: Part, name: string): string {
  if (end < total) return `Characters ${start} to ${end} of ${total}: read on with ${name}: ${end}`;
  if (start === 0) return "";
  return start < total
    ? `Characters ${start} to ${end} of ${total}: the end`
    : `There is nothing from ${name}: ${start} on: the text has ${total} characters`;
}
