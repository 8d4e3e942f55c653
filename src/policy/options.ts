import type { CommandResource, Word } from "../types.ts";
import { MAYBE, NO, YES, type Trit } from "./trit.ts";

/**
 * `has:` of deny and ask rules: is any of these options (or plain words) there? Where the shell analysis knows the program its reading
 * counts: bundles split, abbreviations completed, values cut off. Else the words are read with suspicion: `-uf` has `-f`, `--forc` and
 * `--force=x` have `--force`.
 */
export function matchHas(wanted: readonly string[], command: CommandResource): Trit {
  const words = command.argv.slice(1);
  if (wanted.some((option) => words.includes(option))) return YES;
  const { options } = command;
  const found = wanted.some((option) => (options === undefined ? words.some((word) => mayBe(word, option)) : options.includes(option)));
  if (found) return YES;
  return words.includes(null) || (options?.includes(null) ?? false) ? MAYBE : NO;
}

function mayBe(word: Word, option: string): boolean {
  if (word === null || !option.startsWith("-")) return false;
  if (option.startsWith("--")) {
    const name = word.split("=")[0] ?? "";
    return name.length > 2 && option.startsWith(name);
  }
  return option.length === 2 && /^-[^-]/.test(word) && word.includes(option.charAt(1));
}

/** `flags:` of allow rules: every option used is listed. Without a table of the program every word that begins with a dash counts as one. */
export function flagsCover(listed: readonly string[], command: CommandResource): boolean {
  if (command.options !== undefined) return command.options.every((option) => option !== null && listed.includes(option));
  return command.argv.slice(1).every((word) => {
    if (word === null) return false;
    if (!word.startsWith("-") || word === "-" || word === "--") return true;
    return listed.includes(word) || (word.startsWith("--") && listed.includes(word.split("=")[0] ?? ""));
  });
}
