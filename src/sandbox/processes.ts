import { Refusal } from "../types.ts";
import { createRing } from "./capture.ts";
import type { Span } from "./capture.ts";
import type { Backend, KillReason, RunRequest } from "./request.ts";
import type { Output, Started } from "./run.ts";

/** Bytes of output kept of each long-running command, and how many of them there may be; ended ones stay readable until their place is needed. */
const KEPT = 1024 * 1024;
const MOST = 16;

/** A command that outlives the call that started it, as it is now. */
export interface ProcessState {
  readonly id: string;
  readonly owner: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly backend: Backend;
  readonly startedAt: number;
  /** `null` while it runs. */
  readonly exitCode: number | null;
  readonly killed: KillReason | null;
  /** Known once it has ended. */
  readonly newSensitive: readonly string[];
  /** Bytes that it wrote until now, stdout and stderr together. */
  readonly written: number;
}

/** Long-running commands. Each belongs to an owner (a session); to others it doesn't exist: NOT_FOUND. */
export interface Processes {
  readonly start: (owner: string, request: RunRequest) => ProcessState;
  /** Output from `offset` on; waits up to `waitMs` for new output or the end. */
  readonly read: (owner: string, id: string, offset: number, waitMs: number) => Promise<ProcessState & Span>;
  /** Doesn't wait until it is read: see `read` for what comes of it. */
  readonly write: (owner: string, id: string, input: string | Uint8Array) => ProcessState;
  /** Ends it and waits until it has ended. */
  readonly stop: (owner: string, id: string) => Promise<ProcessState>;
  readonly list: (owner: string) => ProcessState[];
}

interface Kept {
  state: ProcessState;
  readonly started: Started;
  readonly output: ReturnType<typeof createRing>;
  readonly done: Promise<void>;
  readonly waiting: Set<() => void>;
}

/** `begin` starts a command and reports its output, `onFault` hears of what nobody waits for; see `createRunner`. */
export function createProcesses(
  begin: (request: RunRequest, keepInput: boolean, onOutput: Output) => Started,
  now: () => number,
  random: () => string,
  onFault: (owner: string, error: unknown) => void,
): Processes {
  const all = new Map<string, Kept>();

  const find = (owner: string, id: string): Kept => {
    const one = all.get(id);
    if (one?.state.owner === owner) return one;
    throw new Refusal("NOT_FOUND", `there is no process \`${id}\``, "see process_list");
  };

  const makeRoom = (): void => {
    if (all.size < MOST) return;
    const ended = [...all.values()].find((one) => one.state.exitCode !== null);
    if (ended === undefined) throw new Refusal("BUDGET_EXHAUSTED", `${MOST} processes are running already`, "stop one with process_stop");
    all.delete(ended.state.id);
  };

  const current = (one: Kept): ProcessState => ({ ...one.state, written: one.output.read(Infinity).end });

  return {
    start(owner, request) {
      makeRoom();
      const id = random();
      const output = createRing(KEPT);
      const waiting = new Set<() => void>();
      const wake = (): void => waiting.forEach((resolve) => resolve());
      const started = begin(request, true, (stream, chunk) => {
        output.add(chunk);
        request.onOutput?.(stream, chunk);
        wake();
      });
      const { command } = request;
      const state: ProcessState = {
        id,
        owner,
        command: "argv" in command ? command.argv : [command.script],
        cwd: request.cwd,
        backend: started.backend,
        startedAt: now(),
        exitCode: null,
        killed: null,
        newSensitive: [],
        written: 0,
      };
      const finish = async (): Promise<void> => {
        const { exitCode, killed } = await started.running.ended;
        one.state = { ...one.state, exitCode, killed, newSensitive: await started.newSensitive() };
      };
      const one: Kept = { state, started, output, waiting, done: finish().catch(failed).finally(wake) };
      function failed(error: unknown): void {
        onFault(owner, error);
        output.add(Buffer.from(error instanceof Refusal ? error.message : "the command could not be started"));
        one.state = { ...one.state, exitCode: 126 };
      }
      all.set(id, one);
      if (request.stdin !== undefined) started.running.stdin?.write(request.stdin);
      return state;
    },
    async read(owner, id, offset, waitMs) {
      const one = find(owner, id);
      if (one.output.read(Infinity).end <= offset && one.state.exitCode === null && waitMs > 0) await news(one, waitMs);
      return { ...current(one), ...one.output.read(offset) };
    },
    write(owner, id, input) {
      const one = find(owner, id);
      const { stdin } = one.started.running;
      if (one.state.exitCode !== null || stdin === null || !stdin.writable) {
        throw new Refusal("NOT_FOUND", `process \`${id}\` takes no more input`, "start it again with process_start");
      }
      if (stdin.writableLength > KEPT)
        throw new Refusal("BUDGET_EXHAUSTED", `process \`${id}\` does not read its input`, "wait until it does, or stop it");
      stdin.write(input);
      return current(one);
    },
    async stop(owner, id) {
      const one = find(owner, id);
      one.started.running.end("stopped");
      await one.done;
      return current(one);
    },
    list: (owner) => [...all.values()].filter((one) => one.state.owner === owner).map(current),
  };
}

/** Resolves at the next output or at the end, or after `waitMs`. */
function news(one: Kept, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      one.waiting.delete(done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    one.waiting.add(done);
  });
}
