import { posix } from "node:path";
import type { CommandResource, Word } from "../types.ts";
import { isInside, relativeTo } from "./names.ts";
import { MAYBE, NO, YES, type Trit } from "./trit.ts";
import { compileWord, type WordPattern } from "./word-glob.ts";

/**
 * `run:` patterns over an argv. Tokens are separated by spaces: literal words, `(a|b)`, `*` and `?` inside one word, `<int> <path> <any>`,
 * and a trailing `...` for any further words. There is no way to say "anything, then this": matching is a walk from the left.
 */
type Token =
  | { readonly kind: "word"; readonly pattern: WordPattern }
  | { readonly kind: "int" }
  | { readonly kind: "path" }
  | { readonly kind: "any" };

export interface ArgvPattern {
  readonly text: string;
  /** The program when the pattern spells it out, for the index of rules. */
  readonly program: string | undefined;
  /** `...` at the end. */
  readonly open: boolean;
  readonly tokens: readonly Token[];
}

/** Compiles a `run:` pattern. Throws an Error whose message is fit for a Problem. */
export function compileArgv(text: string): ArgvPattern {
  const parts = text.split(" ").filter((part) => part !== "");
  const open = parts.at(-1) === "...";
  if (open) parts.pop();
  if (parts.length === 0) throw new Error(`the pattern \`${text}\` names no program - begin with one`);
  const tokens = parts.map((part, index): Token => {
    if (part === "...") throw new Error(`the pattern \`${text}\` has \`...\` before its end - only the last token may be \`...\``);
    if (/["'`]/.test(part.replaceAll(/\\./g, "")))
      throw new Error(`the pattern \`${text}\` has a quote, which no word contains - write <any> for a text`);
    if (part === "<int>") return { kind: "int" };
    if (part === "<path>") return { kind: "path" };
    if (part === "<any>") return { kind: "any" };
    if (/^<[a-z]+>$/.test(part)) throw new Error(`the pattern \`${text}\` has an unknown token \`${part}\` - use <int>, <path> or <any>`);
    return { kind: "word", pattern: compileWord(part, index === 0 ? "segment" : "word") };
  });
  const first = tokens[0];
  if (first?.kind !== "word") throw new Error(`the pattern \`${text}\` must begin with a program name - put one before the placeholder`);
  return { text, program: first.pattern.literal && /^[\w.+-]+$/.test(first.pattern.text) ? first.pattern.text : undefined, open, tokens };
}

interface ArgvMatch {
  readonly match: Trit;
  /** Does the pattern spell out every hazard of the command? */
  readonly covers: boolean;
}

const MISSED: ArgvMatch = { match: NO, covers: false };
const UNSURE: ArgvMatch = { match: MAYBE, covers: false };

/**
 * Holds a pattern against a command. For an allow rule (`allow`) only certainty counts. The others are read with suspicion: a word that
 * isn't known may be anything, a path as argv[0] may be the program of that name, and options before a subcommand (`git -C dir push`)
 * don't hide it; each of these is a maybe.
 */
export function matchArgv(pattern: ArgvPattern, command: CommandResource, workspaces: readonly string[], allow: boolean): ArgvMatch {
  const { argv } = command;
  const program = matchProgram(pattern, command, workspaces, allow);
  if (program === NO) return MISSED;
  for (let index = 1; index < pattern.tokens.length; index++) {
    const word = argv[index];
    const token = pattern.tokens[index];
    if (token === undefined) break;
    if (word === null) return allow ? MISSED : UNSURE;
    if (word === undefined || !fits(token, word, command, workspaces, allow)) {
      const skipped = !allow && word !== undefined && word.startsWith("-") && matchBehindOptions(pattern, index, argv, index);
      return skipped ? UNSURE : MISSED;
    }
  }
  const rest = argv.slice(pattern.tokens.length);
  if (allow && argv.includes(null)) return MISSED;
  if (!pattern.open && rest.length > 0) return !allow && rest.every((word) => word === null) ? UNSURE : MISSED;
  return { match: program, covers: command.hazards.every(({ word }) => names(pattern.tokens[word], argv[word])) };
}

/** A hazard is covered only by a token that spells the word out: no wildcard, no placeholder, no `...`. */
function names(token: Token | undefined, word: Word | undefined): boolean {
  return token?.kind === "word" && token.pattern.literal && typeof word === "string";
}

/**
 * `git -C dir push` against `git push`: options may stand before a word that is looked for, each with the word behind it as its value.
 * Keeps the set of places where the next word may stand, so that it costs words times tokens.
 */
function matchBehindOptions(pattern: ArgvPattern, token: number, argv: readonly Word[], at: number): boolean {
  let places = new Set([at]);
  for (const wanted of pattern.tokens.slice(token)) {
    const next = new Set<number>();
    const seen = new Set<number>();
    for (const place of places) {
      for (let position = place; position < argv.length && !seen.has(position); position++) {
        seen.add(position);
        const word = argv[position];
        if (word === null || word === undefined) return true;
        if (wanted.kind !== "word" || wanted.pattern.expression.test(word)) next.add(position + 1);
        const isValue = position > place && (argv[position - 1]?.startsWith("-") ?? true);
        if (!word.startsWith("-") && !isValue) break;
      }
    }
    if (next.size === 0) return false;
    places = next;
  }
  return true;
}

function matchProgram(pattern: ArgvPattern, command: CommandResource, workspaces: readonly string[], allow: boolean): Trit {
  const word = command.argv[0];
  const token = pattern.tokens[0];
  if (word === undefined || token?.kind !== "word") return NO;
  if (word === null) return allow ? NO : MAYBE;
  const { text, expression } = token.pattern;
  if (!text.includes("/")) {
    if (!word.includes("/")) return expression.test(word) ? YES : NO;
    return !allow && expression.test(posix.basename(word)) ? MAYBE : NO;
  }
  if (!word.includes("/")) return NO;
  if (text.startsWith("/") && word.startsWith("/")) return expression.test(posix.normalize(word)) ? YES : NO;
  // A relative path means the workspace's file wherever the command stands: ./build.sh in another directory is another program.
  if (command.cwd === null) return allow ? NO : MAYBE;
  const real = posix.resolve(command.cwd, word);
  const inside = (root: string): boolean => isInside(real, root) && relativeFits(token.pattern, relativeTo(root, real));
  return workspaces.some(inside) ? YES : NO;
}

function relativeFits(pattern: WordPattern, relative: string): boolean {
  return pattern.expression.test(relative) || pattern.expression.test(`./${relative}`);
}

function fits(token: Token, word: string, command: CommandResource, workspaces: readonly string[], allow: boolean): boolean {
  switch (token.kind) {
    case "word":
      return token.pattern.expression.test(word);
    case "int":
      return /^-?\d+$/.test(word);
    case "any":
      return true;
    case "path": {
      if (word === "" || word.startsWith("-")) return false;
      if (!allow) return true;
      if (command.cwd === null || word.includes("\0")) return false;
      const real = posix.resolve(command.cwd, word);
      return workspaces.some((root) => real === root || real.startsWith(`${root}/`));
    }
  }
}
