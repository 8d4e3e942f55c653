/** The canonical form: what was checked, printed so that nothing is left for a shell to decide. */
import { Refusal } from "../types.ts";
import type { Analysis } from "./analyse.ts";
import type { Redirection } from "./line.ts";
import type { Plan, PlannedCommand, PlannedWord } from "./plan.ts";

/** Absolute path of an installed program, or null. */
type LookUp = (name: string) => string | null;

/** A word as bash reads it back unchanged. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function locate(name: string, lookUp: LookUp): string {
  if (name.includes("/")) return name;
  const path = lookUp(name);
  if (path === null)
    throw new Refusal(
      "NOT_FOUND",
      `\`${name}\` is not installed where commands may look`,
      "install it, or add its directory to shell.path",
    );
  return path;
}

function wordText({ text, program, nested }: PlannedWord, lookUp: LookUp): string {
  if (nested !== undefined) return printPlan(nested, lookUp);
  return program ? locate(text, lookUp) : text;
}

function printWord(word: PlannedWord, lookUp: LookUp): string {
  if (word.status)
    return word.text
      .split("$?")
      .map((part) => (part === "" ? "" : quote(part)))
      .join('"$?"');
  return quote(wordText(word, lookUp));
}

const OPERATORS = { read: "<", write: ">", append: ">>", both: "<>" } as const;

function printRedirection({ fd, mode, target }: Redirection): string {
  if (mode === "dup") return `${fd}${fd === 0 ? "<" : ">"}&${target.text}`;
  if (mode === "close") return `${fd}>&-`;
  // A here-string adds the newline that every here-document ends with.
  if (mode === "text") return target.text === "" ? `${fd}</dev/null` : `${fd}<<<${quote(target.text.slice(0, -1))}`;
  return `${fd}${OPERATORS[mode]}${quote(target.text)}`;
}

function printCommand(command: PlannedCommand, lookUp: LookUp): string {
  const redirections = command.redirections.map(printRedirection);
  if (command.kind === "cd" || command.kind === "enter") {
    const moved = ["cd -P --", ...command.words.map(({ text }) => quote(text)), ...redirections].join(" ");
    return command.kind === "cd" ? moved : `{ ${moved} || exit 1; }`;
  }
  const words =
    command.kind === "builtin"
      ? [command.words[0]?.text ?? "", ...command.words.slice(1).map(({ text }) => quote(text))]
      : command.words.map((word) => printWord(word, lookUp));
  return [...command.assignments.map(({ name, value }) => `${name}=${quote(value)}`), ...words, ...redirections].join(" ");
}

function printPlan(plan: Plan, lookUp: LookUp): string {
  return plan
    .map(({ pipelines, operators }) =>
      pipelines
        .map(({ time, commands }, index) => {
          const text = (time === undefined ? "" : `${time} `) + commands.map((command) => printCommand(command, lookUp)).join(" | ");
          return index === 0 ? text : `${operators[index - 1] ?? ""} ${text}`;
        })
        .join(" "),
    )
    .join("\n");
}

/**
 * The script for bash: absolute program paths, every word in single quotes, directories by their real path. For a script verdict it is the
 * text itself (or the quoted argv), which only a person can have approved. Throws Refusal NOT_FOUND for a program that isn't there, and
 * INVALID_INPUT for a refused analysis.
 */
export function printScript(analysis: Analysis, lookUp: LookUp): string {
  if (analysis.verdict === "refused")
    throw new Refusal("INVALID_INPUT", `the command can't be read: ${analysis.reason}`, "write it plainly");
  return analysis.plan === undefined ? analysis.text : printPlan(analysis.plan, lookUp);
}

/** The argv to run without a shell, programs by their absolute path; null when it needs one. Throws as `printScript`. */
export function printArgv(analysis: Analysis, lookUp: LookUp): readonly string[] | null {
  if (analysis.argv === undefined) return null;
  return analysis.plan?.[0]?.pipelines[0]?.commands[0]?.words.map((word) => wordText(word, lookUp)) ?? null;
}
