/**
 * The verdict on a command: simple (every word is known, what was checked is what runs), script (it parses, but what it does is not known
 * before it runs), or refused. Pure but for the eyes. See docs/commands.md.
 */
import type { Resource } from "../types.ts";
import { classify, findAll } from "./classify.ts";
import type { ShellEyes } from "./eyes.ts";
import { addOpaque } from "./findings.ts";
import type { CommandView, Findings } from "./findings.ts";
import { gate } from "./gate.ts";
import { Stop } from "./line.ts";
import type { Line } from "./line.ts";
import type { FoundCommand } from "./parse.ts";
import type { Plan } from "./plan.ts";
import { readFound, readLine } from "./read-line.ts";

export { fixedEyes } from "./eyes.ts";
export type { ShellEyes } from "./eyes.ts";
export type { CommandView } from "./findings.ts";
export { expandGlob } from "./expand-glob.ts";
import { quote } from "./script.ts";

export { hardenCommand } from "./harden.ts";
export { printArgv, printScript } from "./script.ts";

export interface Where {
  /** Real absolute directory the command starts in. */
  readonly cwd: string;
  readonly eyes: ShellEyes;
  /** What `~` stands for; without it a text with a tilde is a script. */
  readonly home?: string;
  /** The call gives standard input. */
  readonly input?: boolean;
}

export interface Analysis {
  readonly verdict: "simple" | "script" | "refused";
  /** What made it a script or refused; empty for simple. Lower case, one line. */
  readonly reason: string;
  /** Everything it does, as far as it can be known. A refused text has one opaque resource, so that it can never be allowed. */
  readonly resources: readonly Resource[];
  /** Each command as it was read, for `explain`. */
  readonly commands: readonly CommandView[];
  /** The words of a single command that needs no shell: no redirection, assignment or directory change. */
  readonly argv?: readonly string[];
  /** What `printScript` prints for a simple verdict. */
  readonly plan?: Plan;
  /** As it was given; an argv as single-quoted words. */
  readonly text: string;
}

function refuse(text: string, reason: string): Analysis {
  return { verdict: "refused", reason, resources: [{ kind: "opaque", reason, script: true }], commands: [], text };
}

/** The words of a plan that is one plain command. */
function plainArgv(plan: Plan): readonly string[] | null {
  const [list, ...lists] = plan;
  const [pipeline, ...pipelines] = list?.pipelines ?? [];
  const [command, ...commands] = pipeline?.commands ?? [];
  if (command === undefined || lists.length + pipelines.length + commands.length > 0 || pipeline?.time !== undefined) return null;
  if (command.kind !== "run" || command.assignments.length > 0 || command.redirections.length > 0) return null;
  if (command.words.some(({ nested, status }) => nested !== undefined || status)) return null;
  return command.words.map(({ text }) => text);
}

/** An argv as a line of one command: no shell reads it, so every word is itself. */
function toLine(argv: readonly string[]): Line {
  return [{ operators: [], pipelines: [{ commands: [{ assignments: [], redirections: [], words: argv.map((text) => ({ text })) }] }] }];
}

/** Analyses a command text or an argv. Never throws for anything in the command itself. */
export function analyse(command: string | readonly string[], where: Where): Analysis {
  const text = typeof command === "string" ? command : command.map(quote).join(" ");
  const findings: Findings = { eyes: where.eyes, home: where.home, resources: [], commands: [], seen: new Set(), script: null };
  const place = { cwd: where.cwd, wrappers: [], fed: where.input ?? false, feed: null, depth: 0 };
  const asScript = (reason: string, found: readonly FoundCommand[]): Analysis => {
    readFound(findings, found, place);
    addOpaque(findings, reason, true);
    return { verdict: "script", reason, resources: findings.resources, commands: findings.commands, text };
  };
  try {
    let line: Line;
    if (typeof command === "string") {
      const reading = classify(command);
      if (reading.verdict === "refused") return refuse(text, reading.reason);
      if (reading.verdict === "script") return asScript(reading.reason, reading.found);
      ({ line } = reading);
    } else {
      const barred = command.length === 0 ? "there is no command" : gate(command.join(" "));
      if (barred !== null) return refuse(text, barred);
      line = toLine(command);
    }
    let plan: Plan;
    try {
      plan = readLine(findings, line, place);
    } catch (error) {
      if (!(error instanceof Stop) || error.verdict === "refused") throw error;
      // What was found up to here stays; the rest is looked for as in any script.
      return asScript(
        error.message,
        typeof command === "string" ? findAll(command) : [{ words: command, redirections: [], assignments: [] }],
      );
    }
    if (findings.script !== null)
      return { verdict: "script", reason: findings.script, resources: findings.resources, commands: findings.commands, text };
    const argv = plainArgv(plan);
    return {
      verdict: "simple",
      reason: "",
      resources: findings.resources,
      commands: findings.commands,
      ...(argv === null ? {} : { argv }),
      plan,
      text,
    };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return refuse(text, error.message);
  }
}
