/** Running processes: reading what they write, writing to them, stopping and listing them. */
import { z } from "zod";
import { Refusal } from "../types.ts";
import type { ProcessInfo, ProcessOutput, Permit, Tool, ToolResult } from "../types.ts";
import { describeSandbox, sandboxFlags } from "./command.ts";
import { defineTool } from "./define.ts";
import { decode, withoutCutEnd } from "./output.ts";

const idArgument = z.string().min(1).max(100);
/** Longest wait for output; within every client's own patience. */
const LONGEST_WAIT = 30_000;
/** A read that begins in the middle of a line begins with the line, so that a secret in it is known whole. */
const LOOK_BACK = 4096;

/** What is told of a process by every tool. */
export function tellProcess(info: ProcessInfo, text: string): ToolResult {
  return {
    text,
    structured: { ...describe(info) },
    sandbox: info.sandbox,
    flags: sandboxFlags(info.sandbox),
    source: "ours",
  };
}

function describe({ id, command, cwd, startedAt, exitCode, killed, written }: ProcessInfo) {
  return { id, command, cwd, startedAt: new Date(startedAt).toISOString(), running: exitCode === null, exitCode, killed, written };
}

function state({ exitCode, killed }: ProcessInfo): string {
  if (exitCode === null) return "running";
  return killed === null ? `ended with exit code ${exitCode}` : `ended (${killed}) with exit code ${exitCode}`;
}

/** Output of a process from an offset on. */
export const processRead: Tool = defineTool({
  name: "process_read",
  title: "Read process output",
  description:
    "Read what a process has written, stdout and stderr together, from a byte offset on (begin with 0, go on with next). waitMs waits for new output or the end. Only the newest output is kept.",
  risk: "low",
  input: () => ({
    id: idArgument,
    offset: z.number().int().min(0).optional(),
    waitMs: z.number().int().min(0).max(LONGEST_WAIT).optional(),
  }),
  prepare: (args) => ({ resources: [], states: {}, run: (permit) => read(args.id, args.offset ?? 0, args.waitMs ?? 0, permit) }),
});

async function read(id: string, offset: number, waitMs: number, permit: Permit): Promise<ToolResult> {
  await permit.commands.read(id, offset, Math.min(waitMs, permit.limits.timeout / 2));
  permit.signal.throwIfAborted();
  const kept = await permit.commands.read(id, Math.max(0, offset - LOOK_BACK), 0);
  const { data, start } = fromLine(kept, offset);
  const cut = data.length > permit.limits.output;
  const shown = cut ? withoutCutEnd(data.subarray(0, permit.limits.output)) : data;
  const next = start + shown.length;
  const lost = Math.max(0, start - offset);
  const words = [
    state(kept),
    cut ? `more to read: offset ${next}` : `next offset ${next}`,
    ...(lost > 0 ? [`${lost} bytes before offset ${start} are gone`] : []),
    ...(kept.exitCode === null ? [] : describeSandbox(kept.sandbox)),
  ];
  return {
    text: "",
    streams: [{ name: "output", head: decode(shown) }],
    structured: { ...describe(kept), start, next, lost },
    note: `[${words.join("; ")}]`,
    truncated: cut,
    sandbox: kept.sandbox,
    flags: sandboxFlags(kept.sandbox),
    source: "command",
  };
}

/** What is kept from `offset` on, with the line around it. */
function fromLine({ data, start }: ProcessOutput, offset: number): { data: Uint8Array; start: number } {
  const at = Math.min(Math.max(0, offset - start), data.length);
  // Nothing new: nothing is told again.
  if (at === data.length) return { data: data.subarray(at), start: start + at };
  const begin = at === 0 ? 0 : data.lastIndexOf(10, at - 1) + 1;
  return { data: data.subarray(begin), start: start + begin };
}

/** So that nobody is asked about a process that isn't there. */
async function findProcess(permit: Permit, id: string): Promise<ProcessInfo> {
  const info = (await permit.commands.list()).find((one) => one.id === id);
  if (info === undefined) throw new Refusal("NOT_FOUND", `there is no process \`${id}\``, "see process_list");
  return info;
}

/** Input for a process: what it makes of it nobody knows, so it is asked about. */
export const processWrite: Tool = defineTool({
  name: "process_write",
  title: "Write to process",
  description: "Write to the standard input of a process. What it does with it can't be known before, so a person is asked.",
  risk: "high",
  input: () => ({ id: idArgument, input: z.string().min(1).max(1_000_000) }),
  prepare: (args) => ({
    resources: [{ kind: "opaque", reason: "input to a running process", script: false }],
    states: {},
    preview: async (permit) => {
      const info = await findProcess(permit, args.id);
      if (info.exitCode !== null) throw new Refusal("NOT_FOUND", `process \`${args.id}\` has ended`, "start it again with process_start");
      return { title: `write to the running \`${info.command.slice(0, 100)}\``, text: `in ${info.cwd}\nstandard input:\n${args.input}` };
    },
    run: async (permit) => {
      const info = await permit.commands.write(args.id, args.input);
      return tellProcess(info, `Wrote ${Buffer.byteLength(args.input)} bytes. Read what comes of it with process_read.`);
    },
  }),
});

/** Ends a process and everything it started. */
export const processStop: Tool = defineTool({
  name: "process_stop",
  title: "Stop process",
  description: "End a process and everything that it started.",
  risk: "medium",
  input: () => ({ id: idArgument }),
  prepare: (args) => ({
    resources: [],
    states: {},
    preview: async (permit) => {
      const info = await findProcess(permit, args.id);
      return { title: `end the process \`${info.command.slice(0, 100)}\` (${state(info)})`, text: "" };
    },
    run: async (permit) => {
      const info = await permit.commands.stop(args.id);
      return tellProcess(info, `${[`Process ${info.id} has ${state(info)}`, ...describeSandbox(info.sandbox)].join("; ")}.`);
    },
  }),
});

/** The session's processes. */
export const processList: Tool = defineTool({
  name: "process_list",
  title: "List processes",
  description: "List the processes of this session, ended ones too as long as their output is kept.",
  risk: "low",
  input: () => ({}),
  prepare: () => ({
    resources: [],
    states: {},
    run: async (permit) => {
      const all = await permit.commands.list();
      const lines = all.map(
        (info) => `${info.id} ${state(info)}, ${info.written} bytes: ${info.command.replaceAll(/\s+/g, " ").slice(0, 200)}`,
      );
      return {
        text: lines.length === 0 ? "There are no processes." : lines.join("\n"),
        structured: { processes: all.map(describe) },
        source: "ours",
      };
    },
  }),
});
