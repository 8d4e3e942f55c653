/** Hands for commands: exactly what was read and decided, printed by us, in the sandbox. */
import { join } from "node:path";
import type { ProxyRecord } from "../egress/proxy.ts";
import type { Grant } from "../guard/stages.ts";
import { oldFiles } from "../log/rotate.ts";
import { ownNames } from "../policy/own-names.ts";
import type { Policy } from "../policy/policy.ts";
import type { ProcessState } from "../sandbox/processes.ts";
import type { RunRequest } from "../sandbox/request.ts";
import { Refusal } from "../types.ts";
import type { Call, CommandHands, PlannedRun, ProcessInfo, ReadCommand, SandboxNote, SandboxSpec } from "../types.ts";
import type { Commands, Ready } from "./commands.ts";
import { deniedPaths } from "./denied-paths.ts";
import { childTrace } from "./trace.ts";
import type { View, ViewedCall } from "./view.ts";

const NOTHING: View = { masked: [], readOnly: [] };

/** Hands of one call of `caller`. */
export function commandHands(commands: Commands, policy: Policy, caller: Pick<Call, "session" | "trace">, grant: Grant): CommandHands {
  const { session, trace } = caller;
  const { config, door, labels } = commands;
  const { limits, signal } = grant;
  const spec = limits.sandbox;

  const ready = async (): Promise<Ready> => {
    const machine = await commands.ready(policy);
    const { backend, reason } = machine.probe;
    if (backend === "none" && spec.backend !== "off")
      throw new Refusal("SANDBOX_UNAVAILABLE", `no sandbox works here: ${reason}`, "a person can look into it with `portcullis doctor`");
    return machine;
  };

  const plan = async (command: ReadCommand, { path }: Ready): Promise<{ run: PlannedRun; programs: readonly string[] }> => {
    const analysis = commands.read.get(command);
    if (analysis === undefined) throw undecided();
    const [{ hardenCommand, printArgv, printScript }, { findProgram }, { hardenGit }] = await Promise.all([
      import("../shell/analyse.ts"),
      import("../sandbox/program-path.ts"),
      import("../sandbox/git.ts"),
    ]);
    const programs: string[] = [];
    const lookUp = (name: string): string => {
      const found = findProgram(name, path, door.workspaces);
      programs.push(found);
      return found;
    };
    const hardened = hardenCommand(analysis, hardenGit);
    const argv = printArgv(hardened, lookUp);
    if (argv === null) return { run: { script: printScript(hardened, lookUp) }, programs };
    const [program = "", ...rest] = argv;
    // Named by a path: from the directory it runs in, as a shell would take it.
    return { run: { argv: [program.startsWith("/") ? program : lookUp(join(command.cwd, program)), ...rest] }, programs };
  };

  const decided = new Set<object>(grant.resources);
  const check = (command: ReadCommand): ViewedCall => {
    if (grant.judged === undefined || !command.resources.every((one) => decided.has(one))) throw undecided();
    const { query, decision } = grant.judged;
    return { query, asked: decision.effect === "ask" ? decision.rules.map(({ id }) => id) : [], admits: grant.admits };
  };

  const request = async (
    command: ReadCommand,
    options: { readonly stdin?: string; readonly timeout: number },
  ): Promise<{ machine: Ready; view: View; call: ViewedCall; request: RunRequest }> => {
    const call = check(command);
    const machine = await ready();
    const { run, programs } = await plan(command, machine);
    const bare = (spec.backend === "auto" ? machine.probe.backend : spec.backend) === "off";
    const view = bare ? NOTHING : await commands.viewer(call, policy, { writable: spec.profile === "workspace-write", signal });
    if (view.masked.some((path) => command.cwd === path || command.cwd.startsWith(`${path}/`)))
      throw new Refusal("DENIED", "the policy hides the working directory from commands", "run the command in another directory");
    return {
      machine,
      view,
      call,
      request: {
        command: run,
        cwd: command.cwd,
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
        env: { ...environment(config.env, policy), ...(trace === undefined ? {} : { TRACEPARENT: childTrace(trace, grant.callId) }) },
        spec,
        view: {
          workspaces: door.workspaces.map((path) => ({ path, writable: true })),
          masked: [...view.masked, ...(await guardsOwn(commands, policy))],
          readOnly: view.readOnly,
          systemPaths: machine.shown(programs),
        },
        limits: { timeout: options.timeout, output: limits.output },
        ...(await wayOut(call)),
      },
    };
  };

  /** The last thing that is made for a command: `onEnd` closes it, whether the command ends or never starts. */
  const wayOut = async ({ query }: ViewedCall): Promise<Pick<RunRequest, "wayOut" | "onEnd">> => {
    if (spec.network === "none" || spec.backend === "off") return {};
    const { openWayOut } = await import("./way-out.ts");
    const of = { callId: grant.callId, session };
    const record = async (one: ProxyRecord): Promise<void> => {
      if (one.cause !== undefined) commands.fault(of, one.cause);
      await commands.record(of, one);
      grant.received(one.sent + one.received);
    };
    const opened = await openWayOut(commands.network, policy, {
      query,
      random: commands.random,
      record,
      fault: (error) => commands.fault(of, error),
    });
    return { wayOut: opened.wayOut, onEnd: opened.close };
  };

  const info = (state: ProcessState): ProcessInfo => {
    const { id, cwd, startedAt, exitCode, killed, written, backend, newSensitive } = state;
    const label = labels.get(id);
    const command = label?.text ?? state.command.join(" ");
    return { id, command, cwd, startedAt, exitCode, killed, written, sandbox: noteOf(backend, label?.spec ?? spec, newSensitive) };
  };
  const processes = async () => (await commands.ready(policy)).runner.processes;

  return {
    plan: async (command) => (await plan(command, await ready())).run,
    async run(command, options) {
      const { machine, view, call, request: asked } = await request(command, options);
      const onOutput = (_stream: string, chunk: Buffer): void => options.onOutput(chunk.length);
      const done = await machine.runner.run({ ...asked, signal, onOutput }).finally(asked.onEnd);
      const { exitCode, signal: by, stdout, stderr, durationMs, killed, backend, newSensitive } = done;
      const denied = deniedPaths(stderr, view, { policy, query: call.query, command, workspaces: door.workspaces });
      const sandbox = { ...noteOf(backend, spec, newSensitive), ...(denied.length > 0 ? { denied } : {}) };
      return { exitCode, signal: by, stdout, stderr, durationMs, killed, sandbox };
    },
    async start(command, options) {
      const { machine, request: asked } = await request(command, options);
      const state = startOr(() => machine.runner.processes.start(session, asked), asked.onEnd);
      labels.set(state.id, { text: command.text, spec });
      commands.onStart(session);
      return info(state);
    },
    list: async () => (await processes()).list(session).map(info),
    async read(id, offset, waitMs) {
      const state = await (await processes()).read(session, id, offset, waitMs);
      return { ...info(state), data: state.data, start: state.start, end: state.end };
    },
    async write(id, input) {
      if (!grant.resources.some(({ kind }) => kind === "opaque")) throw undecided();
      return info((await processes()).write(session, id, input));
    },
    stop: async (id) => info(await (await processes()).stop(session, id)),
  };
}

/** What was opened for a command is closed again when it can't be started. */
function startOr<T>(start: () => T, onEnd: (() => void) | undefined): T {
  try {
    return start();
  } catch (error) {
    onEnd?.();
    throw error;
  }
}

function undecided(): Refusal {
  return new Refusal("DENIED", "this command was not decided", "repeat the call; if it happens again, report it as a fault");
}

function noteOf(backend: string, { profile, network }: SandboxSpec, newSensitive: readonly string[]): SandboxNote {
  return { backend, profile, network, ...(newSensitive.length > 0 ? { newSensitive } : {}) };
}

/** What the policy passes and sets, nothing else (`env`). */
function environment(env: Readonly<Record<string, string | undefined>>, { settings }: Policy): Record<string, string> {
  const passed = settings.env.pass.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(passed), ...settings.env.set };
}

/** State, keys, policies and configuration, wherever they lie: a program path may show more of the machine than the workspaces. */
async function guardsOwn({ config }: Commands, policy: Policy): Promise<string[]> {
  const { state, standing, ownFiles, log } = config;
  const old = log.file === undefined ? [] : (await oldFiles(log.file)).map(({ path }) => path);
  // A mask lies on what is really there; whatever leads to it meets the mask.
  return [state, ...policy.files, ...standing.directories, ...ownFiles, ...old].flatMap((path) => ownNames(path).at(-1) ?? []);
}
