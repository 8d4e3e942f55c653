import { Refusal } from "../types.ts";
import type { CommandResult, Permit, ReadCommand, Tool, ToolResult } from "../types.ts";
import { commandArguments, describeSandbox, prepareCommand, sandboxFlags } from "./command.ts";
import { defineTool } from "./define.ts";
import { streamOf } from "./output.ts";

/** The first word about a command that takes its time comes after this many milliseconds, and then as often. */
const PROGRESS_EVERY = 2000;

const ENDED_BY = {
  memory: "it was ended because it took more memory than the policy allows",
  disk: "it was ended because it wrote more than the policy allows",
  processes: "it was ended because it ran more processes than the policy allows",
} as const;

/** Runs a command to its end, in the sandbox. */
export const runCommand: Tool = defineTool({
  name: "run_command",
  title: "Run command",
  description:
    "Run a command in the sandbox and wait for it: as text (command) or program and arguments (argv). Plain commands, pipes, && and redirections are decided one by one; substitutions, loops and other scripts need a person. Secrets are hidden from it, there is no network, and no terminal. For servers and watchers use process_start.",
  risk: "high",
  input: commandArguments,
  async prepare(args, eyes) {
    const { command, ...prepared } = await prepareCommand(args, eyes, "run");
    return { ...prepared, run: (permit) => run(command, args.stdin, args.timeoutMs, permit) };
  },
});

async function run(command: ReadCommand, stdin: string | undefined, timeoutMs: number | undefined, permit: Permit): Promise<ToolResult> {
  const timeout = Math.min(timeoutMs ?? Infinity, permit.limits.timeout);
  let written = 0;
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += PROGRESS_EVERY / 1000;
    permit.progress(`running for ${seconds} s, ${written} bytes of output`);
  }, PROGRESS_EVERY);
  try {
    const result = await permit.commands.run(command, {
      ...(stdin === undefined ? {} : { stdin }),
      timeout,
      onOutput: (bytes) => (written += bytes),
    });
    permit.signal.throwIfAborted();
    if (result.killed === "timeout") throw timeoutRefusal(timeout, result);
    return tell(result);
  } finally {
    clearInterval(timer);
  }
}

function tell(result: CommandResult): ToolResult {
  const { exitCode, signal, durationMs, killed, sandbox } = result;
  const streams = [streamOf("stdout", result.stdout), streamOf("stderr", result.stderr)];
  const how = signal === null ? `exit code ${exitCode}` : `ended by ${signal} (exit code ${exitCode})`;
  const why = killed !== null && Object.hasOwn(ENDED_BY, killed) ? [ENDED_BY[killed as keyof typeof ENDED_BY]] : [];
  return {
    text: "",
    streams,
    structured: {
      exitCode,
      signal,
      stdoutBytes: result.stdout.total,
      stderrBytes: result.stderr.total,
      durationMs: Math.round(durationMs),
      killed,
      sandbox,
    },
    note: `[${[`${how} after ${Math.round(durationMs)} ms`, ...why, ...describeSandbox(sandbox)].join("; ")}]`,
    truncated: streams.some(({ rest }) => rest !== undefined),
    flags: sandboxFlags(sandbox),
    sandbox,
    source: "command",
  };
}

function timeoutRefusal(limit: number, { stdout, stderr }: CommandResult): Refusal {
  return new Refusal(
    "TIMEOUT",
    `the command took longer than ${limit / 1000} s and was ended with everything it had started (${stdout.total + stderr.total} bytes of output)`,
    "Start it with process_start and read its output with process_read, give a longer timeoutMs, or ask for a longer limits.timeout.",
  );
}
