/** What checks look at: this process, its configuration and everything that follows from it. Each part is made once, when a check first asks for it. */
import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { loadConfig } from "../../config/load.ts";
import type { Config, Flags, Surroundings } from "../../config/load.ts";
import type { Recent } from "../../audit/recent.ts";
import { loadFacts, loadPolicyOf } from "../../compose/policy.ts";
import type { Machine } from "../../compose/sandbox.ts";
import type { Policy } from "../../policy/policy.ts";
import { NotToBeHad } from "./check.ts";

/** A configuration, and why its workspaces can't be served, if they can't: everything else of it is good all the same. */
export interface Configured {
  readonly config: Config;
  readonly workspaces: { readonly served: readonly string[] } | { readonly error: unknown };
}

export interface Subject {
  readonly around: Surroundings;
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects with the ConfigError: for the check that tells it. The others ask `config`. */
  configured(): Promise<Configured>;
  /** Rejects with NotToBeHad. */
  config(): Promise<Config>;
  /** Rejects with the PolicyError: for the check that tells it. The others ask `policy`. */
  loadedPolicy(): Promise<Policy>;
  /** Rejects with NotToBeHad. */
  policy(): Promise<Policy>;
  /** The sandbox as it was tried live. Rejects with NotToBeHad. */
  machine(): Promise<Machine>;
  /** The end of the audit; undefined when nothing was recorded yet. Rejects with NotToBeHad. */
  recent(): Promise<Recent | undefined>;
}

/** Opens the subject of a configuration. `running` is what a server has already: it is not made twice. */
export function openSubject(
  around: Surroundings,
  configure: () => Promise<Configured>,
  running?: { policy(): Policy; machine(): Promise<Machine> },
): Subject {
  const configured = once(configure);
  const config = async () => (await orNot("config", configured)).config;
  const loadedPolicy = once(async () => running?.policy() ?? loadPolicyOf(await config(), await loadFacts(true)));
  const policy = () => orNot("policy", loadedPolicy);
  return {
    around,
    now: Date.now,
    configured,
    config,
    loadedPolicy,
    policy,
    machine: once(async () => {
      if (running) return running.machine();
      const [{ probeMachine }, inForce, { workspaces }] = await Promise.all([import("../../compose/sandbox.ts"), policy(), configured()]);
      if ("error" in workspaces) throw new NotToBeHad("workspace");
      const real = workspaces.served.map((path) => realpathSync(path));
      return probeMachine(inForce, { config: await config(), workspaces: real, random: randomBytes, now: Date.now });
    }),
    recent: once(async () => {
      const { state } = await config();
      const { readRecent } = await import("../../audit/recent.ts");
      return orNot("database", () => readRecent(state));
    }),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function orNot<T>(id: string, get: () => T | Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (error) {
    throw error instanceof NotToBeHad ? error : new NotToBeHad(id);
  }
}

/** Loads the configuration, without its workspaces when it is they that can't be used. */
export async function configureFrom(flags: Flags, around: Surroundings): Promise<Configured> {
  try {
    const config = await loadConfig(flags, around);
    return { config, workspaces: { served: config.workspaces } };
  } catch (error) {
    return { config: await loadConfig(flags, around, false), workspaces: { error } };
  }
}
