/** A simple line, command by command: where each runs, what its globs stand for, what it touches, and the plan to print. */
import type { Word } from "../types.ts";
import { classify, findAll } from "./classify.ts";
import { isHarmlessVariable } from "./environment.ts";
import { addCommand, addOpaque, addPath, resolveWord } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { Stop } from "./line.ts";
import type { Line, Redirection, SimpleCommand, Token } from "./line.ts";
import type { FoundCommand } from "./parse.ts";
import type { Plan, PlannedCommand, PlannedPipeline, PlannedWord } from "./plan.ts";
import { listsBelow } from "./programs/find.ts";
import { readCommand } from "./read-command.ts";
import type { Marks, Place } from "./read-command.ts";

/** Builtins of bash without a program of the same name: they change the shell itself, so the text is a script. */
const SHELL_ONLY = new Set(
  ". : alias bg bind break builtin caller compgen complete compopt continue declare dirs disown enable eval exec exit export fc fg getopts hash help history jobs let local logout mapfile popd pushd read readarray readonly return set shift shopt source suspend times trap typeset ulimit umask unalias unset wait".split(
    " ",
  ),
);
/** Programs for which a `$?` among the words can only be shown or compared. */
const MAY_SHOW_STATUS = new Set(["echo", "printf", "test", "["]);
/** Most names that globs of one command may stand for. */
const MOST_NAMES = 1000;

function expandTilde(text: string, home: string | undefined): string {
  if (home === undefined) throw new Stop("script", "a tilde without a home directory");
  return home + text.slice(1);
}

/** A token as the words it becomes. */
function expand(findings: Findings, token: Token, cwd: string | null): string[] {
  if (token.tilde) return [expandTilde(token.text, findings.home)];
  if (token.glob === undefined) return [token.text];
  const names = cwd === null ? null : findings.eyes.glob(token.glob, cwd);
  if (names === null || names.length > MOST_NAMES) throw new Stop("script", "a glob that can't be expanded before it runs");
  // A pattern for hidden files that matches none yet could match a secret by the time it runs.
  if (names.length === 0 && /(^|\/)\\?\.[^/]*[*?[]/.test(token.glob))
    throw new Stop("script", "a glob of hidden files that matches nothing");
  if (names.length === 0) return [token.text];
  return names.map((name) => (name.startsWith("-") ? `./${name}` : name));
}

function readRedirections(findings: Findings, redirections: readonly Redirection[], cwd: string | null): Redirection[] {
  return redirections.map((redirection) => {
    const { mode, target } = redirection;
    if (mode === "dup" || mode === "close" || mode === "text") return redirection;
    if (target.text === "") throw new Stop("refused", "a redirection to nothing");
    const path = target.tilde ? expandTilde(target.text, findings.home) : target.text;
    // Not files: bash itself would connect (bash manual, 3.6).
    if (/^\/dev\/(tcp|udp)\//.test(path)) throw new Stop("script", "a redirection to the network");
    if (mode !== "write" && mode !== "append") addPath(findings, { op: "read", path }, cwd, undefined);
    if (mode !== "read") addPath(findings, { op: "write", path }, cwd, undefined);
    return { ...redirection, target: { text: path } };
  });
}

/** `cd DIR` as the real directory it goes to. */
function readCd(findings: Findings, words: readonly string[], cwd: string | null): string | null {
  const rest = words.slice(1).filter((word, index) => !(index === 0 && /^-[LP]$/.test(word)));
  if (rest[0] === "--") rest.shift();
  const [directory] = rest;
  if (rest.length !== 1 || directory === undefined || directory === "" || directory.startsWith("-"))
    throw new Stop("script", "`cd` to somewhere that is not plain");
  const real = resolveWord(findings, directory, cwd);
  findings.resources.push({ kind: "command", argv: words, cwd, options: [], sets: ["read-basic"], hazards: [], wrappers: [] });
  findings.commands.push({ words: words.map((text) => ({ text, literal: true })), cwd, wrappers: [], known: true });
  addPath(findings, { op: "list", path: directory }, cwd, undefined);
  return real;
}

function planWords(findings: Findings, words: readonly string[], tokens: readonly Token[], marks: Marks): PlannedWord[] {
  const isLive = tokens.some(({ status }) => status);
  const live = new Set(isLive ? tokens.filter(({ status }) => status).map(({ text }) => text) : []);
  return words.map((text, index): PlannedWord => {
    if (live.has(text)) return { text, status: true };
    const inner = marks.texts.get(index);
    if (inner !== undefined) {
      const nested = readText(findings, text, inner.text.posix, inner.place);
      return nested === null ? { text } : { text, nested };
    }
    return marks.programs.has(index) ? { text, program: true } : { text };
  });
}

/** The text of `sh -c`: its plan, or null when it is a script. */
function readText(findings: Findings, text: string, posix: boolean, place: Place): Plan | null {
  const reading = classify(text, posix);
  if (reading.verdict === "refused") throw new Stop("refused", `the text inside: ${reading.reason}`);
  if (reading.verdict === "simple") {
    try {
      return readLine(findings, reading.line, place);
    } catch (error) {
      if (!(error instanceof Stop) || error.verdict === "refused") throw error;
      findings.script = error.message;
      readFound(findings, findAll(text), place);
    }
  } else {
    findings.script = reading.reason;
    readFound(findings, reading.found, place);
  }
  addOpaque(findings, `the text inside \`${place.wrappers.at(-1) ?? "sh"}\`: ${findings.script}`, true);
  return null;
}

/** Runs one command's words through the tables. */
function readSimple(findings: Findings, command: SimpleCommand, place: Place): { plan: PlannedCommand; words: readonly string[] } {
  const words = command.words.flatMap((token) => expand(findings, token, place.cwd));
  const [name = ""] = words;
  if (name === "") throw new Stop("refused", "an empty program name");
  const [first] = command.words;
  if (first?.glob !== undefined || first?.status || first?.tilde) throw new Stop("script", "a program name that is not plain");
  if (SHELL_ONLY.has(name)) throw new Stop("script", `\`${name}\` is a builtin that changes the shell itself`);
  if (command.words.some(({ status }) => status) && !MAY_SHOW_STATUS.has(name)) throw new Stop("script", "`$?` as an argument");
  if (command.words.some(({ status }) => status) && command.words.some(({ status, text }) => !status && text.includes("$?")))
    throw new Stop("script", "`$?` beside its own text");
  for (const { name: variable, value } of command.assignments)
    if (!isHarmlessVariable(variable, value)) addOpaque(findings, `sets \`${variable}\`, which can change what runs`);
  const builtin = name === "type" || (name === "command" && /^-[vV]$/.test(words[1] ?? ""));
  const marks: Marks = { programs: new Set(builtin ? [] : [0]), texts: new Map() };
  if (builtin) addCommandView(findings, words, place);
  else readCommand(findings, words, place, marks, 0);
  const redirections = readRedirections(findings, command.redirections, place.cwd);
  let planned = planWords(findings, words, command.words, marks);
  // `command` only skips functions, of which there are none; there is no such program.
  if (name === "command" && !builtin) planned = planned.slice(Math.min(...[...marks.programs].filter((at) => at > 0), planned.length));
  if (planned.length === 0) throw new Stop("script", "`command` without a command");
  return { plan: { kind: builtin ? "builtin" : "run", assignments: command.assignments, words: planned, redirections }, words };
}

function addCommandView(findings: Findings, words: readonly string[], place: Place): void {
  findings.resources.push({
    kind: "command",
    argv: words,
    cwd: place.cwd,
    options: words.filter((word) => word.startsWith("-")),
    sets: ["read-basic"],
    hazards: [],
    wrappers: place.wrappers,
  });
  findings.commands.push({ words: words.map((text) => ({ text, literal: true })), cwd: place.cwd, wrappers: place.wrappers, known: true });
}

/** Reads a simple line from a directory on; throws Stop when it is more than that after all. */
export function readLine(findings: Findings, line: Line, start: Place): Plan {
  let { cwd } = start;
  return line.map(({ pipelines, operators }) => {
    /** Has a `cd` that may not have run changed the directory within this list? */
    let unsure = false;
    const planned = pipelines.map((pipeline, index): PlannedPipeline => {
      if (operators[index - 1] === "||" && unsure) cwd = null;
      const timed = pipeline.time === undefined ? {} : { time: pipeline.time };
      if (pipeline.time !== undefined) addTimed(findings, pipeline.commands[0], cwd, start);
      const [only, ...others] = pipeline.commands;
      if (only !== undefined && only.words[0]?.text === "cd") {
        if (others.length > 0 || only.assignments.length > 0) throw new Stop("script", "`cd` in a pipeline or with assignments");
        const words = only.words.flatMap((token) => expand(findings, token, cwd));
        const redirections = readRedirections(findings, only.redirections, cwd);
        const real = readCd(findings, words, cwd);
        const certain = index === 0 && operators[0] !== "||";
        const after = operators.slice(0, index).includes("||") || (index === 0 && !certain) ? null : real;
        if (!certain) unsure = true;
        cwd = after;
        const target = real ?? words.at(-1) ?? "";
        return {
          ...timed,
          commands: [{ kind: certain && real !== null ? "enter" : "cd", assignments: [], words: [{ text: target }], redirections }],
        };
      }
      const wrappers = pipeline.time === undefined ? start.wrappers : [...start.wrappers, "time"];
      let before: readonly Word[] = [];
      const commands = pipeline.commands.map((command, at): PlannedCommand => {
        if (at > 0 && command.words[0]?.text === "cd") throw new Stop("script", "`cd` in a pipeline");
        const fed = start.fed || at > 0 || command.redirections.some(({ fd }) => fd === 0);
        const direct =
          at > 0 && !command.redirections.some(({ fd }) => fd === 0) && pipeline.commands[at - 1]?.redirections.every(({ fd }) => fd === 2);
        const { plan, words } = readSimple(findings, command, { ...start, wrappers, cwd, fed, feed: direct ? listsBelow(before) : null });
        before = words;
        return plan;
      });
      return { ...timed, commands };
    });
    if (unsure) cwd = null;
    return { pipelines: planned, operators };
  });
}

/** bash's keyword `time` is judged as the program would be. */
function addTimed(findings: Findings, command: SimpleCommand | undefined, cwd: string | null, place: Place): void {
  const words = ["time", ...(command?.words.map(({ text }) => text) ?? [])];
  addCommand(findings, words, cwd, place.wrappers, null);
}

/** The commands of a script, for deny and ask rules: `null` wherever something is not known. */
export function readFound(findings: Findings, found: readonly FoundCommand[], place: Place): void {
  const moves = found.some(({ words }) => words[0] === null || /^(cd|pushd|popd|eval|source|\.|builtin|command)$/.test(words[0] ?? ""));
  const cwd = moves ? null : place.cwd;
  for (const { words, redirections, assignments } of found) {
    if (words.length > 0) {
      const marks: Marks = { programs: new Set(), texts: new Map() };
      readCommand(findings, words, { ...place, cwd, fed: true, feed: null }, marks, 0);
      for (const [index, { text, place: inside }] of marks.texts) {
        const word = words[index];
        if (word !== null && word !== undefined) readInside(findings, word, text.posix, inside);
      }
      const text = words[0] === "eval" ? words.slice(1) : words[0] === "trap" ? words.slice(1, 2) : [];
      if (text.length > 0 && !text.includes(null))
        readInside(findings, text.join(" "), false, { ...place, cwd: null, depth: place.depth + 1 });
    }
    for (const name of assignments) if (!isHarmlessVariable(name, "")) addOpaque(findings, `sets \`${name}\`, which can change what runs`);
    for (const { mode, target } of redirections) {
      if (mode === "dup" || mode === "close" || mode === "text") continue;
      if (mode !== "write" && mode !== "append") addPath(findings, { op: "read", path: target }, cwd, undefined);
      if (mode !== "read") addPath(findings, { op: "write", path: target }, cwd, undefined);
    }
  }
}

/** A text inside a script: what it runs is shown; that it is not known for sure is said already. */
function readInside(findings: Findings, text: string, posix: boolean, place: Place): void {
  if (place.depth > 6) return;
  readText(findings, text, posix, place);
}
