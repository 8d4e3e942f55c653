import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Duplex, Writable } from "node:stream";
import { Refusal } from "../types.ts";
import { isAlive, markedBy, membersOf, memoryOf, readProcesses } from "./process-table.ts";
import type { ProcessRow } from "./process-table.ts";
import type { KillReason } from "./request.ts";
import type { Account } from "./user.ts";

/** How long a command may take to end by itself after SIGTERM. */
const GRACE = 2000;
/** How often memory and disk are looked at. A look costs 1 to 2 ms on a quiet machine. */
const LOOK_EVERY = 100;
/** After the command ended: how long to wait for the last output of what it left behind and we killed. */
const DRAIN = 1000;

/** setTimeout takes no more; above it fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Everything needed to start a confined command; made by `plan.ts`. */
export interface Plan {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly account: Account | undefined;
  /** Written to descriptors 3, 4 and so on; `null` is one on which bubblewrap tells its status. */
  readonly descriptors: readonly (Buffer | null)[];
  /** Does the first process only watch over a process namespace (bubblewrap)? Otherwise it is the command itself. */
  readonly namespaced: boolean;
  /** Text in the environment of all that belongs to the command, where nothing else holds it together. */
  readonly mark?: string;
  /** Removes what was made for this command. */
  readonly cleanUp: () => void;
}

/** What to watch a running command for. */
interface Watch {
  readonly memory: number;
  /** Threads count, as they do for the kernel. */
  readonly processes: number;
  readonly timeout: number;
  readonly stdin: boolean;
  readonly signal?: AbortSignal;
  readonly onOutput: (stream: "stdout" | "stderr", chunk: Buffer) => void;
  /** Has the command written more than it may? Given its process ids. */
  readonly diskExceeded: (pids: () => readonly number[]) => Promise<boolean>;
}

/** A command that runs. */
export interface Running {
  readonly ended: Promise<{ readonly exitCode: number; readonly signal: NodeJS.Signals | null; readonly killed: KillReason | null }>;
  readonly stdin: Writable | null;
  /** SIGTERM, and after a grace SIGKILL, to all of it. */
  readonly end: (reason: KillReason) => void;
  /** SIGKILL to all of it, without waiting: for the server's own end. */
  readonly killNow: () => void;
}

/** Starts `plan` and watches over it until nothing of it is left. */
export function launch(plan: Plan, watch: Watch): Running {
  const child = spawnPlan(plan, watch.stdin);
  // the first process of the namespace; the kernel lets it end only after all others
  let init: number | undefined;
  plan.descriptors.forEach((bytes, index) => {
    const stream = child.stdio?.[3 + index] as Duplex | undefined; // there are none when it could not be started
    stream?.on("error", () => undefined); // the reader died; its exit says so
    if (bytes !== null) stream?.end(bytes);
    else stream?.on("data", (chunk: Buffer) => (init ??= childOf(chunk)));
  });
  // a command may close its stdin before it has read everything; that is its right
  child.stdin?.on("error", () => undefined);
  child.stdout?.on("data", (chunk: Buffer) => watch.onOutput("stdout", chunk));
  child.stderr?.on("data", (chunk: Buffer) => watch.onOutput("stderr", chunk));

  let killed: KillReason | null = null;
  const timers = new Set<NodeJS.Timeout>();
  const after = (delay: number, act: () => void): void => void timers.add(setTimeout(act, delay));
  const kill = (): void => killAll(child, plan);
  const end = (reason: KillReason, hard = false): void => {
    if (killed !== null) return;
    killed = reason;
    // nothing to ask yet: it is still being set up
    if (hard || !askAll(child, plan)) kill();
    after(hard ? 200 : GRACE, kill);
    // whatever happens inside, the first process dies, and with it its namespace
    after(hard ? 400 : GRACE + 200, () => child.kill("SIGKILL"));
  };
  const onAbort = (): void => end("cancelled");
  if (Number.isFinite(watch.timeout)) after(Math.min(watch.timeout, LONGEST_TIMER), () => end("timeout"));
  const look = setInterval(() => {
    const rows = ofCommand(child, plan);
    if (memoryOf(rows, watch.memory) > watch.memory) end("memory", true);
    if (rows.reduce((sum, row) => sum + row.threads, 0) > watch.processes) end("processes", true);
    watch
      .diskExceeded(() => rows.map((row) => row.pid))
      .then(
        (exceeded) => exceeded && end("disk", true),
        () => end("disk", true), // can't be measured any more: fail closed
      );
  }, LOOK_EVERY);

  const ended = new Promise<Awaited<Running["ended"]>>((resolve, reject) => {
    child.on("error", (cause) => {
      if (child.pid === undefined) reject(notStarted(cause));
    });
    child.on("exit", () => {
      if (!plan.namespaced) kill(); // a namespace dies with its first process, a group does not
      after(DRAIN, () => child.stdio.forEach((stream) => stream?.destroy()));
    });
    child.on("close", (code, signal) => {
      void Promise.resolve(init && untilDead(init)).then(() => resolve({ exitCode: code ?? 128, signal, killed }));
    });
  }).finally(() => {
    clearInterval(look);
    for (const timer of timers) clearTimeout(timer);
    watch.signal?.removeEventListener("abort", onAbort);
    plan.cleanUp();
  });
  if (watch.signal?.aborted) onAbort();
  else watch.signal?.addEventListener("abort", onAbort, { once: true });
  return { ended, stdin: child.stdin, end, killNow: kill };
}

function spawnPlan(plan: Plan, input: boolean): ChildProcess {
  const [file = "", ...args] = plan.argv;
  const pipes = plan.descriptors.map(() => "pipe" as const);
  try {
    return spawn(file, args, {
      cwd: plan.cwd,
      env: plan.env,
      detached: true,
      stdio: [input ? "pipe" : "ignore", "pipe", "pipe", ...pipes],
      ...plan.account,
    });
  } catch (cause) {
    plan.cleanUp();
    throw notStarted(cause);
  }
}

function notStarted(cause: unknown): Refusal {
  return new Refusal("SANDBOX_UNAVAILABLE", "the sandbox could not be started", "shorten the command, or run `portcullis doctor`", cause);
}

/** The command's own processes: without bubblewrap's two, which must live to see its end. */
function ofCommand(child: ChildProcess, plan: Plan): ProcessRow[] {
  const { pid } = child;
  if (pid === undefined) return [];
  const rows = readProcesses(pid);
  const members = membersOf(rows, pid);
  if (plan.namespaced) return members.filter((row) => row.pid !== pid && row.parent !== pid);
  return plan.mark === undefined ? members : [...new Set([...members, ...markedBy(rows, plan.mark)])];
}

/** SIGTERM to every process of the command; gives whether there was one. */
function askAll(child: ChildProcess, plan: Plan): boolean {
  const rows = ofCommand(child, plan);
  for (const { pid } of rows) send(pid, "SIGTERM");
  return rows.length > 0;
}

/**
 * In a namespace, killing its first process is enough: the kernel kills the rest and only then lets it be reaped. Elsewhere again and again until a
 * look finds nothing, because a process may fork between the look and the signal.
 */
function killAll(child: ChildProcess, plan: Plan): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (plan.namespaced) {
    const inits = readProcesses(pid).filter((row) => row.parent === pid);
    for (const init of inits) send(init.pid, "SIGKILL");
    if (inits.length === 0) child.kill("SIGKILL");
    return;
  }
  for (let round = 0; round < 20; round++) {
    send(-pid, "SIGKILL");
    const left = ofCommand(child, plan);
    if (left.length === 0) return;
    for (const row of left) send(row.pid, "SIGKILL");
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: it ended before us, which is what we wanted
  }
}

/** From bubblewrap's status, one JSON object a line; the one that tells this is written at once. */
function childOf(status: Buffer): number | undefined {
  const pid = /"child-pid": (\d+)/.exec(status.toString())?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Waits until process `pid` is dead, reaped or not: bubblewrap leaves before it, and the kernel ends what is left in the background. */
async function untilDead(pid: number): Promise<void> {
  // mostly a fraction of a millisecond, which a timer would round up
  for (let tries = 0; tries < 50 && isAlive(pid); tries++) await new Promise((resolve) => setImmediate(resolve));
  for (let tries = 0; tries < DRAIN && isAlive(pid); tries++) await new Promise((resolve) => setTimeout(resolve, 1));
}
