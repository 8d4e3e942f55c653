/** What a command wrote, as text that is fit to be cleaned. */
import type { KeptOutput, OutputStream } from "../types.ts";

/** A cut may go through a secret, which no rule would then know: so the line that was cut goes, at most this much of it. */
const LONGEST_LINE = 4096;
const NEWLINE = 10;

/** A stream whose middle the limit may have left out. Bytes that aren't text become U+FFFD. */
export function streamOf(name: OutputStream["name"], { head, tail, total }: KeptOutput): OutputStream {
  if (head.length === total) return { name, head: decode(head) };
  const [first, last] = [withoutCutEnd(head), withoutCutStart(tail)];
  return { name, head: decode(first), rest: { tail: decode(last), kept: first.length + last.length, total } };
}

/** Bytes without the line that a cut went through at their end. */
export function withoutCutEnd(bytes: Uint8Array): Uint8Array {
  const newline = bytes.lastIndexOf(NEWLINE);
  return bytes.subarray(0, Math.max(newline + 1, bytes.length - LONGEST_LINE));
}

/** Bytes without the line that a cut went through at their start. */
function withoutCutStart(bytes: Uint8Array): Uint8Array {
  const newline = bytes.indexOf(NEWLINE);
  return bytes.subarray(Math.min(newline === -1 ? bytes.length : newline + 1, LONGEST_LINE));
}

/** UTF-8; what is no text becomes U+FFFD, which the sanitizer flags. */
export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
