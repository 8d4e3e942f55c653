/** What a command wrote, as text that is fit to be cleaned. */
import type { KeptOutput } from "../types.ts";

/** A cut may go through a secret, which no rule would then know: so the line that was cut goes, at most this much of it. */
const LONGEST_LINE = 4096;
const NEWLINE = 10;

/** The text of a stream; what the limit left out is marked. Bytes that aren't text become U+FFFD. */
export function textOfOutput({ head, tail, total }: KeptOutput): { readonly text: string; readonly cut: boolean } {
  if (head.length === total) return { text: decode(head), cut: false };
  const [first, last] = [withoutCutEnd(head), withoutCutStart(tail)];
  const kept = first.length + last.length;
  return { text: `${ended(decode(first))}[TRUNCATED ${kept} of ${total} bytes]\n${decode(last)}`, cut: true };
}

/** Bytes without the line that a cut went through at their end. */
export function withoutCutEnd(bytes: Uint8Array): Uint8Array {
  const newline = bytes.lastIndexOf(NEWLINE);
  return bytes.subarray(0, Math.max(newline + 1, bytes.length - LONGEST_LINE));
}

/** Bytes without the line that a cut went through at their start. */
function withoutCutStart(bytes: Uint8Array): Uint8Array {
  const newline = bytes.indexOf(NEWLINE);
  return bytes.subarray(newline === -1 ? Math.min(bytes.length, LONGEST_LINE) : Math.min(newline + 1, LONGEST_LINE));
}

/** Text in front of something else: on a line of its own. */
export function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
