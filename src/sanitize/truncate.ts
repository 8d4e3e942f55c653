/** Cuts a text to its limit, last of all passes: what is cut through here has been checked whole before. */
import { OPEN_MARKER, truncated } from "./markers.ts";

/** How much of a text is shown, both in bytes of UTF-8. */
export interface Truncation {
  readonly kept: number;
  readonly total: number;
}

/** Room for the marker, so that the whole stays within its limit and a second pass changes nothing. */
const RESERVE = 64;

/**
 * Cuts `text` to at most `maxBytes` with the marker. `total` is what there was before the text came here, if an earlier limit already cut it;
 * `rest` says how to get the rest.
 */
export function truncate(
  text: string,
  maxBytes: number,
  total: number | undefined,
  rest: string,
): { text: string; marker?: string; truncated?: Truncation } {
  const size = Buffer.byteLength(text);
  if (size <= maxBytes && total === undefined) return { text };
  const budget = Math.max(0, maxBytes - RESERVE - Buffer.byteLength(rest));
  const kept = size <= budget ? text : cut(text, budget);
  const found = { kept: Buffer.byteLength(kept), total: Math.max(total ?? 0, size) };
  return { text: kept, marker: truncated(found.kept, found.total, rest), truncated: found };
}

/** The longest beginning that fits, without half a character and without half a marker of ours. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  const kept = text.slice(0, read);
  const open = OPEN_MARKER.exec(kept.slice(-100));
  return open === null ? kept : kept.slice(0, kept.length - open[0].length);
}

/** Half a token isn't known as one: where a text was cut before it was checked, its last word goes, at most this many characters. */
const WORD = 1024;

/** Drops the word that an earlier cut went through. */
export function dropCutWord(text: string): string {
  const tail = text.slice(-WORD);
  const blank = Math.max(tail.lastIndexOf(" "), tail.lastIndexOf("\n"), tail.lastIndexOf("\t"));
  return text.slice(0, text.length - tail.length + blank + 1);
}
