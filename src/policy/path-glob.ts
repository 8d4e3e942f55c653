import picomatch from "picomatch";
import { countCombinations, MAX_COMBINATIONS } from "./alternatives.ts";

/**
 * Path globs (picomatch, dot files included). Relative ones are held against the path within each workspace, absolute ones against the
 * whole real path. A compiled glob carries a piece of text that every match must contain, because looking for that is ten times cheaper
 * than the expression: a search asks about 50,000 paths.
 */
export interface PathGlob {
  readonly text: string;
  readonly absolute: boolean;
  /** Literal segments of the pattern, as `.npmrc` in `conf/*` + `/.npmrc`. */
  readonly segments: readonly string[];
  matches(path: string): boolean;
  /** The same without regard to case; `lower` is the path in lower case. */
  matchesAnyCase(path: string, lower: string): boolean;
}

const MAX_GLOBSTARS = 3;
const MAX_STARS_A_SEGMENT = 3;

/** Compiles a glob. Throws an Error whose message is fit for a Problem. */
export function compilePathGlob(text: string): PathGlob {
  const glob = text.replace(/^(?:\.\/)+/, "").replace(/(?<=.)\/+$/, "");
  check(text, glob);
  let source: string;
  try {
    source = picomatch.makeRe(glob, { dot: true, nonegate: true, noextglob: true, strictBrackets: true }).source;
  } catch (error) {
    const reason = (error as Error).message.replaceAll("\\\\", "\\");
    throw new Error(`the glob \`${text}\` can't be compiled: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`, { cause: error });
  }
  // `s`: a directory name may contain a newline, and must not hide what is below it from a deny.
  const exact = new RegExp(source, "s");
  let anyCase: RegExp | undefined;
  const everything = glob === "**" || glob === "**/*";
  const needle = longestLiteral(glob);
  const lowerNeedle = needle.toLowerCase();
  return {
    text,
    absolute: glob.startsWith("/"),
    segments: glob.split("/").filter((segment) => segment !== "" && !/[*?[\](){}\\|]/.test(segment)),
    // "" is a workspace itself, which picomatch matches with nothing
    matches: (path) => everything || (path === "" ? glob === "." : path.includes(needle) && exact.test(path)),
    matchesAnyCase(path, lower) {
      if (everything) return true;
      if (path === "") return glob === ".";
      if (!lower.includes(lowerNeedle)) return false;
      anyCase ??= new RegExp(source, "si");
      return anyCase.test(path) || anyCase.test(lower);
    },
  };
}

function check(text: string, glob: string): void {
  const refuse = (what: string): never => {
    throw new Error(`the glob \`${text}\` ${what}`);
  };
  const bare = glob.replaceAll(/\\./g, "");
  if (glob.trim() === "") refuse("is empty - name a path or drop it");
  if (glob.startsWith("!")) refuse("begins with `!` - name the exceptions under except instead");
  if (glob.startsWith("~")) refuse("begins with `~`, which isn't expanded - write the whole path");
  if (glob.split("/").includes("..")) refuse("climbs with `..`, so it can never match a real path - write the path itself");
  if (glob.includes("//")) refuse("has an empty segment, so it can never match a real path - write one slash");
  if (/\[!/.test(bare)) refuse("negates with `[!` - write `[^`");
  if (/\(\?|[)\]}]\+|[)\]]\?/.test(bare)) refuse("uses a regular expression - write plain globs, several if need be");
  if (countCombinations(glob) > MAX_COMBINATIONS) refuse("has too many alternatives to match quickly - split it into several");
  const segments = glob.split("/");
  const globstars = segments.filter((segment) => segment === "**").length;
  const crowded = segments.some((segment) => segment !== "**" && (segment.match(/\*+/g)?.length ?? 0) > MAX_STARS_A_SEGMENT);
  if (globstars > MAX_GLOBSTARS || crowded) refuse("has too many stars to match quickly - split it into several");
}

/** The longest run of characters that every match contains: outside of brackets, without wildcards. */
function longestLiteral(glob: string): string {
  let depth = 0;
  let run = "";
  let longest = "";
  const close = (): void => {
    if (run.length > longest.length) longest = run;
    run = "";
  };
  for (const char of glob) {
    if ("{([".includes(char)) depth++;
    if (depth > 0 || "*?\\/".includes(char)) close();
    else run += char;
    if ("})]".includes(char)) {
      depth = Math.max(0, depth - 1);
      run = "";
    }
    // a backslash makes the next character literal; to be sure, nothing after one is taken
    if (char === "\\") return longest;
  }
  close();
  return longest;
}
