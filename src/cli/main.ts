/** The command line. Each command loads its own code when it is called. */
import { Command, CommanderError } from "commander";
import { ConfigError } from "../config/error.ts";
import type { Flags } from "../config/load.ts";
import { PolicyError } from "../policy/problems.ts";
import { StateError } from "../config/state.ts";
import { approvalCommands } from "./approvals.ts";
import { auditCommands, rotateAuditCommand } from "./audit.ts";
import { connectCommands } from "./connect.ts";
import { processIo } from "./io.ts";
import { keyCommands } from "./keys.ts";
import { replayCommand } from "./replay.ts";
import { sessionCommands } from "./sessions.ts";
import { Refusal } from "../types.ts";
import { packageVersion } from "./version.ts";

/** Exit codes of CONTRACT section 1. */
const EXIT = { done: 0, found: 1, usage: 2, missing: 3 } as const;

/** Options that say what is served; `doctor` and `serve` share them. */
function withServingOptions(command: Command): Command {
  return command
    .argument("[dir...]", "workspaces, as --workspace")
    .option("--workspace <dir>", "a directory that tools may work in (repeat for more; default: the current directory)", collect)
    .option("--policy <file>", "a policy file (repeat for more layers)", collect)
    .option("--profile <name>", "built-in policy when no --policy is given: local, team or ci")
    .option("--config <file>", "a YAML file with what isn't policy")
    .option("--state <dir>", "where audit, approvals and keys live")
    .option("--http <[host:]port>", "serve Streamable HTTP there instead of stdio (0: any free port)")
    .option("--no-auth", "let everybody call who can reach it (loopback only)")
    .option("--log-file <file>", "write the log there instead of to stderr");
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

async function createProgram(first: string | undefined): Promise<Command> {
  const program = new Command("portcullis")
    .description("An MCP server whose file, search, shell and fetch tools stand behind one gate.")
    .version(packageVersion(), "--version")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "portcullis: ")) })
    .showSuggestionAfterError();

  withServingOptions(program.command("serve"))
    .description("serve over stdio, or over HTTP with --http")
    .addHelpText("after", "\nExample:\n  portcullis serve --workspace ~/project\n")
    .action(async (dirs: string[], options) => (await import("./serve.ts")).serve(withDirectories(dirs, options)));

  withServingOptions(program.command("start"))
    .description("serve over HTTP on loopback, with a key made on the first run, and say how clients connect")
    .addHelpText("after", "\nExample:\n  portcullis start --workspace ~/project\n")
    .action(async (dirs: string[], options) => (await import("./start.ts")).start(withDirectories(dirs, options)));

  withServingOptions(program.command("doctor"))
    .description("check this machine and configuration")
    .option("--json", "print the checks as JSON")
    .addHelpText("after", "\nExample:\n  portcullis doctor --workspace ~/project\n")
    .action(async (dirs: string[], options) => (await import("./doctor.ts")).doctor(withDirectories(dirs, options)));

  program
    .command("stats")
    .description("what was counted: calls, refusals, durations, rules, approvals")
    .option("--state <dir>", "the state directory of the server")
    .option("--since <time>", "from the day (UTC) of this time on: 2026-11-20, or how long ago: 7d")
    .option("--json", "as JSON; with --watch a line each time")
    .option("--watch", "again every two seconds, until interrupted")
    .addHelpText("after", "\nExample:\n  portcullis stats --since 7d\n")
    .action(async (options) => (await import("./stats.ts")).stats(options));

  connectCommands(program, collect);
  const io = processIo();
  approvalCommands(program);
  sessionCommands(program);
  auditCommands(program, io);
  const keys = keyCommands(program);
  rotateAuditCommand(keys, io);
  const description = "check, test, explain and trust policies";
  // Loads the shell analysis, so that only the command that needs it pays for it.
  if (first !== "policy") program.command("policy").description(description);
  else {
    const { policyDeps, replayDecider } = await import("./policy-deps.ts");
    const policy = (await import("./policy.ts")).policyCommands(program, await policyDeps());
    replayCommand(policy, { ...io, loadDecider: replayDecider });
  }
  return program;
}

/** Directories may be named with or without `--workspace`. */
function withDirectories(dirs: readonly string[], options: Flags): Flags {
  const workspace = [...dirs, ...(options.workspace ?? [])];
  return workspace.length > 0 ? { ...options, workspace } : options;
}

/** Runs the command line; every way out has its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await (await createProgram(argv[0])).parseAsync([...argv], { from: "user" });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof Refusal) {
      process.stderr.write(`portcullis: ${error.message}: ${error.remedy}\n`);
      return error.code === "AUDIT_UNAVAILABLE" ? EXIT.missing : EXIT.usage;
    }
    if (error instanceof PolicyError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.usage;
    }
    if (error instanceof ConfigError || error instanceof StateError) {
      process.stderr.write(`portcullis: ${error.message}\n`);
      return EXIT.usage;
    }
    process.stderr.write(`portcullis: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.found;
  }
}

process.exitCode = await main(process.argv.slice(2));
