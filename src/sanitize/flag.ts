/** Flags: what a text carries that the reader should know of. They never change or hold back anything by themselves. */
import { eachBase64 } from "./encodings.ts";
import { foldText, foldUnit } from "./fold.ts";
import { createMatcher, type Matcher } from "./matcher.ts";
import { misspelledOverride, MISSPELLED_TRIGGERS } from "./misspelled.ts";
import { OVERRIDES } from "./overrides.ts";
import { makeSignals, type Signal } from "./signals.ts";

/** A finding: what kind, which rule, how often. `score` is there for injections: 1 is the threshold. */
export interface Flag {
  readonly kind: "injection" | "hidden" | "markup" | "marker" | "encoding" | "secret";
  readonly rule: string;
  readonly count: number;
  readonly score?: number;
}

/** What a word that was found stands for: traits to look for, a language's verb or noun, or a place to look for misspelled words. */
interface Word {
  readonly length: number;
  readonly signals: number[];
  readonly language?: number;
  readonly noun?: boolean;
  readonly misspelled?: boolean;
}

interface Compiled {
  readonly matcher: Matcher;
  readonly words: readonly Word[];
  readonly signals: readonly Signal[];
}

/** A verb and a noun of an override are one phrase if they are no further apart. */
const NEAR = 70;
/** Around a trigger, its trait is looked for in this much text. Fake dialogues are longer than phrases. */
const BEFORE = 100;
const AFTER = 200;
const AFTER_DIALOGUE = 420;
/** Around a trait that was found, others add to it in this much text. */
const REACH = 400;

let compiled: Compiled | undefined;

function compile(): Compiled {
  const signals = makeSignals();
  const list: { word: string; entry: Word }[] = [];
  for (const [number, { triggers }] of signals.entries()) {
    for (const word of triggers) list.push({ word, entry: { length: word.length, signals: [number] } });
  }
  for (const [language, { verbs, nouns }] of OVERRIDES.entries()) {
    for (const word of verbs) list.push({ word, entry: { length: word.length, signals: [], language, noun: false } });
    for (const word of nouns) list.push({ word, entry: { length: word.length, signals: [], language, noun: true } });
  }
  for (const word of MISSPELLED_TRIGGERS) list.push({ word, entry: { length: word.length, signals: [], misspelled: true } });
  return {
    matcher: createMatcher(
      list.map(({ word }) => word),
      foldUnit,
    ),
    words: list.map(({ entry }) => entry),
    signals,
  };
}

/** Looks for instructions in a text, in the base64 in it, and in letters that stand apart. One flag for each trait of the first finding. */
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
  const inspection = createInspection(text, signals);
  matcher.scan(text, (number, end) => {
    const word = words[number];
    if (word !== undefined && inspection.flags().length === 0) inspection.see(word, end - word.length, end);
  });
  return inspection.flags();
}

/** Follows one scan: remembers where each trait was looked for and each language's last words, so that no text is looked at twice. */
function createInspection(
  text: string,
  signals: readonly Signal[],
): { see(word: Word, start: number, end: number): void; flags(): Flag[] } {
  const searched: number[] = [];
  const last: { verb: number; noun: number }[] = [];
  let judged = -1;
  let read = -1;
  let flags: Flag[] = [];

  const seeLanguage = (language: number, noun: boolean, start: number, end: number): void => {
    const seen = (last[language] ??= { verb: -1000, noun: -1000 });
    if (noun) seen.noun = end;
    else seen.verb = start;
    if (Math.abs(seen.noun - seen.verb) > NEAR || isNegated(text, seen.verb, seen.noun)) return;
    flags = [{ kind: "injection", rule: `override-${OVERRIDES[language]?.language ?? ""}`, count: 1, score: 1 }];
  };
  const seeSignal = (number: number, start: number, end: number): void => {
    const signal = signals[number];
    if (signal === undefined || start + AFTER / 4 < (searched[number] ?? -1)) return;
    searched[number] = end + AFTER / 2;
    const window = windowOf(text, start - BEFORE, end + (signal.dialogue ? AFTER_DIALOGUE : AFTER));
    if (!isSeen(signal, window) || end + REACH / 4 < judged) return;
    judged = end + REACH;
    flags = judge(windowOf(text, start - REACH, end + REACH), signals);
  };

  return {
    see(word, start, end) {
      if (word.language !== undefined) seeLanguage(word.language, word.noun === true, start, end);
      else if (word.misspelled === true) {
        if (start < read) return;
        if (misspelledOverride(foldText(text.slice(Math.max(0, start - 60), end + 60))))
          flags = [{ kind: "injection", rule: "override-misspelled", count: 1, score: 1 }];
        read = end + 40;
      } else for (const number of word.signals) if (flags.length === 0) seeSignal(number, start, end);
    },
    flags: () => flags,
  };
}

/** As it is written, or as it is read. */
function isSeen({ pattern, plain }: Signal, window: string): boolean {
  return (
    pattern.test(window.toLowerCase()) ||
    (!plain && /[^\t\n\x20-\x23\x25-\x2f\x3a-\x3f\x41-\x7b\x7d\x7e]/.test(window) && pattern.test(foldText(window)))
  );
}

/** A part of the text; its beginning looks like the beginning of a line where it is one. */
function windowOf(text: string, start: number, end: number): string {
  return start <= 0 ? `\n${text.slice(0, end)}` : text.slice(start, end);
}

/** Negations right before the verb, or between verb and noun: "don't forget the instructions" is advice. */
function isNegated(text: string, verb: number, noun: number): boolean {
  const before = foldText(text.slice(Math.max(0, verb - 8), verb));
  const between = foldText(text.slice(Math.min(verb, noun), Math.max(verb, noun)));
  return (
    /(?:\b(?:no|nao|non|ne|nie|nu|ikke|inte|nicht|niet|pas|not|never)\b|\bn.|не|ні)\s?$/.test(before) ||
    /\b(?:nicht|niet|inte|ikke|pas)\b/.test(between)
  );
}

/** Adds up the traits of a stretch; each rule counts once. */
function judge(stretch: string, signals: readonly Signal[]): Flag[] {
  const folded = foldText(stretch);
  const lower = stretch.toLowerCase();
  const scores = new Map<string, number>();
  for (const { rule, weight, pattern, plain } of signals) {
    const match = pattern.exec(plain ? lower : folded);
    if (match === null) continue;
    const worth = weight >= 1 && isMention(stretch, match.index, match.index + match[0].length) ? weight / 3 : weight;
    scores.set(rule, Math.max(scores.get(rule) ?? 0, worth));
  }
  const score = Math.round([...scores.values()].reduce((sum, worth) => sum + worth, 0) * 100) / 100;
  return score < 0.999 ? [] : [...scores.keys()].map((rule) => ({ kind: "injection", rule, count: 1, score }));
}

/** Quoted whole, as in documentation, tests and the source of detectors: what would suffice alone is worth a third. */
function isMention(text: string, start: number, end: number): boolean {
  return /["'`/“«‘(|[]\s?$/.test(text.slice(Math.max(0, start - 2), start)) && /^[.!?]?\s?["'`/”»’)|\]\\]/.test(text.slice(end, end + 3));
}

/** `I g n o r e`: single letters in a row are read together. Rows are found by looking at every 16th place. */
function inspectSpaced(text: string): Flag[] {
  for (let at = 0; at + 8 < text.length; at += 16) {
    if (!isSpaced(text, at) && !isSpaced(text, at + 1)) continue;
    const run = /(?:[\p{L}\d][ ._*-]{1,4}){12,300}[\p{L}\d]/u.exec(text.slice(Math.max(0, at - 100), at + 500))?.[0] ?? "";
    const letters = foldText(run.replace(/[^\p{L}\d]/gu, ""));
    if (
      /(?:ignore|disregard|forget|override)\w{0,12}(?:previous|prior|above|earlier|all|your)\w{0,12}(?:instruct|prompt|rule|direct|guideline)/.test(
        letters,
      )
    ) {
      return [{ kind: "injection", rule: "override-spaced", count: 1, score: 1 }];
    }
    at += 384;
  }
  return [];
}

/** Is every second character from here on the same separator, and none of the others? */
function isSpaced(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit !== text.charCodeAt(at + 2) || unit !== text.charCodeAt(at + 4)) return false;
  return /[ ._*-]/.test(text.charAt(at)) && !/[ ._*\n-]/.test(text.charAt(at + 1) + text.charAt(at + 3));
}
