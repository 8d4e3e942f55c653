/** What run_command and process_start share: their arguments, how a command is read, and how it is shown to a person. */
import { z } from "zod";
import { Refusal } from "../types.ts";
import type { Eyes, Permit, Preview, Prepared, ReadCommand, SandboxNote } from "../types.ts";
import { dryRunArgument, pathArgument } from "./define.ts";

/** Larger files (bytes) are known again by size and time of change. */
const LARGE = 64 * 1024 * 1024;

/** Arguments that say what to run. */
export const commandArguments = () => ({
  command: z.string().min(1).optional().describe("as typed into bash; give this or argv"),
  argv: z.array(z.string()).min(1).max(4096).optional().describe("program and arguments, no shell reads them"),
  cwd: pathArgument.optional().describe("default: the first workspace"),
  stdin: z.string().optional().describe("standard input; without it there is none"),
  timeoutMs: z.number().int().min(1).max(86_400_000).optional(),
  dryRun: dryRunArgument,
});

interface CommandArguments {
  readonly command?: string | undefined;
  readonly argv?: readonly string[] | undefined;
  readonly cwd?: string | undefined;
  readonly stdin?: string | undefined;
}

/** A command that was read, and everything of a prepared call but how it is run. */
export interface PreparedCommand extends Omit<Prepared, "run"> {
  readonly command: ReadCommand;
}

/** Reads the command that the arguments name. Throws INVALID_INPUT, and what the eyes refuse. */
export async function prepareCommand(args: CommandArguments, eyes: Eyes, verb: string): Promise<PreparedCommand> {
  const given = args.command ?? args.argv;
  if (given === undefined || (args.command !== undefined && args.argv !== undefined))
    throw new Refusal("INVALID_INPUT", "exactly one of command and argv says what to run", "Give one of them.");
  const command = await eyes.commands.read(given, { cwd: args.cwd ?? ".", input: args.stdin !== undefined });
  return {
    command,
    resources: command.resources,
    reading: command.reading,
    states: await statesOf(command, eyes),
    // What a program reads can be code: a yes for the session covers the same input only.
    ...(args.stdin === undefined ? {} : { scope: args.stdin }),
    preview: (permit) => previewOf(command, args.stdin, permit, verb),
  };
}

/** A yes is bound to the files that the command says it changes, and to programs of the workspace that it names by path. */
async function statesOf({ resources }: ReadCommand, eyes: Eyes): Promise<Record<string, string>> {
  const programs = new Set(resources.flatMap((one) => (one.kind === "command" && one.argv[0]?.includes("/") ? [one.argv[0]] : [])));
  const states: Record<string, string> = {};
  for (const one of resources) {
    if (one.kind !== "path" || one.path === null || one.by !== undefined) continue;
    const { path } = one;
    const isProgram = one.op === "read" && [...programs].some((name) => path.endsWith(name.replace(/^(\.{0,2}\/)+/, "/")));
    if (one.op !== "write" && one.op !== "delete" && !isProgram) continue;
    try {
      const found = eyes.files.find(path, { follow: false });
      // Digesting gigabytes at every look would take longer than the command.
      const large = found.type === "file" && found.size > LARGE;
      states[path] = large ? `size:${found.size} modified:${found.modified}` : await eyes.files.state(found);
    } catch (error) {
      // Outside, or too much to digest: the decision has its own word on that.
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return states;
}

/** Shows what was asked for and what would run; NOT_FOUND when a program is missing, so that nobody is asked for nothing. */
async function previewOf(command: ReadCommand, stdin: string | undefined, permit: Permit, verb: string): Promise<Preview> {
  const plan = await permit.commands.plan(command);
  const { backend, profile, network } = permit.limits.sandbox;
  const { reason } = command.reading;
  const lines = [
    command.text,
    `in ${command.cwd}`,
    "argv" in plan ? `argv: ${JSON.stringify(plan.argv)}` : plan.script === command.text ? "" : `as the script:\n${plan.script}`,
    reason === "" ? "" : `what it does is not known before it runs: ${reason}`,
    stdin === undefined ? "" : `standard input:\n${stdin}`,
    backend === "off" ? "sandbox: off, nothing confines it" : `sandbox: ${profile}, network ${network}`,
  ];
  return { title: `${verb} \`${oneLine(command.text)}\``, text: lines.filter((line) => line !== "").join("\n") };
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

/** One line about how a command was confined, for people. */
export function describeSandbox({ backend, profile, network, denied = [], newSensitive = [] }: SandboxNote): string[] {
  const refused = denied.map(({ op, path, rules }) => {
    const doing = op === "read" ? "reading" : "writing";
    return `the sandbox denied ${doing} ${plain(path)} (${rules.join(", ")})`;
  });
  const found = newSensitive.map(plain).join(", ");
  return [
    backend === "off" ? "no sandbox" : `sandbox ${backend}, ${profile}, network ${network}`,
    ...refused,
    ...(found === "" ? [] : [`new or changed files that make other programs run: ${found}: have a person look at them`]),
  ];
}

/** A path as it may stand among our own words, whatever is in its names. */
function plain(path: string): string {
  return JSON.stringify(path).replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Flags that go with a note. */
export function sandboxFlags({ denied, newSensitive }: SandboxNote): string[] {
  return [...(denied ? ["sandbox:denied"] : []), ...(newSensitive ? ["sandbox:new-exec-files"] : [])];
}
