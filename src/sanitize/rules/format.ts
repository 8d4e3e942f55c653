/** The shape of a rule, and the short form in which the tables of token formats are written. */
import { looksIssued } from "../likelihood.ts";
import { closeSeams } from "./seams.ts";

/** Where a secret lies: [start, end) in UTF-16 units. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/**
 * Knows one kind of secret. A keyword (any case) was found at [start, end) of `text`; `find` says what of the surroundings is secret.
 * It looks at a bounded stretch only, so that a text made of keywords alone costs no more than its length.
 * `rank` 0 is a vendor's own format, 1 a structure (URL, PEM block, header), 2 the value of a telling name: where they meet, the lower names the finding.
 */
export interface Rule {
  readonly id: string;
  readonly rank: 0 | 1 | 2;
  readonly keywords: readonly string[];
  find(text: string, start: number, end: number): Found | undefined;
}

/**
 * A vendor's documented token: rule id, its literal beginnings (space-separated), what follows as a regular expression, and the characters
 * that may not stand right before it (a class body; none where the beginning is telling enough to be known inside other text).
 */
export type TokenFormat = readonly [id: string, starts: string, rest: string, notAfter?: string];

/** Turns a format into a rule. Its expression is compiled at the first hit. */
export function tokenRule([id, starts, rest, notAfter]: TokenFormat): Rule {
  const keywords = starts.split(" ");
  let pattern: RegExp | undefined;
  let before: RegExp | undefined;
  return {
    id,
    rank: 0,
    keywords,
    find(text, start, end) {
      if (!keywords.includes(text.slice(start, end))) return undefined;
      pattern ??= new RegExp(rest, "y");
      if (notAfter !== undefined && start > 0) {
        before ??= new RegExp(`[${notAfter}]`);
        if (before.test(text.charAt(start - 1))) return undefined;
      }
      pattern.lastIndex = end;
      const body = pattern.exec(text)?.[0];
      if (body !== undefined) return looksIssued(body) ? { start, end: end + body.length } : undefined;
      return notAfter === undefined ? findAcrossSeams(text, start, end, pattern) : undefined;
    },
  };
}

/** Tries again with line ends and the quotes and signs of joined string literals taken out; only for beginnings that are telling by themselves. */
function findAcrossSeams(text: string, start: number, end: number, pattern: RegExp): Found | undefined {
  const joined = closeSeams(text.slice(end, end + 200));
  if (joined === undefined) return undefined;
  pattern.lastIndex = 0;
  const body = pattern.exec(joined.text)?.[0];
  return body !== undefined && looksIssued(body) ? { start, end: end + joined.origin(body.length) } : undefined;
}
