/** Puts markers in the place of secrets. */
import { findSecrets, merge, type Span } from "./find.ts";
import type { HeldFinder } from "./held.ts";
import { redacted } from "./markers.ts";

/** How many secrets each rule found. */
export interface Redaction {
  readonly rule: string;
  readonly count: number;
}

/** Numbers and counts the secrets of one answer: the same secret has the same number everywhere in it. */
export interface Ledger {
  mark(rule: string, secret: string): string;
  redactions(): Redaction[];
}

/** An empty ledger. */
export function createLedger(): Ledger {
  const numbers = new Map<string, number>();
  const counts = new Map<string, number>();
  return {
    mark(rule, secret) {
      const number = numbers.get(secret) ?? numbers.size + 1;
      numbers.set(secret, number);
      counts.set(rule, (counts.get(rule) ?? 0) + 1);
      return redacted(rule, number);
    },
    redactions: () => [...counts].map(([rule, count]) => ({ rule, count })),
  };
}

/** A secret can begin right where another ends and be known only when that is gone; nobody has needed a third round but fuzzers. */
const ROUNDS = 10;

/** Which secrets to look for: those held, and by rules as well unless `held` is said. Repeated until nothing is found any more. */
export function redact(input: string, find: HeldFinder, ledger: Ledger, scope: "all" | "held"): string {
  let text = input;
  for (let round = 0; round < ROUNDS; round++) {
    const spans = merge(scope === "all" ? [...find(text), ...findSecrets(text)] : find(text));
    if (spans.length === 0) break;
    const seen = text;
    text = replace(text, spans, (span) => ledger.mark(span.rule, seen.slice(span.start, span.end)));
  }
  return text;
}

function replace(text: string, spans: readonly Span[], mark: (span: Span) => string): string {
  const pieces: string[] = [];
  let from = 0;
  for (const span of spans) {
    pieces.push(text.slice(from, span.start), mark(span));
    from = span.end;
  }
  pieces.push(text.slice(from));
  return pieces.join("");
}
