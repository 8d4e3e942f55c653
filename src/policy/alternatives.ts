/**
 * In how many ways the groups of a pattern (`{a,b}`, `(a|b)`) can be combined. A backtracking matcher may try them all, so patterns are
 * bounded by it: `(a|aa)` thirty times in a row would be a billion. Escaped characters don't count.
 */
export function countCombinations(pattern: string): number {
  const open: { separator: string; count: number }[] = [];
  let combinations = 1;
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern.charAt(index);
    const group = open.at(-1);
    if (char === "\\") index++;
    else if (char === "{" || char === "(") open.push({ separator: char === "{" ? "," : "|", count: 1 });
    else if (group !== undefined && char === group.separator) group.count++;
    else if (group !== undefined && (char === "}" || char === ")")) {
      combinations *= group.count;
      open.pop();
    }
  }
  return combinations;
}

/** More than any sensible pattern has. */
export const MAX_COMBINATIONS = 256;
