/** Are two samples of the same distribution? Ranks instead of values, so that no single slow turn of a busy machine decides. */

/**
 * Mann-Whitney U as a normal deviate, with the correction for ties: about 0 when both come from one distribution, whatever that is, and far from it when
 * one is mostly larger. For samples that were taken in random order this is a permutation test: drift and load hit both alike.
 */
export function rankDeviate(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))].toSorted(
    (x, y) => x.value - y.value,
  );
  const total = all.length;
  let sum = 0;
  let ties = 0;
  for (let from = 0; from < total;) {
    let to = from + 1;
    while (to < total && all[to]?.value === all[from]?.value) to += 1;
    const same = all.slice(from, to);
    // Equal values share the middle of their ranks.
    sum += same.filter(({ first }) => first).length * ((from + 1 + to) / 2);
    ties += same.length ** 3 - same.length;
    from = to;
  }
  const expected = (a.length * (total + 1)) / 2;
  const variance = ((a.length * b.length) / 12) * (total + 1 - ties / (total * (total - 1)));
  return (sum - expected) / Math.sqrt(variance);
}

/** A generator with a seed (mulberry32), so that the order of turns is random and the same at every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Puts a list in random order. */
export function shuffle<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, at: random() }))
    .toSorted((x, y) => x.at - y.at)
    .map(({ value }) => value);
}
