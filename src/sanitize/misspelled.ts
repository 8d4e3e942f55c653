/** "Ignroe all previuos instrctions": a dismissing verb and its object, each at most two typing errors away. One error in the template was enough to pass every pattern. */

/** Words of the phrase of which at least one is usually spelled right. */
export const MISSPELLED_TRIGGERS: readonly string[] = [
  "previous",
  "prior ",
  "preceding",
  "instructions",
  "earlier inst",
  "above inst",
  "all prev",
  "ignore",
];

const VERBS = ["ignore", "disregard", "forget", "override"];
const PAST = ["previous", "prior", "above", "earlier", "preceding", "all", "your"];
const TOLD = ["instructions", "instruction"];

/** Reports say that something ignores or was overridden; orders don't. */
const INFLECTED = /^(?:ignor|disregard|forget|forgot|overrid)(?:s|es|ed|ing|en|den|ten|ting|er|rs|able)$/;

/** Does a verb, a word for earlier, and a word for what was told follow one another within six words, with at least one misspelled? */
export function misspelledOverride(folded: string): boolean {
  const words = folded.match(/[a-z]{3,14}/g) ?? [];
  for (const [at, word] of words.entries()) {
    if (word.length < 5 || INFLECTED.test(word) || !isLike(word, VERBS, 2)) continue;
    const past = words.slice(at + 1, at + 5).findIndex((next) => isLike(next, PAST, next.length > 6 ? 2 : 0));
    if (past === -1) continue;
    const told = words.slice(at + 2 + past, at + 5 + past).find((next) => next.length > 7 && isLike(next, TOLD, 3));
    // Spelled right, it is for the pattern to judge, which knows quotations.
    if (told !== undefined && !(VERBS.includes(word) && TOLD.includes(told))) return true;
  }
  return false;
}

function isLike(word: string, list: readonly string[], errors: number): boolean {
  return list.some(
    (other) =>
      word === other ||
      (errors > 0 &&
        Math.abs(word.length - other.length) <= errors &&
        word.charAt(0) === other.charAt(0) &&
        distance(word, other) <= errors),
  );
}

/** Edit distance in which two letters the wrong way round are one error (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
