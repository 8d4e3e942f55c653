/** Flags: what a text carries that the reader should know of. They never change or hold back anything by themselves. */
import { eachBase64 } from "./encodings.ts";
import { foldText, foldUnit } from "./fold.ts";
import { createMatcher, type Matcher } from "./matcher.ts";
import { OVERRIDES } from "./overrides.ts";
import { makeSignals, type Signal, TRIGGERS } from "./signals.ts";

/** A finding: what kind, which rule, how often. `score` is there for injections: 1 is the threshold. */
export interface Flag {
  readonly kind: "injection" | "hidden" | "markup" | "marker" | "encoding" | "secret";
  readonly rule: string;
  readonly count: number;
  readonly score?: number;
}

/** A verb and a noun of an override are one phrase if they are no further apart. */
const NEAR = 70;
const REACH = 260;
/** A stretch is judged as a whole; longer ones are cut, so that signals pages apart don't add up. */
const STRETCH = 1200;
/** Negations right before or inside: "don't forget the instructions" is advice. */
const NEGATED = /(?:\b(?:no|nao|non|ne|nie|nu|ikke|inte|nicht|niet|pas|not|never)\b|\bn.|не|ні)\s?$/;
const NEGATION_INSIDE = /\b(?:nicht|niet|inte|ikke|pas)\b/;

interface Compiled {
  readonly matcher: Matcher;
  readonly signals: readonly Signal[];
  /** What each word is: a trigger (alone sufficient or not), or a language's verb or noun. */
  readonly words: readonly { readonly strong?: boolean; readonly language?: number; readonly noun?: boolean; readonly length: number }[];
}

let compiled: Compiled | undefined;

function compile(): Compiled {
  const triggers = TRIGGERS.split(" ; ").map((word) => ({ word: word.replace(/^!/, ""), strong: word.startsWith("!") }));
  const overrides = OVERRIDES.flatMap(({ verbs, nouns }, language) => [
    ...verbs.map((word) => ({ word, language, noun: false })),
    ...nouns.map((word) => ({ word, language, noun: true })),
  ]);
  const words = [...triggers, ...overrides];
  return {
    matcher: createMatcher(
      words.map(({ word }) => word),
      foldUnit,
    ),
    signals: makeSignals(),
    words: words.map(({ word, ...rest }) => ({ ...rest, length: word.length })),
  };
}

/** Looks for instructions in a text. At most one flag for each rule of the first stretch that adds up; base64 in it is opened once. */
export function flagInjections(text: string): Flag[] {
  const direct = inspect(text);
  if (direct.length > 0) return direct;
  let inside: Flag[] = [];
  eachBase64(text, (_start, _end, decoded) => {
    if (inside.length === 0) inside = inspect(decoded);
  });
  return inside.length > 0 ? inside : inspectSpaced(text);
}

function inspect(text: string): Flag[] {
  compiled ??= compile();
  const { matcher, words, signals } = compiled;
  const last: { verb: number; noun: number }[] = [];
  const hits: { at: number; word: number; strong: boolean }[] = [];
  let override: { language: number; start: number; end: number } | undefined;
  matcher.scan(text, (number, end) => {
    const word = words[number];
    if (word === undefined || override !== undefined) return;
    const { language } = word;
    if (language === undefined) {
      hits.push({ at: end, word: number, strong: word.strong === true });
      return;
    }
    const seen = (last[language] ??= { verb: -1000, noun: -1000 });
    if (word.noun === true) seen.noun = end;
    else seen.verb = end - word.length;
    if (Math.abs(seen.noun - seen.verb) > NEAR) return;
    const found = { language, start: Math.min(seen.verb, seen.noun), end: Math.max(seen.verb, seen.noun) };
    if (!isNegated(text, seen.verb, found)) override = found;
  });
  if (override !== undefined)
    return [{ kind: "injection", rule: `override-${OVERRIDES[override.language]?.language ?? ""}`, count: 1, score: 1 }];
  return inspectStretches(text, hits, signals);
}

function isNegated(text: string, verb: number, { start, end }: { start: number; end: number }): boolean {
  return NEGATED.test(foldText(text.slice(Math.max(0, verb - 8), verb))) || NEGATION_INSIDE.test(foldText(text.slice(start, end)));
}

/** Cuts the text into stretches around the hits and judges each that has enough of them. */
function inspectStretches(
  text: string,
  hits: readonly { at: number; word: number; strong: boolean }[],
  signals: readonly Signal[],
): Flag[] {
  for (let first = 0; first < hits.length;) {
    const start = Math.max(0, (hits[first]?.at ?? 0) - REACH);
    const kinds = new Set<number>();
    let strong = false;
    let next = first;
    let end = start;
    for (; next < hits.length; next++) {
      const hit = hits[next];
      if (hit === undefined || hit.at - REACH > Math.max(end, start + REACH) || hit.at - start > STRETCH) break;
      end = hit.at + REACH;
      kinds.add(hit.word);
      strong ||= hit.strong;
    }
    first = Math.max(next, first + 1);
    if (!strong && kinds.size < 2) continue;
    const flags = judge(text.slice(start, Math.min(text.length, end)), signals);
    if (flags.length > 0) return flags;
  }
  return [];
}

/** Adds up the signals of a stretch; each rule counts once. */
function judge(stretch: string, signals: readonly Signal[]): Flag[] {
  const folded = foldText(stretch);
  const plain = stretch.toLowerCase();
  const scores = new Map<string, number>();
  let total = 0;
  for (const { rule, weight, pattern, plain: asWritten, quotable } of signals) {
    const match = pattern.exec(asWritten === true ? plain : folded) ?? (asWritten === true ? null : pattern.exec(plain));
    if (match === null) continue;
    const worth = quotable === true && isMention(stretch, match.index, match.index + match[0].length) ? weight / 3 : weight;
    const before = scores.get(rule) ?? 0;
    scores.set(rule, Math.max(before, worth));
    total += Math.max(0, worth - before);
  }
  const score = Math.round(total * 100) / 100;
  return score < 0.999 ? [] : [...scores.keys()].map((rule) => ({ kind: "injection", rule, count: 1, score }));
}

/** Quoted whole, as in documentation, tests and the source of detectors. */
function isMention(text: string, start: number, end: number): boolean {
  const before = /["'`/“«‘(|[]\s?$/.test(text.slice(Math.max(0, start - 2), start));
  return before && /^[.!?]?\s?["'`/”»’)|\]\\]/.test(text.slice(end, end + 3));
}

/** `I g n o r e`: single letters in a row are read together. */
function inspectSpaced(text: string): Flag[] {
  for (const [run] of text.matchAll(/(?:[\p{L}\d][ ._*-]{1,4}){12,600}[\p{L}\d]/gu)) {
    const letters = foldText(run.replace(/[^\p{L}\d]/gu, ""));
    if (
      /(?:ignore|disregard|forget|override)(?:\w{0,12})(?:previous|prior|above|earlier|all|your)(?:\w{0,12})(?:instruct|prompt|rule|direct|guideline)/.test(
        letters,
      )
    ) {
      return [{ kind: "injection", rule: "override-spaced", count: 1, score: 1 }];
    }
  }
  return [];
}
