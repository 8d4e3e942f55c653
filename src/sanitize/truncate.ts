/** Cuts a text to its limit, last of all passes: what is cut through here has been checked whole before. */
import { findSecrets } from "./find.ts";
import { startsMarker, truncated } from "./markers.ts";

/** How much of a text is shown, both in bytes of UTF-8. */
export interface Truncation {
  readonly kept: number;
  readonly total: number;
}

/** Where and how to cut. */
export interface Limit {
  /** For text and marker together. */
  readonly maxBytes: number;
  /** What there was before the text came here, if an earlier limit already cut it. */
  readonly total?: number | undefined;
  /** How to get the rest; put behind the marker. */
  readonly rest?: string | undefined;
  /** A cut can make a token of what was a longer word; true drops such an end. */
  readonly checkEnd: boolean;
}

/** Room for the marker, so that the whole stays within its limit and a second pass changes nothing. */
const RESERVE = 64;
/** So many characters before the cut are checked again. */
const END = 512;

/** Cuts `text` to its limit; the marker is given apart, because it stands outside of what is wrapped. */
export function truncate(
  text: string,
  { maxBytes, total, rest = "", checkEnd }: Limit,
): { text: string; marker?: string; truncated?: Truncation } {
  const size = Buffer.byteLength(text);
  if (size <= maxBytes && total === undefined) return { text };
  const budget = Math.max(0, maxBytes - RESERVE - Buffer.byteLength(rest));
  const cutText = size <= budget ? text : cut(text, budget);
  const kept = checkEnd && cutText !== text ? dropToken(cutText) : cutText;
  const found = { kept: Buffer.byteLength(kept), total: Math.max(total ?? 0, size) };
  return { text: kept, marker: truncated(found.kept, found.total, rest), truncated: found };
}

/** The longest beginning that fits, without half a character and without half a marker of ours. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  const open = text.lastIndexOf("[", read - 1);
  const closed = open === -1 ? -1 : text.indexOf("]", open);
  const end = open !== -1 && closed >= read && startsMarker(text.slice(open, open + 12)) ? open : read;
  // A joiner or selector whose other half is gone does nothing any more.
  return text.slice(0, end).replace(/[\p{Cf}\ufe00-\ufe0f]+$/u, "");
}

function dropToken(text: string): string {
  let kept = text;
  for (;;) {
    const before = Math.max(0, kept.length - END);
    const last = findSecrets(kept.slice(before)).at(-1);
    if (last === undefined || before + last.end < kept.length) return kept;
    kept = kept.slice(0, before + last.start);
  }
}

/** Half a token isn't known as one: where a text was cut before it was checked, its last word goes, at most this many characters. */
const WORD = 1024;

/** Drops the word that an earlier cut went through. */
export function dropCutWord(text: string): string {
  const tail = text.slice(-WORD);
  const blank = Math.max(tail.lastIndexOf(" "), tail.lastIndexOf("\n"), tail.lastIndexOf("\t"));
  return text.slice(0, text.length - tail.length + blank + 1);
}
