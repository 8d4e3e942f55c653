/** `sed` (GNU 4.9): its script is read command by command, because `w`, `r` and `e` reach files and programs. */
import type { Program } from "../program.ts";
import { uses, valuesOf } from "../view.ts";
import type { View } from "../view.ts";

/** Files and programs in a sed script, or null when it can't be followed. */
interface SedScript {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly runs: boolean;
}

/** Index just after a part that ends at an unescaped, unbracketed `delimiter`; -1 without one. */
function skipPart(script: string, start: number, delimiter: string, regex: boolean): number {
  for (let at = start; at < script.length; at++) {
    const c = script[at];
    if (c === "\\") at++;
    else if (c === delimiter) return at + 1;
    else if (c === "\n" && regex) return -1;
    else if (c === "[" && regex) {
      // A delimiter inside a bracket expression ends the part for some versions and not for others.
      const close = script.indexOf("]", script[at + 1] === "^" ? at + 3 : at + 2);
      if (close < 0 || script.slice(at, close).includes(delimiter)) return -1;
      at = close;
    }
  }
  return -1;
}

/** Reads a sed script. */
function readSedScript(script: string): SedScript | null {
  const reads: string[] = [];
  const writes: string[] = [];
  let runs = false;
  let at = 0;
  const rest = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const match = pattern.exec(script)?.[0] ?? "";
    at += match.length;
    return match;
  };
  /** The rest of the line, which is a file name. */
  const fileName = (): string => rest(/[^\n]*/y).trimStart();
  const address = (): boolean => {
    if (rest(/(?:[0-9]+(?:~[0-9]+)?|\$|[+~][0-9]+)/y) !== "") return true;
    const own = script[at] === "\\" ? script[at + 1] : script[at] === "/" ? "/" : undefined;
    if (own === undefined || own === "\n") return true;
    at = skipPart(script, at + (script[at] === "/" ? 1 : 2), own, true);
    if (at < 0) return false;
    rest(/[IM]*/y);
    return true;
  };
  while (at < script.length) {
    rest(/[\s;}]*/y);
    if (at >= script.length) break;
    if (script[at] === "#") {
      rest(/[^\n]*/y);
      continue;
    }
    if (!address()) return null;
    rest(/[ \t]*/y);
    if (script[at] === ",") {
      at++;
      rest(/[ \t]*/y);
      if (!address()) return null;
    }
    rest(/[ \t!]*/y);
    const command = script[at++];
    if (command === undefined) return null;
    if ("{=dDgGhHnNpPxzF".includes(command)) {
      if (command !== "{" && !/^[ \t]*([;}\n#]|$)/.test(script.slice(at, at + 40))) return null;
    } else if ("qQlL".includes(command)) rest(/[ \t]*[0-9]*/y);
    else if (":btTv".includes(command)) rest(/[^;\n}]*/y);
    else if ("aic".includes(command)) rest(/(?:\\[\s\S]|[^\\\n])*/y);
    else if (command === "r" || command === "R") reads.push(fileName());
    else if (command === "w" || command === "W") writes.push(fileName());
    else if (command === "e") {
      runs = true;
      rest(/[^\n]*/y);
    } else if (command === "s" || command === "y") {
      const delimiter = script[at];
      if (delimiter === undefined || delimiter === "\n" || delimiter === "\\") return null;
      const middle = skipPart(script, at + 1, delimiter, command === "s");
      at = middle < 0 ? -1 : skipPart(script, middle, delimiter, false);
      if (at < 0) return null;
      if (command === "s") {
        const flags = rest(/[gpiIMme0-9]*/y);
        if (flags.includes("e")) runs = true;
        if (script[at] === "w") {
          at++;
          writes.push(fileName());
        }
      }
      if (!/^[ \t]*([;}\n#]|$)/.test(script.slice(at, at + 40))) return null;
    } else return null;
  }
  return { reads, writes, runs };
}

function examine(view: View): void {
  const given = valuesOf(view, "-e", "--expression");
  const [first] = view.operands;
  const fromOption = given.length > 0 || uses(view, "-f", "--file");
  if (!fromOption && first !== undefined) given.push(first.text);
  const files = fromOption ? view.operands : view.operands.slice(1);
  const inPlace = uses(view, "-i", "--in-place");
  for (const { text } of files) view.paths.push({ op: "read", path: text }, ...(inPlace ? [{ op: "write" as const, path: text }] : []));
  if (files.length === 0) view.input = true;
  const script = given.includes(null) ? null : readSedScript(given.join("\n"));
  const at = view.words.findIndex((word) => given.includes(word)) || 1;
  if (given.length > 0 && script === null) view.hazards.push({ word: Math.max(at, 1), reason: "a sed script that we can't follow" });
  if (script?.runs) view.hazards.push({ word: Math.max(at, 1), reason: "a sed script that runs commands" });
  for (const path of script?.reads ?? []) if (path !== "/dev/stdin") view.paths.push({ op: "read", path });
  for (const path of script?.writes ?? []) view.paths.push({ op: "write", path });
}

export const sed: Program = {
  options:
    "-n,--quiet,--silent --debug -e,--expression= !-f,--file= --follow-symlinks -i,--in-place=? -l,--line-length= --posix -E,-r,--regexp-extended -s,--separate --sandbox -u,--unbuffered -z,--null-data --help --version",
  set: "read-basic",
  examine,
};
