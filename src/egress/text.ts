import { isUtf8 } from "node:buffer";

/** What a body is, from its Content-Type alone: browsers' guessing by content is how a picture becomes a page. */
export interface MediaType {
  /** Lower case, without parameters; empty when none was sent. */
  readonly type: string;
  /** The charset as named, lower case. */
  readonly charset?: string;
}

/** Reads a Content-Type header (RFC 9110, 8.3). */
export function readMediaType(header: string): MediaType {
  const [type = ""] = header.split(";", 1);
  const charset = /;\s*charset\s*=\s*"?([^";\s]{1,40})/i.exec(header)?.[1]?.toLowerCase();
  return { type: type.trim().toLowerCase(), ...(charset !== undefined && { charset }) };
}

/** Text types outside `text/`: programs and data that are written to be read. */
const TEXT =
  /^(text\/[^ ]+|application\/(json|xml|javascript|ecmascript|x-javascript|yaml|x-yaml|toml|x-sh|sql|graphql|x-ndjson|jsonl|x-www-form-urlencoded)|[^ ]+\/[^ ]+\+(json|xml|yaml))$/;

/** How a body of this type is shown. Without a type it depends on the bytes; see `decodeText`. */
export function formOf(type: string): "html" | "text" | "unknown" | "metadata" {
  if (type === "") return "unknown";
  if (type === "text/html" || type === "application/xhtml+xml") return "html";
  return type !== "image/svg+xml" && TEXT.test(type) ? "text" : "metadata";
}

/** Does text without a type begin like a page? */
export function looksLikeHtml(text: string): boolean {
  return /^\s*(<!doctype html|<html[\s>])/i.test(text.slice(0, 1024));
}

/** Could bytes without a type be text? */
export function looksLikeText(bytes: Buffer): boolean {
  return !bytes.subarray(0, 4096).includes(0);
}

/** The charset that a page names in its first 1,024 bytes (WHATWG HTML, 13.2.3.2). */
function charsetInside(bytes: Buffer): string | undefined {
  return /<meta[^>]+charset\s*=\s*["']?\s*([a-z0-9_-]{1,40})/i.exec(bytes.subarray(0, 1024).toString("latin1"))?.[1]?.toLowerCase();
}

function openDecoder(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined; // no such charset: the next source of one decides
  }
}

/**
 * Bytes to text: by byte order mark, then the header, then (HTML) the page itself, else UTF-8; a name that no decoder knows counts as none.
 * `replaced` says that some bytes were no text in it and stand as U+FFFD.
 */
export function decodeText(
  bytes: Buffer,
  charset: string | undefined,
  html: boolean,
): { readonly text: string; readonly replaced: boolean } {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0;
  const marked =
    mark === 0xfeff ? "utf-16be" : mark === 0xfffe ? "utf-16le" : bytes.subarray(0, 3).toString("hex") === "efbbbf" ? "utf-8" : undefined;
  const labels = [marked, charset, html ? charsetInside(bytes) : undefined, "utf-8"];
  for (const label of labels) {
    const decoder = label === undefined ? undefined : openDecoder(label);
    if (!decoder) continue;
    const text = decoder.decode(bytes);
    const replaced = decoder.encoding === "utf-8" ? !isUtf8(bytes) : text.includes("\ufffd");
    return { text, replaced };
  }
  throw new Error("utf-8 has a decoder");
}
