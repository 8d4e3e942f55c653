/** What works on this machine for the commands of a policy: the live probe, with everything it has to know. */
import { tmpdir } from "node:os";
import type { Config } from "../config/load.ts";
import type { Policy } from "../policy/policy.ts";
import type { Probe } from "../sandbox/probe.ts";

/** A probe and the directories in which commands look for programs. */
export interface Machine {
  readonly probe: Probe;
  readonly path: readonly string[];
  /** What a command sees read-only beside the workspaces, so that `programs` (absolute paths) run. */
  shown(programs: readonly string[]): readonly string[];
}

/** The settings that a probe depends on: the same text, the same answer. */
export function probeKey({ settings }: Policy): string {
  const { sandbox, shell } = settings;
  return JSON.stringify([sandbox.backend, sandbox.user, shell.path]);
}

/** Tries the sandbox live, as `sandbox` and `shell.path` of the policy say. Never throws; costs some 30 ms. */
export async function probeMachine(
  { settings }: Policy,
  surroundings: {
    readonly config: Pick<Config, "env">;
    readonly workspaces: readonly string[];
    readonly random: (size: number) => Buffer;
    readonly now: () => number;
  },
): Promise<Machine> {
  const { config, workspaces, random, now } = surroundings;
  const [{ probeSandbox }, { programHomes, programPath, systemPaths }, { findAccount }] = await Promise.all([
    import("../sandbox/probe.ts"),
    import("../sandbox/program-path.ts"),
    import("../sandbox/user.ts"),
  ]);
  const { backend, user } = settings.sandbox;
  const common = { serverPath: config.env.PATH ?? "", writable: workspaces, account: findAccount(user) };
  const path = programPath({ ...common, configured: settings.shell.path });
  const id = (): string => random(16).toString("hex");
  return {
    probe: await probeSandbox({ backend, user, workspaces, path, scratch: tmpdir(), random: id, now }),
    path,
    shown: (programs) => systemPaths([...path, ...programPath({ ...common, configured: programHomes(programs) })]),
  };
}
