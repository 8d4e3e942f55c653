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
/** The line before the END, and perhaps a checksum's. */
const SHORT_LINE = /^=?[A-Za-z0-9+/=]{1,15}$/;
/** Base64 at the end of a line that begins otherwise, as lines from a search or a log do. */
const LAST_LONG = /[\s:|>-][A-Za-z0-9+/=]{16,}\s*$/;
const LAST_WORD = /[\s:|>-][A-Za-z0-9+/=]+\s*$/;
/** Units at the end of a line that are looked at, and lines of a block. */
const LONGEST = 200;
const LINES = 400;

/** Runs a sticky expression at an offset; its end, or undefined. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** From the BEGIN line to the END line, or as far as there is base64: an output limit may have cut the rest. */
function findPem(text: string, start: number): Found | undefined {
  const labelled = endOf(LABEL, text, start);
  if (labelled === undefined) return undefined;
  if (endOf(FIRST, text.slice(labelled, labelled + 2000), 0) === undefined) return findPrefixed(text, start, labelled);
  let end = labelled;
  // In steps, because one repetition over megabytes overflows the stack of V8's expression engine.
  for (let step = endOf(BODY, text.slice(end, end + 8192), 0); step !== undefined; step = endOf(BODY, text.slice(end, end + 8192), 0)) {
    end += step;
  }
  return { start, end: endOf(END, text, end) ?? cutEnd(text, labelled, end) };
}

/** Each line with something before it: found lines (`file:9:`), numbered ones, logs. As far as the last word of every line is base64. */
function findPrefixed(text: string, start: number, labelled: number): Found | undefined {
  let end = labelled;
  for (let lines = 0; lines < LINES && text.charAt(end) === "\n"; lines++) {
    const next = lineEnd(text, end + 1);
    const line = text.slice(Math.max(end + 1, next - LONGEST), next);
    if (/-----END [A-Z0-9 ]{0,40}-----\s*$/.test(line)) return lines > 0 ? { start, end: next } : undefined;
    if (!(lines === 0 ? LAST_LONG : LAST_WORD).test(line)) break;
    end = next;
  }
  return end > labelled ? { start, end } : undefined;
}

function lineEnd(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  return newline === -1 ? text.length : newline;
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
  const own = text.lastIndexOf("\n", start - 1) + 1;
  const before = text.slice(Math.max(own, start - LONGEST), start);
  const prefixed = before.trim() !== "" && /[\s:|>-]$/.test(before);
  const [long, short] = prefixed ? [LAST_LONG, LAST_WORD] : [BASE64_LINE, SHORT_LINE];
  const top = prefixed ? own : start;
  let from = top;
  let known = !prefixed;
  for (let lines = 0; lines < LINES && from > 0; lines++) {
    const begin = text.lastIndexOf("\n", from - 2) + 1;
    const line = prefixed ? text.slice(Math.max(begin, from - LONGEST), from).trim() : text.slice(begin, from).trim();
    if (long.test(line)) known = true;
    else if (lines > 1 || !short.test(line)) break;
    from = begin;
  }
  return known && from < top ? { start: from, end } : undefined;
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
