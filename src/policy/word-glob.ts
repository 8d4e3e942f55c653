import { countCombinations, MAX_COMBINATIONS } from "./alternatives.ts";

/**
 * Patterns over one word: tool names, argument values, words of a command line. Literal but for `*`, `?`, `(a|b)` and a backslash
 * before any of them. Every pattern becomes one anchored expression; alternatives are literal text or wildcards, never quantified groups,
 * and the number of stars is bounded, so matching can't blow up.
 */

const MAX_STARS = 3;

export interface WordPattern {
  readonly text: string;
  readonly expression: RegExp;
  /** No `*` or `?`: every word it matches is written out in it. */
  readonly literal: boolean;
}

type StarReach = "word" | "segment";

/**
 * Compiles a pattern. `reach` says how far `*` and `?` go: `word` any character, `segment` all but `/` (and then `**` crosses it).
 * Throws an Error whose message is fit for a Problem.
 */
export function compileWord(text: string, reach: StarReach): WordPattern {
  const one = reach === "word" ? "[^]" : "[^/]";
  let source = "";
  let depth = 0;
  let stars = 0;
  let wild = false;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    const next = text.charAt(index + 1);
    if (char === "\\") {
      if (next === "") throw new Error(`the pattern \`${text}\` ends in a lone backslash - write it twice`);
      source += quote(next);
      index++;
    } else if (char === "*") {
      wild = true;
      stars++;
      const crosses = next === "*";
      if (crosses) index++;
      source += crosses ? "[^]*" : `${one}*`;
    } else if (char === "?") {
      wild = true;
      source += one;
    } else if (char === "(") {
      depth++;
      source += "(?:";
    } else if (char === ")") {
      if (depth === 0) throw new Error(`the pattern \`${text}\` closes a bracket it never opened - add \`(\` or write \`\\)\``);
      depth--;
      source += ")";
    } else if (char === "|" && depth > 0) {
      source += "|";
    } else {
      source += quote(char);
    }
  }
  if (depth > 0) throw new Error(`the pattern \`${text}\` never closes its bracket - add \`)\` or write \`\\(\``);
  if (countCombinations(text) > MAX_COMBINATIONS)
    throw new Error(`the pattern \`${text}\` has too many alternatives - split it into several`);
  if (stars > MAX_STARS) throw new Error(`the pattern \`${text}\` has more than ${MAX_STARS} stars - split it into several`);
  return { text, expression: new RegExp(`^(?:${source})$`), literal: !wild };
}

/** One UTF-16 unit as literal expression text. */
function quote(unit: string): string {
  return /[A-Za-z0-9_]/.test(unit) ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
