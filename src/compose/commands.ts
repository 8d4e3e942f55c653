/** The door to commands: read by the shell analysis, run by the sandbox in a view that the policy draws. */
import type { Config } from "../config/load.ts";
import { recallProbe, rememberProbe } from "../config/probe-memory.ts";
import type { Door } from "../files/door.ts";
import type { ProxyRecord } from "../egress/proxy.ts";
import type { Policy } from "../policy/policy.ts";
import type { Runner } from "../sandbox/run.ts";
import type { SandboxSpec } from "../types.ts";
import type { Network } from "./network.ts";
import { probeKey, probeMachine } from "./sandbox.ts";
import type { Machine } from "./sandbox.ts";
import type { ReadCommands } from "./read-command.ts";
import { createViewer } from "./view.ts";
import type { Viewer } from "./view.ts";

/** A machine that was probed, with what runs commands on it. */
export interface Ready extends Machine {
  readonly runner: Runner;
}

/** What is told of a process beside what the sandbox knows. */
export interface ProcessLabel {
  readonly text: string;
  readonly spec: SandboxSpec;
}

/** What all calls have in common. */
export interface Commands {
  readonly config: Config;
  readonly door: Door;
  readonly read: ReadCommands;
  readonly viewer: Viewer;
  readonly labels: Map<string, ProcessLabel>;
  readonly network: Network;
  readonly random: (size: number) => Buffer;
  /** Keeps what a command does on the network; when it rejects, the request is not made. */
  record(call: { readonly callId: string; readonly session: string }, record: ProxyRecord): Promise<void>;
  /** Something went wrong behind the calls' back: for the log. */
  fault(of: { readonly callId?: string; readonly session: string }, error: unknown): void;
  /** A session has started a process that outlives its call. */
  onStart(session: string): void;
  /** The machine as the policy wants it used; probed once, and again only when a new policy says something else of it. Never rejects. */
  ready(policy: Policy): Promise<Ready>;
  /**
   * Can commands be run here? Told from the last live probe of this boot where there is one; the live one then follows, and a command waits for it
   * and is refused if it finds otherwise.
   */
  usable(policy: Policy): Promise<boolean>;
  /** Ends the processes of a session. */
  stop(session: string): void;
  /** Kills everything that still runs. */
  close(): void;
}

/** Opens the door; nothing is loaded or tried before `ready` is asked. `onProbe` hears what was found. */
export function openCommands(options: {
  readonly config: Config;
  readonly door: Door;
  readonly network: Network;
  readonly random: (size: number) => Buffer;
  readonly now: () => number;
  readonly record: Commands["record"];
  readonly onProbe: (machine: Machine) => void;
  readonly onStart: (session: string) => void;
  readonly onKilled: (reason: string) => void;
  readonly fault: Commands["fault"];
}): Commands {
  const { config, door, network, random, now, record, onProbe, onStart, onKilled, fault } = options;
  let current: { readonly key: string; readonly ready: Promise<Ready> } | undefined;
  let running: Runner | undefined;
  let closed = false;

  const prepare = async (policy: Policy): Promise<Ready> => {
    const machine = await probeMachine(policy, { config, workspaces: door.workspaces, random, now });
    const { createRunner } = await import("../sandbox/run.ts");
    const runner = createRunner(machine.probe, { now }, { onKilled, onFault: (session, error) => fault({ session }, error) });
    // What the former policy's sandbox holds must not go on under a stricter one's eyes.
    running?.close();
    running = runner;
    if (closed) runner.close();
    else {
      rememberProbe(config.state, memoryKey(policy), machine.probe.backend);
      onProbe(machine);
    }
    return { ...machine, runner };
  };

  const memoryKey = (policy: Policy) => JSON.stringify([probeKey(policy), door.workspaces, config.env.PATH, process.getuid?.()]);
  const ready = (policy: Policy): Promise<Ready> => {
    const key = probeKey(policy);
    if (current?.key !== key) current = { key, ready: prepare(policy) };
    return current.ready;
  };

  return {
    config,
    door,
    read: new WeakMap(),
    viewer: createViewer(door, now),
    labels: new Map(),
    network,
    random,
    record,
    fault,
    onStart,
    ready,
    async usable(policy) {
      const recalled = recallProbe(config.state, memoryKey(policy));
      if (recalled === undefined) return (await ready(policy)).probe.backend !== "none";
      setImmediate(() => void ready(policy));
      return recalled !== "none";
    },
    stop(session) {
      for (const { id, exitCode } of running?.processes.list(session) ?? [])
        if (exitCode === null) void running?.processes.stop(session, id);
    },
    close() {
      closed = true;
      running?.close();
    },
  };
}
