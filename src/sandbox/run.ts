import { constants } from "node:os";
import { Refusal } from "../types.ts";
import { acceptRequest } from "./accept.ts";
import { createCapture } from "./capture.ts";
import { createGrowthWatch } from "./disk.ts";
import { launch } from "./launch.ts";
import type { Running } from "./launch.ts";
import { planCommand } from "./plan.ts";
import type { Setting } from "./plan.ts";
import { countTasks } from "./process-table.ts";
import { createProcesses } from "./processes.ts";
import type { Processes } from "./processes.ts";
import type { Backend, KillReason, RunRequest, RunResult } from "./request.ts";
import { createSensitiveIndex } from "./sensitive.ts";

/** Runs commands in what `probeSandbox` found to work. */
export interface Runner {
  /** Runs one command to its end. Throws a Refusal when it can't be started as asked; whatever the command itself does is in the result. */
  readonly run: (request: RunRequest) => Promise<RunResult>;
  /** Commands that outlive a call. */
  readonly processes: Processes;
  /** Kills everything that still runs; synchronous, so that it can be called while the server ends. */
  readonly close: () => void;
}

/** A command that was accepted and started. */
export interface Started {
  readonly running: Running;
  readonly backend: Exclude<Backend, "none">;
  /** See `RunResult.newSensitive`; to be asked after it ended. */
  readonly newSensitive: () => Promise<string[]>;
}

export type Output = (stream: "stdout" | "stderr", chunk: Buffer) => void;

/** `now` in milliseconds since 1970, the clock that the file system stamps files with. */
export function createRunner(
  probe: Setting & { readonly backend: Backend; readonly reason: string },
  clock: { readonly now: () => number },
  told: {
    /** A command was ended before its own end. */
    readonly onKilled?: (reason: KillReason) => void;
    /** Something went wrong with a command of `owner` that outlives its call. */
    readonly onFault?: (owner: string, error: unknown) => void;
  } = {},
): Runner {
  const running = new Set<Running>();
  let counted = { at: -Infinity, tasks: 0 };
  const others = (): number => {
    // counting takes milliseconds where the user runs hundreds of processes, and need not be newer than this
    if (clock.now() - counted.at > 1000) counted = { at: clock.now(), tasks: countTasks(probe.account?.uid ?? process.getuid?.() ?? 0) };
    return counted.tasks;
  };
  const indexes = new Map<string, ReturnType<typeof createSensitiveIndex>>();

  const start = (request: RunRequest, keepInput: boolean, onOutput: Output): Started => {
    const backend = acceptRequest(request, probe.backend, probe.reason);
    const since = clock.now();
    const writable = request.view.workspaces.flatMap(({ path, writable }) =>
      writable && request.spec.profile === "workspace-write" ? [path] : [],
    );
    const growth = createGrowthWatch(writable, request.spec.disk, since);
    const one = launch(planCommand(probe, backend, request, others), {
      memory: request.spec.memory,
      processes: request.spec.processes,
      timeout: request.limits.timeout,
      stdin: keepInput || request.stdin !== undefined,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      onOutput,
      diskExceeded: growth.exceeded,
    });
    running.add(one);
    void one.ended
      .then(
        ({ killed }) => killed !== null && told.onKilled?.(killed),
        // That it could not be started is told to whoever waits for it.
        () => undefined,
      )
      .then(() => {
        running.delete(one);
        request.onEnd?.();
      });
    const newSensitive = async (): Promise<string[]> => {
      const found = await Promise.all(writable.map((root) => indexOf(root).changedSince(since)));
      return [...new Set(found.flat())];
    };
    return { running: one, backend, newSensitive };
  };

  const indexOf = (root: string): ReturnType<typeof createSensitiveIndex> => {
    const index = indexes.get(root) ?? createSensitiveIndex(root, clock.now);
    indexes.set(root, index);
    return index;
  };

  const run = async (request: RunRequest): Promise<RunResult> => {
    const began = clock.now();
    const captures = { stdout: createCapture(request.limits.output), stderr: createCapture(request.limits.output) };
    const {
      running: one,
      backend,
      newSensitive,
    } = start(request, false, (stream, chunk) => {
      captures[stream].add(chunk);
      request.onOutput?.(stream, chunk);
    });
    one.stdin?.end(request.stdin);
    const { exitCode, signal, killed } = await one.ended;
    const durationMs = clock.now() - began;
    const [stdout, stderr] = [captures.stdout.result(), captures.stderr.result()];
    if (backend === "bwrap" && exitCode === 1 && stdout.total === 0 && stderr.head.subarray(0, 7).equals(Buffer.from("bwrap: "))) {
      throw new Refusal("SANDBOX_UNAVAILABLE", "the sandbox could not be set up", "run `portcullis doctor`", stderr.head.toString());
    }
    const code = signal === null ? exitCode : 128 + constants.signals[signal];
    return {
      exitCode: code,
      signal: signalOf(code),
      stdout,
      stderr,
      durationMs,
      backend,
      timedOut: killed === "timeout",
      killed,
      newSensitive: await newSensitive(),
    };
  };

  return {
    run,
    processes: createProcesses(start, clock.now, probe.random, (...fault) => told.onFault?.(...fault)),
    close: () => running.forEach((one) => one.killNow()),
  };
}

/** The name behind a shell's 128 + n. */
function signalOf(exitCode: number): string | null {
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0] ?? null;
}
