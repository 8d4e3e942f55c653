/** Everything a tool returns, through the sanitizer: text, every string of structured content, and our own words last, untreated. */
import type { CallMeta, SanitizeLevel, ToolResult } from "../types.ts";

/** The sanitizer's words. */
interface Options {
  readonly level: SanitizeLevel;
  readonly source: { readonly kind: ToolResult["source"]; readonly name: string };
  readonly maxBytes?: number;
  readonly total?: number;
  readonly rest?: string;
}

interface Found {
  readonly flags: readonly { readonly kind: string; readonly rule: string }[];
  readonly redactions: readonly { readonly rule: string; readonly count: number }[];
  readonly truncated?: unknown;
}

export interface Sanitizer {
  text(text: string, options: Options): Promise<Found & { readonly text: string }>;
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
  const options: Options = {
    level,
    source: { kind: result.source, name: result.origin ?? tool },
    ...(result.sized ? {} : { maxBytes: output }),
    ...(result.cut ? { total: result.cut.total, rest: result.cut.rest } : {}),
  };
  const text = await sanitizer.text(result.text, options);
  const found: Found[] = [text];
  let structured: ToolResult["structured"];
  if (result.structured) {
    const cleaned = await sanitizer.value(result.structured, { level, source: options.source, maxBytes: output });
    found.push(cleaned);
    structured = cleaned.value as ToolResult["structured"];
  }
  let sandbox: ToolResult["sandbox"];
  if (result.sandbox) {
    const cleaned = await sanitizer.value(result.sandbox, { level, source: options.source });
    found.push(cleaned);
    sandbox = cleaned.value as ToolResult["sandbox"];
  }
  const flags = new Set([...(result.flags ?? []), ...found.flatMap((one) => one.flags.map(({ kind, rule }) => `${kind}:${rule}`))]);
  const redactions = found.flatMap((one) => one.redactions);
  const truncated = result.truncated === true || found.some((one) => one.truncated !== undefined);
  const shown = result.note === undefined ? text.text : `${text.text}\n${result.note}`;
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
