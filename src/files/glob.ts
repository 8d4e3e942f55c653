/** Globs from a caller: the meaning they have in the reference filesystem server, and a bound on what they can cost. */
import { createRequire } from "node:module";
import type Picomatch from "picomatch";
import { Refusal } from "../types.ts";

const LONGEST = 1024;
/** Each wildcard can multiply the work by the length of a name: 255^4 steps is the most that one name may cost. */
const WILDCARDS = 4;

/** Compiles a glob on relative paths: `*` and `?` stay within a name, `**` crosses, names that begin with a dot match, case counts. */
export function compileGlob(pattern: string): (path: string) => boolean {
  const problem = problemOf(pattern);
  if (problem !== undefined) throw new Refusal("INVALID_INPUT", `the pattern ${problem}`, "use a simpler pattern, like **/*.ts");
  // picomatch costs 9 ms to load, so only a search pays for it.
  const picomatch = createRequire(import.meta.url)("picomatch") as typeof Picomatch;
  const plain = /^[^*?[\]{}()!+@|\\]*$/.test(pattern);
  return plain ? (path) => path === pattern : picomatch(pattern, { dot: true });
}

function problemOf(pattern: string): string | undefined {
  if (pattern === "") return "is empty";
  if (pattern.length > LONGEST) return `is longer than ${LONGEST} characters`;
  if (pattern.split("**").length > WILDCARDS + 1) return `has more than ${WILDCARDS} \`**\``;
  // Quantified groups nest into exponential expressions.
  if (/[*+]\(/.test(pattern)) return "has a repeated group";
  for (const name of pattern.split("/")) {
    if (name.replaceAll("**", "").split("*").length > WILDCARDS + 1) return `has more than ${WILDCARDS} \`*\` in one name`;
  }
  return undefined;
}
