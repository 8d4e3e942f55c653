/** Where the secrets of a text are: the rules on the text itself, on what its escapes spell, and on what its base64 holds. */
import { asciiTwins, eachEscaped, eachBase64 } from "./encodings.ts";
import { ruleSet } from "./rules/index.ts";

/** A secret at [start, end), the rule that knew it, and that rule's rank (lower is more certain). */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
  readonly rank: number;
}

/** How often base64 inside base64 is opened. */
const DEPTH = 2;

/** All secrets that the rules know, in order and without overlaps. Linear in the length of the text. */
export function findSecrets(text: string): Span[] {
  return merge(search(text, DEPTH));
}

function search(text: string, depth: number): Span[] {
  const spans = byRules(text);
  eachEscaped(text, (plain) => {
    for (const span of byRules(plain.text)) {
      const start = plain.origin(span.start);
      const end = plain.origin(span.end);
      // Escapes made it longer; what has none was found before.
      if (end - start !== span.end - span.start) spans.push({ ...span, start, end });
    }
  });
  const twins = asciiTwins(text);
  if (twins !== undefined) spans.push(...byRules(twins));
  if (depth > 0) {
    eachBase64(text, (start, end, decoded) => {
      const inner = search(decoded, depth - 1).sort((a, b) => a.rank - b.rank)[0];
      if (inner !== undefined) spans.push({ start, end, rule: inner.rule, rank: inner.rank });
    });
  }
  return spans;
}

function byRules(text: string): Span[] {
  const { matcher, byKeyword } = ruleSet();
  const spans: Span[] = [];
  // Keywords inside a block that is known already (a key's megabyte of base64) need no second look.
  const covered = new Map<string, number>();
  matcher.scan(text, (word, end) => {
    const entry = byKeyword[word];
    if (entry === undefined) return;
    for (const rule of entry.rules) {
      if (end <= (covered.get(rule.id) ?? -1)) continue;
      const found = rule.find(text, end - entry.length, end);
      if (found === undefined || found.end <= found.start) continue;
      covered.set(rule.id, found.end);
      spans.push({ ...found, rule: rule.id, rank: rule.rank });
    }
  });
  return spans;
}

/** Joins spans that overlap; the most certain rule names the whole. */
export function merge(spans: Span[]): Span[] {
  const sorted = spans.sort((a, b) => a.start - b.start || a.rank - b.rank);
  const merged: Span[] = [];
  for (const span of sorted) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) {
      merged.push(span);
      continue;
    }
    // Of two that begin together the later has the longer keyword (`sk-` and `sk-ant-`).
    const named = span.rank < last.rank || (span.rank === last.rank && span.start === last.start) ? span : last;
    merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end), rule: named.rule, rank: named.rank };
  }
  return merged;
}
