/** What is wrong with a policy file, where, and how to mend it. Shown as `file:line:col: message`. */
export interface Problem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly col: number;
  /** Lower case, one line, ends with the mend. */
  readonly message: string;
}

/** A policy that can't be used. Carries every problem found, not only the first. */
export class PolicyError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "PolicyError";
    this.problems = problems;
  }
}

/** `file:line:col: message`, the form editors jump to. */
export function formatProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.col}: ${problem.message}`;
}

/** Number of single-character insertions, deletions, substitutions and neighbour swaps between two short words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1;
      let best = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + change);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, (before[column - 2] ?? 0) + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** ` - did you mean "rules"?` when one known word is close enough, else ` - use one of a, b`. */
export function suggest(word: string, known: readonly string[]): string {
  const short = word.slice(0, 40).toLowerCase();
  const allowed = Math.max(1, Math.floor(Math.min(short.length, 12) / 3));
  const ranked = known
    .map((name) => ({ name, distance: editDistance(short, name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  const best = ranked[0];
  if (best !== undefined && best.distance <= allowed) return ` - did you mean "${best.name}"?`;
  return known.length === 0 ? "" : ` - use one of ${known.join(", ")}`;
}
