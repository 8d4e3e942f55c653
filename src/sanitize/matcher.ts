/**
 * Finds many words in one pass over a text (Aho and Corasick, "Efficient string matching", CACM 18(6), 1975), so that the cost of a text
 * doesn't grow with the number of rules. Letters are compared by a fold that the caller gives, by default case alone.
 */

/** Calls `hit` for every occurrence of every word: its number in the list, and the offset just after it. Overlaps are all reported. */
export interface Matcher {
  scan(text: string, hit: (word: number, end: number) => void): void;
}

/** Maps a UTF-16 code unit to the one that stands for it and all that are read alike. */
type Fold = (unit: number) => number;

const CASES: Fold = (unit) => {
  const lower = String.fromCharCode(unit).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : unit;
};

/** Marks a transition into a state where at least one word ends. */
const ENDS = 0x8000;
/** The class of a code unit that hasn't been met yet. */
const UNKNOWN = 0xffff;

/** Compiles the words. Costs about a millisecond for a few hundred, so callers do it on first use. */
export function createMatcher(words: readonly string[], fold: Fold = CASES): Matcher {
  const classes = numberLetters(words, fold);
  const { next, shift, ending } = link(words, (unit) => classes.get(fold(unit)) ?? 0, classes.size + 1);
  // Folding all of Unicode would cost more than most scans; a unit is folded when it is met first.
  const classOf = new Uint16Array(65_536).fill(UNKNOWN);
  return {
    scan(text, hit) {
      let state = 0;
      const { length } = text;
      for (let at = 0; at < length; at++) {
        const unit = text.charCodeAt(at);
        // Indices are in range by construction; a check for undefined would halve the speed of this loop.
        let letter = classOf[unit] as number;
        if (letter === UNKNOWN) {
          letter = classes.get(fold(unit)) ?? 0;
          classOf[unit] = letter;
        }
        const step = next[(state << shift) | letter] as number;
        state = step & ~ENDS;
        if (step >= ENDS) for (const word of ending[state] ?? []) hit(word, at + 1);
      }
    },
  };
}

/** Numbers the letters that occur in the words, from 1; 0 is every other code unit. */
function numberLetters(words: readonly string[], fold: Fold): ReadonlyMap<number, number> {
  const numbers = new Map<number, number>();
  for (const word of words) {
    for (let at = 0; at < word.length; at++) {
      const unit = fold(word.charCodeAt(at));
      if (!numbers.has(unit)) numbers.set(unit, numbers.size + 1);
    }
  }
  return numbers;
}

/** Builds the whole transition table: a row for each state, a column for each letter, columns rounded up to a power of two. */
function link(
  words: readonly string[],
  classOf: (unit: number) => number,
  classes: number,
): { next: Uint16Array; shift: number; ending: number[][] } {
  const { tree, ending } = grow(words, classOf);
  if (tree.length >= ENDS) throw new RangeError("too many words for one matcher");
  const shift = Math.ceil(Math.log2(classes));
  const next = new Uint16Array(tree.length << shift);
  const fallback = new Uint16Array(tree.length);
  const queue = [0];
  // Breadth first: where a state falls back to is shallower, so its row and its words are complete when they are needed.
  for (const state of queue) {
    const row = state << shift;
    const back = (fallback[state] ?? 0) << shift;
    if (state !== 0) next.copyWithin(row, back, back + (1 << shift));
    for (const [letter, child] of tree[state] ?? []) {
      const shorter = state === 0 ? 0 : (next[back + letter] ?? 0) & ~ENDS;
      fallback[child] = shorter;
      ending[child]?.push(...(ending[shorter] ?? []));
      next[row + letter] = child | ((ending[child]?.length ?? 0) > 0 ? ENDS : 0);
      queue.push(child);
    }
  }
  return { next, shift, ending };
}

/** The tree of all words; `ending` lists the words that end at a node. */
function grow(words: readonly string[], classOf: (unit: number) => number): { tree: Map<number, number>[]; ending: number[][] } {
  const tree: Map<number, number>[] = [new Map()];
  const ending: number[][] = [[]];
  for (const [number, word] of words.entries()) {
    let state = 0;
    for (let at = 0; at < word.length; at++) {
      const letter = classOf(word.charCodeAt(at));
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
  return { tree, ending };
}
