/**
 * The second reader: unbash, pinned, behind this module alone. It knows all of bash, so it also finds the commands inside
 * scripts; what it says of simple text counts only where our own reader (decode.ts) says the same.
 */
import { forEachChild, parse } from "unbash";
import type { Command, ParsedScript, PipelineNode, Redirection as UnbashRedirection, SyntaxNode, Word as UnbashWord } from "unbash";
import type { Word } from "../types.ts";
import { Stop } from "./line.ts";
import type { AndOr, Assignment, Line, Pipeline, Redirection, SimpleCommand, Token } from "./line.ts";

/** Part types of a word whose value is known before it runs (globs and `$?` are looked at by the other reader too). */
const KNOWN_PARTS: ReadonlySet<string> = new Set(["Literal", "SingleQuoted", "AnsiCQuoted", "Glob"]);
/** Nested scripts deeper than this are not walked; the call is opaque anyway. */
const DEEPEST = 12;
/** Openers of nested syntax in a text; more than this is refused, because reading them takes quadratic time. */
const MOST_OPENERS = 200;

/** Most commands that are looked for in a script; with more it is refused. */
const MOST_COMMANDS = 500;

/** A command found inside a script, with `null` for each word that is not known before it runs. */
export interface FoundCommand {
  readonly words: readonly Word[];
  readonly redirections: readonly { readonly mode: Redirection["mode"]; readonly target: Word }[];
  readonly assignments: readonly string[];
}

function isKnown(word: UnbashWord): boolean {
  return (
    word.parts === undefined ||
    word.parts.every(
      (part) =>
        KNOWN_PARTS.has(part.type) ||
        (part.type === "DoubleQuoted" && part.parts.every((inner) => inner.type === "Literal" || inner.text === "$?")) ||
        (part.type === "SimpleExpansion" && part.text === "$?"),
    )
  );
}

function toToken(word: UnbashWord | undefined): Token {
  if (word === undefined || !isKnown(word)) throw new Stop("script", "an expansion");
  const glob = word.parts?.some((part) => part.type === "Glob") ?? false;
  return glob ? { text: word.value, glob: "" } : { text: word.value };
}

function toRedirections(redirect: UnbashRedirection): Redirection[] {
  if (redirect.descriptor !== undefined && redirect.descriptor.type !== "FileDescriptor") throw new Stop("script", "a descriptor variable");
  const fd = redirect.descriptor?.value;
  if (redirect.type === "HereDoc") {
    if (redirect.body.parts !== undefined) throw new Stop("script", "a here-document that expands");
    const stripped = redirect.operator === "<<-" ? redirect.body.text.replace(/^\t+/gm, "") : redirect.body.text;
    return [{ fd: fd ?? 0, mode: "text", target: { text: stripped } }];
  }
  const target = toToken(redirect.target);
  if (redirect.type === "HereString") return [{ fd: fd ?? 0, mode: "text", target: { text: target.text + "\n" } }];
  const { operator } = redirect;
  if (operator === "<&" || (operator === ">&" && /^(-|[0-9]+)$/.test(target.text)))
    return [{ fd: fd ?? (operator === "<&" ? 0 : 1), mode: target.text === "-" ? "close" : "dup", target }];
  if (operator === ">&" || operator === "&>" || operator === "&>>")
    return [
      { fd: 1, mode: operator === "&>>" ? "append" : "write", target },
      { fd: 2, mode: "dup", target: { text: "1" } },
    ];
  const mode = operator === "<" ? "read" : operator === "<>" ? "both" : operator === ">>" ? "append" : "write";
  return [{ fd: fd ?? (operator === "<" || operator === "<>" ? 0 : 1), mode, target }];
}

function toCommand(node: PipelineNode): SimpleCommand {
  if (node.type !== "Command") throw new Stop("script", node.type.toLowerCase());
  const assignments: Assignment[] = [];
  for (const part of node.prefix) {
    if (part.type !== "Assignment") continue;
    if (part.append || part.index !== undefined || part.value.type !== "Word") throw new Stop("script", "an array or appending assignment");
    assignments.push({ name: part.name, value: toToken(part.value).text });
  }
  const words = node.name === undefined ? [] : [toToken(node.name)];
  for (const argument of node.args) {
    if (argument.type === "Word") words.push(toToken(argument));
    // An argument that looks like an assignment is a word to the program.
    else if (argument.value.type === "Word" && argument.index === undefined && !argument.append)
      words.push({ text: `${argument.name}=${toToken(argument.value).text}` });
    else throw new Stop("script", "an array or appending assignment");
  }
  return { assignments, words, redirections: node.redirects.flatMap(toRedirections) };
}

function toPipeline(node: PipelineNode): Pipeline {
  if (node.type !== "Pipeline") return { commands: [toCommand(node)] };
  if (node.operators.includes("|&")) throw new Stop("script", "`|&`");
  const [prefix, ...others] = node.prefixes;
  const commands = node.commands.map(toCommand);
  if (prefix === undefined) return { commands };
  if (others.length > 0 || prefix.type !== "Time" || prefix.endOfOptions !== undefined) throw new Stop("script", "`!` or `time --`");
  return { time: prefix.posix === undefined ? "time" : "time -p", commands };
}

/** The whole text as unbash reads it. Throws Stop `refused` where it finds an error, at any depth. */
export function parseText(text: string): ParsedScript {
  if ((text.match(/[$<>]\(|\$\{|\$\[|`|\(\(/g)?.length ?? 0) > MOST_OPENERS) throw new Stop("refused", "too many nested expansions");
  const script = parse(text);
  const error = script.errors?.[0];
  if (error !== undefined) throw new Stop("refused", `not valid shell syntax: ${error.message.toLowerCase()}`);
  return script;
}

/** A parsed text as a simple line. Throws Stop `script` when it is more than that. */
export function toLine(script: ParsedScript): Line {
  return script.commands.map((statement): AndOr => {
    if (statement.background) throw new Stop("script", "a command in the background");
    const { command } = statement;
    if (command.type !== "AndOr") return { pipelines: [toPipeline(command)], operators: [] };
    return { pipelines: command.commands.map(toPipeline), operators: [...command.operators] };
  });
}

function wordOf(word: UnbashWord | undefined): Word {
  if (word === undefined || !isKnown(word)) return null;
  // A glob, tilde or `$?` becomes something else when it runs.
  if (word.parts?.some((part) => part.type === "Glob") || word.text.startsWith("~") || word.value.includes("$?")) return null;
  return word.value;
}

function toFound(node: Command): FoundCommand {
  const words: Word[] = node.name === undefined ? [] : [wordOf(node.name)];
  for (const argument of node.args) {
    if (argument.type === "Word") words.push(wordOf(argument));
    else if (argument.value.type === "Word" && argument.index === undefined && !argument.append && !argument.text.includes("~")) {
      const value = wordOf(argument.value);
      words.push(value === null ? null : `${argument.name}=${value}`);
    } else words.push(null);
  }
  return {
    words,
    redirections: node.redirects.map((redirect) => {
      if (redirect.type !== "Redirect") return { mode: "text" as const, target: null };
      const { operator } = redirect;
      const target = wordOf(redirect.target);
      if ((operator === "<&" || operator === ">&") && target !== null && /^(-|[0-9]+-?)$/.test(target))
        return { mode: "dup" as const, target };
      return { mode: operator === "<" ? ("read" as const) : operator === "<>" ? ("both" as const) : ("write" as const), target };
    }),
    assignments: node.prefix.flatMap((part) => (part.type === "Assignment" ? [part.name] : [])),
  };
}

/**
 * Every command in a parsed text, however deep, in source order: what deny and ask rules can still see of a script.
 * Throws Stop `refused` for syntax errors inside substitutions.
 */
export function findCommands(script: ParsedScript): FoundCommand[] {
  const found: FoundCommand[] = [];
  const visit = (node: SyntaxNode, depth: number): void => {
    if (node.type === "Script" && depth > 0) {
      const error = node.errors?.[0];
      if (error !== undefined) throw new Stop("refused", `not valid shell syntax: ${error.message.toLowerCase()}`);
    }
    if (found.length >= MOST_COMMANDS) throw new Stop("refused", `more than ${MOST_COMMANDS} commands`);
    if (node.type === "Command") found.push(toFound(node));
    const below = node.type === "Script" ? depth + 1 : depth;
    if (below <= DEEPEST) forEachChild(node, (child) => visit(child, below));
  };
  visit(script, 0);
  return found;
}
