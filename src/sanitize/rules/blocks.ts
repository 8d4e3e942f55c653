/** Private keys as text: PEM (RFC 7468), OpenPGP armor (RFC 9580), PuTTY, JSON Web Keys (RFC 7517); whole, cut at either end, or on one line with escapes. */
import type { Found, Rule } from "./format.ts";

const LABEL = /-{4,5}\s?BEGIN [A-Z0-9 ]{0,40}?(?:PRIVATE KEY|ENCRYPTED PRIVATE KEY)(?: BLOCK)?\s?-{4,5}/y;
/** What may stand between the lines of a key: also written out as escapes, quotes and `+` of string literals, comment and diff signs. */
const GAP = "(?:\\s|\\\\+[nrt]|[\"'`,+>|#*;$\\\\])";
/** A header line (RFC 1421 4.6, RFC 9580 6.2.2), which ends at its line so that the expression can't try the same text twice. */
const HEADER = "[A-Z][A-Za-z-]{2,20}: ?[^\\n\\\\]{0,120}(?:\\n|\\\\+n)";
/** At least one run of base64 makes it a key and not a mention of the label. */
const FIRST = new RegExp(`(?:${HEADER}|${GAP})*[A-Za-z0-9+/=]{16}`, "y");
const BODY = new RegExp(`(?:${HEADER}|[A-Za-z0-9+/=]|${GAP})+`, "y");
const END = /-{4,5}\s?END [A-Z0-9 ]{0,60}-{4,5}/y;
const BASE64_LINE = /^[A-Za-z0-9+/=]{16,}$/;

/** Runs a sticky expression at an offset; its end, or undefined. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** From the BEGIN line to the END line, or as far as there is base64: an output limit may have cut the rest. */
function findPem(text: string, start: number): Found | undefined {
  const labelled = endOf(LABEL, text, start);
  if (labelled === undefined || endOf(FIRST, text.slice(labelled, labelled + 2000), 0) === undefined) return undefined;
  let end = labelled;
  // In steps, because one repetition over megabytes overflows the stack of V8's expression engine.
  for (let step = endOf(BODY, text.slice(end, end + 8192), 0); step !== undefined; step = endOf(BODY, text.slice(end, end + 8192), 0)) {
    end += step;
  }
  return { start, end: endOf(END, text, end) ?? cutEnd(text, labelled, end) };
}

/** Without an END, the key ends before the first line that has several words. */
function cutEnd(text: string, start: number, end: number): number {
  const prose = text.slice(start, end).search(/\n[^\n]*[A-Za-z0-9][ \t]+[A-Za-z0-9]/);
  return trimGap(text, start, prose === -1 ? end : start + prose);
}

/** Leaves the blanks after a cut block alone. */
function trimGap(text: string, least: number, end: number): number {
  while (end > least && /\s/.test(text.charAt(end - 1))) end--;
  return end;
}

/** The lines before an END whose BEGIN isn't there, as when a file is read from its middle. */
function findTail(text: string, start: number): Found | undefined {
  const end = endOf(/-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y, text, start);
  if (end === undefined) return undefined;
  let from = start;
  for (let lines = 0; lines < 400; lines++) {
    const before = text.lastIndexOf("\n", from - 2);
    const line = text.slice(before + 1, from).trim();
    if (!(BASE64_LINE.test(line) || (lines < 2 && /^=?[A-Za-z0-9+/=]{1,15}$/.test(line)))) break;
    from = before + 1;
    if (from === 0) break;
  }
  return from < start ? { start: from, end } : undefined;
}

/** Rules for keys that span lines. */
export const BLOCKS: readonly Rule[] = [
  { id: "private-key", rank: 0, keywords: ["-----begin ", "---- begin "], find: findPem },
  { id: "private-key", rank: 0, keywords: ["-----end "], find: findTail },
  {
    id: "putty-private-key",
    rank: 0,
    keywords: ["private-lines:"],
    find(text, start) {
      const end = endOf(/Private-Lines: \d{1,4}\r?\n(?:[A-Za-z0-9+/=]{1,80}\r?\n?){1,400}/y, text, start);
      return end === undefined ? undefined : { start, end: trimGap(text, start, end) };
    },
  },
  {
    id: "json-web-key",
    rank: 0,
    keywords: ['"d":', '"d" :', '"k":', '"k" :'],
    find(text, start, end) {
      const value = /\s*"([\w-]{22,1400})"/y;
      value.lastIndex = end;
      const match = value.exec(text);
      if (match === null || !/"kty"\s*:/.test(text.slice(Math.max(0, start - 3000), end + 3000))) return undefined;
      const from = end + match[0].indexOf('"') + 1;
      return { start: from, end: from + (match[1]?.length ?? 0) };
    },
  },
];
