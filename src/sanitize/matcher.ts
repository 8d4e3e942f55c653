/**
 * Finds many words in one pass over a text (Aho and Corasick, "Efficient string matching", CACM 18(6), 1975), so that the cost of a text
 * doesn't grow with the number of rules. Letters are compared by a fold that the caller gives, by default case alone.
 */

/** Calls `hit` for every occurrence of every word: its number in the list, and the offset just after it. Overlaps are all reported. */
export interface Matcher {
  scan(text: string, hit: (word: number, end: number) => void): void;
}

/** Maps a UTF-16 code unit to the one that stands for it and all that are read alike. */
export type Fold = (unit: number) => number;

const CASES: Fold = (unit) => {
  const lower = String.fromCharCode(unit).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : unit;
};

/** Marks a transition into a state where at least one word ends. */
const ENDS = 1 << 30;

/** Compiles the words. Costs about a millisecond for a few hundred, so callers do it on first use. */
export function createMatcher(words: readonly string[], fold: Fold = CASES): Matcher {
  const { classOf, classes } = classesOf(words, fold);
  const { next, words: outputs } = link(words, classOf, classes);
  return {
    scan(text, hit) {
      let state = 0;
      for (let at = 0; at < text.length; at++) {
        const step = next[state + (classOf[text.charCodeAt(at)] ?? 0)] ?? 0;
        state = step & ~ENDS;
        if (step >= ENDS) for (const word of outputs[state / classes] ?? []) hit(word, at + 1);
      }
    },
  };
}

/** Numbers the letters that occur in the words; class 0 is every other code unit. */
function classesOf(words: readonly string[], fold: Fold): { classOf: Uint16Array; classes: number } {
  const numbers = new Map<number, number>();
  for (const word of words) {
    for (let at = 0; at < word.length; at++) {
      const unit = fold(word.charCodeAt(at));
      if (!numbers.has(unit)) numbers.set(unit, numbers.size + 1);
    }
  }
  const classOf = new Uint16Array(65_536);
  for (let unit = 0; unit < classOf.length; unit++) classOf[unit] = numbers.get(fold(unit)) ?? 0;
  return { classOf, classes: numbers.size + 1 };
}

/** Builds the whole transition table; states are premultiplied by the number of classes. */
function link(words: readonly string[], classOf: Uint16Array, classes: number): { next: Int32Array; words: number[][] } {
  const tree: Map<number, number>[] = [new Map()];
  const ending: number[][] = [[]];
  for (const [number, word] of words.entries()) {
    let state = 0;
    for (let at = 0; at < word.length; at++) {
      const letter = classOf[word.charCodeAt(at)] ?? 0;
      let child = tree[state]?.get(letter);
      if (child === undefined) {
        child = tree.length;
        tree[state]?.set(letter, child);
        tree.push(new Map());
        ending.push([]);
      }
      state = child;
    }
    ending[state]?.push(number);
  }
  const next = new Int32Array(tree.length * classes);
  const fallback = new Int32Array(tree.length);
  const queue = [0];
  for (const state of queue) {
    const back = (fallback[state] ?? 0) * classes;
    if (state !== 0) for (let letter = 0; letter < classes; letter++) next[state * classes + letter] = next[back + letter] ?? 0;
    for (const [letter, child] of tree[state] ?? []) {
      fallback[child] = state === 0 ? 0 : (next[back + letter] ?? 0) / classes;
      next[state * classes + letter] = child * classes;
      queue.push(child);
    }
    if (state !== 0) ending[state]?.push(...(ending[fallback[state] ?? 0] ?? []));
  }
  for (let at = 0; at < next.length; at++) if ((ending[(next[at] ?? 0) / classes]?.length ?? 0) > 0) next[at] = (next[at] ?? 0) | ENDS;
  return { next, words: ending };
}
