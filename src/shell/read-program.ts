/** Reads the words of one command by its program's table, as the program itself would. */
import { compile } from "./program.ts";
import type { Compiled, Option, Program, Role } from "./program.ts";
import type { Word } from "../types.ts";
import { addUrl } from "./urls.ts";
import { createView } from "./view.ts";
import type { Operand, View } from "./view.ts";

/** Says what a word of this role does. `at` is the word to blame. */
function applyRole(view: View, role: Role, text: Word, at: number): void {
  switch (role) {
    case "text":
      return;
    case "code":
      view.hazards.push({ word: at, reason: "names or holds code that would run" });
      return;
    case "url":
      addUrl(view, text, at);
      return;
    case "entry":
      view.paths.push({ op: "write", path: text, by: "entry" });
      return;
    case "move":
      view.paths.push({ op: "read", path: text }, { op: "delete", path: text });
      return;
    case "read":
      if (text === "-") view.input = true;
      else view.paths.push({ op: "read", path: text });
      return;
    case "write":
      if (text !== "-") view.paths.push({ op: "write", path: text });
      return;
    case "list":
    case "delete":
      view.paths.push({ op: role, path: text });
  }
}

function noteOption(view: View, name: string, option: Option, at: number, value: Word | undefined, valueAt: number): void {
  view.seen.push(value === undefined ? { name, word: at } : { name, word: at, value });
  if (option.hazard) {
    view.hazards.push({ word: at, reason: `\`${name}\` can run code or change what is read` });
    if (valueAt !== at && value !== undefined) view.hazards.push({ word: valueAt, reason: `the value of \`${name}\`` });
  }
  if (value !== undefined) applyRole(view, option.role, value, valueAt);
}

function unknown(view: View, name: Word, at: number): void {
  view.seen.push({ name, word: at });
  view.hazards.push({ word: at, reason: `\`${name ?? "?"}\` is not an option we know` });
}

/** Reads a long option (or one of single-dash style); returns how many words it took. */
function readLong(view: View, table: Compiled, word: string, at: number): number {
  const equals = word.indexOf("=");
  const given = equals < 0 ? word : word.slice(0, equals);
  let name = given;
  let option = table.options.get(given);
  if (option === undefined && given.startsWith("--")) {
    // GNU getopt completes unambiguous beginnings. Our table may not be whole, so a completion is never taken as harmless.
    const candidates = table.long.filter((long) => long.startsWith(given));
    for (const other of candidates.slice(1)) view.seen.push({ name: other, word: at });
    const [only] = candidates;
    if (only !== undefined) {
      name = only;
      option = table.options.get(only);
      view.hazards.push({ word: at, reason: `\`${given}\` is an abbreviation` });
    }
  }
  if (option === undefined || (equals >= 0 && option.value === "none")) {
    unknown(view, given, at);
    return 1;
  }
  if (equals >= 0) {
    noteOption(view, name, option, at, word.slice(equals + 1), at);
    return 1;
  }
  if (option.value !== "required") {
    noteOption(view, name, option, at, undefined, at);
    return 1;
  }
  noteOption(view, name, option, at, at + 1 < view.words.length ? (view.words[at + 1] ?? null) : undefined, at + 1);
  return 2;
}

/** Reads a word of bundled short options; returns how many words it took. */
function readShorts(view: View, table: Compiled, word: string, at: number): number {
  for (let i = 1; i < word.length; i++) {
    const name = `-${word[i] ?? ""}`;
    const option = table.options.get(name);
    if (option === undefined) {
      unknown(view, name, at);
      continue;
    }
    const rest = word.slice(i + 1);
    if (option.value === "none" || (option.value === "attached" && rest === "")) {
      noteOption(view, name, option, at, undefined, at);
      continue;
    }
    if (rest !== "") {
      noteOption(view, name, option, at, rest, at);
      return 1;
    }
    noteOption(view, name, option, at, at + 1 < view.words.length ? (view.words[at + 1] ?? null) : undefined, at + 1);
    return 2;
  }
  return 1;
}

/** Splits words from `from` on into options (noted in the view) and operands (returned). */
function readOptions(view: View, program: Program, from: number, optionsFirst = program.optionsFirst ?? false): Operand[] {
  const table = compile(program);
  const operands: Operand[] = [];
  const { words } = view;
  for (let at = from; at < words.length;) {
    const word = words[at] ?? null;
    if (word === null) {
      // Could be an option as well as an operand.
      view.seen.push({ name: null, word: at });
      operands.push({ word: at, text: null });
      at++;
    } else if (word === "--") {
      for (at++; at < words.length; at++) operands.push({ word: at, text: words[at] ?? null });
    } else if (word.length < 2 || !word.startsWith("-")) {
      operands.push({ word: at, text: word });
      at++;
    } else if (program.digits && /^-[0-9]+$/.test(word)) {
      view.seen.push({ name: word, word: at });
      at++;
    } else if (word.startsWith("--") || program.singleDash || table.options.has(word)) at += readLong(view, table, word, at);
    else at += readShorts(view, table, word, at);
    const ended = program.lastOptions !== undefined && program.lastOptions.split(" ").includes(view.seen.at(-1)?.name ?? "");
    if (ended || (optionsFirst && operands.length > 0)) {
      for (; at < words.length; at++) operands.push({ word: at, text: words[at] ?? null });
    }
  }
  return operands;
}

function applyOperands(view: View, program: Program): void {
  let roles: readonly Role[] = compile(program).operands;
  const { operands } = view;
  if (program.insteadOfFirst !== undefined) {
    const instead = program.insteadOfFirst.split(" ");
    if (view.seen.some(({ name }) => name !== null && instead.includes(name))) roles = roles.slice(1);
  }
  let worked = 0;
  for (const [index, { text, word }] of operands.entries()) {
    const isLast = program.last !== undefined && index > 0 && index === operands.length - 1;
    const role = isLast ? (program.last ?? "text") : (roles[Math.min(index, roles.length - 1)] ?? "text");
    if (role !== "text") worked++;
    applyRole(view, role, text, word);
  }
  if (program.input || (program.bare === "input" && worked === 0)) view.input = true;
  else if (program.bare !== undefined && program.bare !== "input" && worked === 0) view.paths.push({ op: program.bare, path: "." });
}

/** Reads `words` from index `from` (just after the program or subcommand name) by a table, into the view. */
export function readInto(view: View, program: Program, from: number): void {
  const table = compile(program);
  if (table.subcommands !== null) {
    const operands = readOptions(view, program, from, true);
    const [first] = operands;
    if (program.examine !== undefined) {
      view.operands.push(...operands);
      program.examine(view);
    }
    if (first === undefined) {
      view.set = program.set ?? null;
      return;
    }
    const next = first.text === null ? undefined : table.subcommands.get(first.text);
    if (next === undefined) {
      view.hazards.push({ word: first.word, reason: `\`${first.text ?? "?"}\` can do more than read` });
      // What follows is not understood: its options have to be named as well.
      for (const { text, word } of operands.slice(1)) if (text === null || text.startsWith("-")) unknown(view, text, word);
      return;
    }
    view.operands.length = 0;
    view.subcommand = first.word;
    readInto(view, next, first.word + 1);
    return;
  }
  view.operands.push(...readOptions(view, program, from));
  applyOperands(view, program);
  view.set = program.set ?? null;
  program.examine?.(view);
}

/** Reads a whole command whose program has a table. */
export function readProgram(words: readonly Word[], program: Program, feed: readonly Word[] | null): View {
  const view = createView(words, feed);
  readInto(view, program, 1);
  return view;
}
