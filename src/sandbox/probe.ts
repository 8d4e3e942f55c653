import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../types.ts";
import type { SandboxSpec } from "../types.ts";
import type { Setting, Tools } from "./plan.ts";
import { findProgram, programPath, systemPaths } from "./program-path.ts";
import type { Backend, RunResult, SandboxView } from "./request.ts";
import { createRunner } from "./run.ts";
import { makeScratch } from "./scratch.ts";
import { MACHINES } from "./syscalls.ts";
import type { Machine } from "./syscalls.ts";
import { commandAccount } from "./user.ts";

/** One thing that was tried for real. */
interface Check {
  readonly id: string;
  readonly ok: boolean;
  /** What was seen, or went wrong; one line. */
  readonly message: string;
}

/** What works on this machine, and everything a runner needs to use it. */
export interface Probe extends Setting {
  readonly backend: Backend;
  /** Why this backend; for `none` why nothing works. */
  readonly reason: string;
  readonly checks: readonly Check[];
}

export interface ProbeOptions {
  readonly backend: SandboxSpec["backend"];
  /** Whom commands run as when the server is root. */
  readonly user: string;
  /** Real paths; each must be reachable from inside. */
  readonly workspaces: readonly string[];
  /** See `programPath`. */
  readonly path: readonly string[];
  /** The directory for temporary files, mostly os.tmpdir(). */
  readonly scratch: string;
  readonly random: () => string;
  readonly now: () => number;
  /** Words that start setpriv, if it isn't the one of the program path. */
  readonly setpriv?: readonly string[];
  /** What the server runs on, if it isn't this system. */
  readonly platform?: NodeJS.Platform;
}

/**
 * Finds the backend for commands by trying it: bubblewrap, then Landlock, and only what was asked for by name otherwise. Each is made to show that it
 * allows what it should and denies what it should, and that it reaches the workspaces. Never throws; costs two commands (about 20 ms) a backend.
 */
export async function probeSandbox(options: ProbeOptions): Promise<Probe> {
  const empty = {
    tools: { prlimit: "", env: "", bash: "" },
    path: options.path,
    scratch: options.scratch,
    random: options.random,
    machine: "x64",
    account: undefined,
  } as const;
  const checks: Check[] = [];
  const { platform = process.platform } = options;
  if (platform !== "linux") return { ...empty, backend: "none", reason: noSandboxOn(platform), checks };
  try {
    const setting = { ...empty, tools: findTools(options), machine: machineOf(process.arch), account: commandAccount(options.user) };
    if (options.backend === "off")
      return { ...setting, backend: "off", reason: "sandbox.backend is off: commands are not confined", checks };
    for (const backend of options.backend === "auto" ? (["bwrap", "landlock"] as const) : [options.backend]) {
      const found = await tryBackend(setting, backend, options);
      checks.push(...found);
      if (found.every((check) => check.ok)) return { ...setting, backend, reason: `${backend} passed ${found.length} checks`, checks };
    }
    const failed = checks.filter((check) => !check.ok).map((check) => check.message);
    return { ...setting, backend: "none", reason: [...new Set(failed)].join("; "), checks };
  } catch (error) {
    const message = error instanceof Refusal ? `${error.message}; ${error.remedy}` : String(error);
    return { ...empty, backend: "none", reason: message, checks: [...checks, { id: "sandbox", ok: false, message }] };
  }
}

/** Confinement, and even the limits of `off`, are built on what only Linux has: what can't be held to them doesn't run. */
function noSandboxOn(platform: NodeJS.Platform): string {
  const name = platform === "darwin" ? "macOS" : platform === "win32" ? "Windows" : platform;
  return `there is no sandbox for ${name} yet; commands run where portcullis does in a container: portcullis connect CLIENT --docker`;
}

function machineOf(arch: string): Machine {
  if (Object.hasOwn(MACHINES, arch)) return arch as Machine;
  throw new Refusal("SANDBOX_UNAVAILABLE", `there is no system-call filter for ${arch}`, "use an x64 or arm64 machine");
}

function findTools(options: ProbeOptions): Tools {
  // the system's own directories: what confines a command is not looked up where others might write
  const path = programPath({ serverPath: "", configured: ["/usr/bin", "/bin", "/usr/local/bin"], writable: options.workspaces });
  const find = (name: string): string => findProgram(name, path, options.workspaces);
  const maybe = (name: string): string | undefined => {
    try {
      return find(name);
    } catch {
      return undefined; // its backend says that it is missing
    }
  };
  const bwrap = maybe("bwrap");
  const found = maybe("setpriv");
  const setpriv = options.setpriv ?? (found === undefined ? undefined : [found]);
  return { prlimit: find("prlimit"), env: find("env"), bash: find("bash"), ...(bwrap && { bwrap }), ...(setpriv && { setpriv }) };
}

/** What each line of the probe's script must answer. bash alone can do all of it, so nothing else has to be installed. */
const TRIALS: readonly (readonly [id: string, script: string, backends: readonly Backend[]])[] = [
  ["allowed-read", '[ "$(<"$INSIDE/shown")" = shown ]', ["bwrap", "landlock"]],
  ["allowed-write", 'echo new > "$INSIDE/new"', ["bwrap", "landlock"]],
  ["denied-read", '! : < "$OUTSIDE/secret"', ["bwrap", "landlock"]],
  ["denied-write", '! : > "$OUTSIDE/secret"', ["bwrap", "landlock"]],
  ["masked-read", '! : < "$INSIDE/masked"', ["bwrap"]],
  ["protected-write", '! : >> "$INSIDE/protected"', ["bwrap"]],
  ["not-root", '[ "$UID" != 0 ] && [ "$EUID" != 0 ]', ["bwrap", "landlock"]],
  // refused by the filter or by an empty network, and never by a host that answers
  ["socket", '[[ "$( { exec 9<>/dev/tcp/192.0.2.1/9; } 2>&1 )" == *@(unreachable|"not permitted")* ]]', ["bwrap", "landlock"]],
  ["unshare", '[[ "$(unshare --user true 2>&1)" == *"not permitted"* ]]', ["bwrap", "landlock"]],
  ["kill", '! kill -0 "$SERVER"', ["bwrap"]],
  ["kill-all", "! kill -0 -1", ["landlock"]],
];

async function tryBackend(setting: Setting, backend: "bwrap" | "landlock", options: ProbeOptions): Promise<Check[]> {
  const program = backend === "bwrap" ? setting.tools.bwrap : setting.tools.setpriv?.[0];
  if (program === undefined) {
    const message = backend === "bwrap" ? "bwrap is not installed (package bubblewrap)" : "setpriv is not installed (package util-linux)";
    return [{ id: backend, ok: false, message }];
  }
  const { path: place, remove } = makeScratch(options.scratch, "portcullis-probe-");
  try {
    const [inside, outside] = [join(place, "inside"), join(place, "outside")];
    layOut(place, inside, outside);
    const trials = TRIALS.filter(([, , backends]) => backends.includes(backend));
    const script = trials.map(([id, text]) => `if ${text}; then echo ${id}=ok; else echo ${id}=no; fi`).join("\n");
    const hidden = backend === "bwrap";
    const view = {
      workspaces: [{ path: inside, writable: true }],
      masked: hidden ? [join(inside, "masked")] : [],
      readOnly: hidden ? [join(inside, "protected")] : [],
      systemPaths: systemPaths(options.path),
    };
    const env = { INSIDE: inside, OUTSIDE: outside, SERVER: String(process.pid), LC_ALL: "C" };
    const first = await attempt(setting, backend, options, `exec 2>/dev/null\n${script}`, inside, view, env);
    if (typeof first === "string") return [{ id: backend, ok: false, message: first }];
    const answer = first.stdout.head.toString();
    const checks = trials.map(([id]) => ({
      id: `${backend}-${id}`,
      ok: answer.includes(`${id}=ok\n`),
      message: answer.includes(`${id}=ok\n`) ? "as it should" : "not as it should",
    }));
    return [...checks, ...(await reach(setting, backend, options))];
  } catch (error) {
    return [{ id: backend, ok: false, message: error instanceof Refusal ? error.message : String(error) }];
  } finally {
    remove();
  }
}

/** Readable by anyone, so that what is denied is denied by the sandbox. */
function layOut(place: string, inside: string, outside: string): void {
  for (const directory of [inside, outside]) mkdirSync(directory);
  for (const file of [join(inside, "shown"), join(inside, "masked"), join(inside, "protected"), join(outside, "secret")]) {
    writeFileSync(file, "shown");
    chmodSync(file, 0o666);
  }
  for (const directory of [place, inside, outside]) chmodSync(directory, 0o777);
}

/** As another user than the server, a workspace below a private home can't be reached: better said now than at the first command. */
async function reach(setting: Setting, backend: "bwrap" | "landlock", options: ProbeOptions): Promise<Check[]> {
  const checks: Check[] = [];
  for (const workspace of options.workspaces) {
    const view = { workspaces: [{ path: workspace, writable: false }], masked: [], readOnly: [], systemPaths: systemPaths(options.path) };
    const done = await attempt(setting, backend, options, "[ -r . ] && [ -x . ]", workspace, view, {});
    const ok = typeof done !== "string" && done.exitCode === 0;
    const who = setting.account === undefined ? "the server's user" : `the user \`${options.user}\``;
    checks.push({
      id: `${backend}-workspace`,
      ok,
      message: ok ? workspace : `${who} can't reach ${workspace}: move it out of a private directory, or give that user access to it`,
    });
  }
  return checks;
}

async function attempt(
  setting: Setting,
  backend: "bwrap" | "landlock",
  options: ProbeOptions,
  script: string,
  cwd: string,
  view: SandboxView,
  env: Readonly<Record<string, string>>,
): Promise<RunResult | string> {
  const spec: SandboxSpec = {
    backend,
    profile: "workspace-write",
    network: "none",
    memory: 512 * 1024 * 1024,
    processes: 64,
    disk: 64 * 1024 * 1024,
  };
  try {
    const runner = createRunner({ ...setting, backend, reason: "" }, { now: options.now });
    const done = await runner.run({ command: { script }, cwd, env, spec, view, limits: { timeout: 10_000, output: 64 * 1024 } });
    const trouble = done.stderr.head.toString().trim().split("\n")[0] ?? "";
    return trouble === "" ? done : trouble;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return typeof error.cause === "string" ? error.cause.trim() : error.message;
  }
}
