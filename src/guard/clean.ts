/** Everything a tool returns, through the sanitizer: text, every string of structured content, and our own words last, untreated. */
import { Refusal } from "../types.ts";
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

type Media = NonNullable<ToolResult["media"]>;

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
  const media = result.media && (await cleanMedia(sanitizer, result.media, { level, source }));
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
    result: { ...result, text: shown, ...(structured ? { structured } : {}), ...(media ? { media } : {}) },
    notes: {
      ...(flags.size > 0 ? { flags: [...flags] } : {}),
      ...(redactions.length > 0 ? { redactions } : {}),
      ...(truncated ? { truncated } : {}),
      ...(sandbox ? { sandbox } : {}),
    },
  };
}

/**
 * Nothing can be taken out of bytes that have to stay as they are, so a blob with a secret in it is withheld (DENIED). NULs go before the
 * search: they would make it binary, and stand between the letters of UTF-16.
 */
async function cleanMedia(sanitizer: Sanitizer, media: Media, options: Options): Promise<Media> {
  const text = new TextDecoder().decode(Buffer.from(media.data, "base64")).replaceAll("\0", "");
  const { redactions } = await sanitizer.text(text, options);
  if (redactions.length > 0)
    throw new Refusal("DENIED", "the file holds a secret, which can't be hidden in base64", "read it with read_text_file");
  const { value } = await sanitizer.value(media.uri, options);
  return { ...media, uri: String(value) };
}

/** Which part of a text this is and how to get the next one; empty when it is the whole. */
function tellPage({ start, end, total }: Part, name: string): string {
  if (end < total) return `Characters ${start} to ${end} of ${total}: read on with ${name}: ${end}`;
  if (start === 0) return "";
  return start < total
    ? `Characters ${start} to ${end} of ${total}: the end`
    : `There is nothing from ${name}: ${start} on: the text has ${total} characters`;
}
