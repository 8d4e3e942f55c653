/** What checks look at: this process, its configuration and everything that follows from it. Each part is made once, when a check first asks for it. */
import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import type { Recent } from "../../audit/recent.ts";
import { loadFacts, loadPolicyOf } from "../../compose/policy.ts";
import type { Machine } from "../../compose/sandbox.ts";
import { commandLine } from "../../compose/words.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config, Flags, Surroundings } from "../../config/load.ts";
import type { Policy } from "../../policy/policy.ts";
import { entryWords } from "../entry.ts";
import { NotToBeHad } from "./check.ts";

/** A configuration, and the workspaces or why they can't be served: everything else of it is good all the same. */
export interface Configured {
  readonly config: Config;
  readonly workspaces: readonly string[] | { readonly error: unknown };
}

/** Every part rejects with NotToBeHad, which names the check that tells why. */
export interface Subject {
  readonly around: Surroundings;
  /** Milliseconds since 1970. */
  now(): number;
  /** Told by `config`. */
  config(): Promise<Config>;
  /** Told by `workspace`. */
  workspaces(): Promise<readonly string[]>;
  /** The state directory, which need not be there yet. Told by `state`. */
  state(): Promise<string>;
  /** One of our own command lines, ready to paste. */
  command(...words: string[]): Promise<string>;
  /** The version that is loaded. Told by `sqlite`. */
  sqlite(): Promise<string>;
  /** The end of the audit; undefined when nothing was recorded yet. Told by `database`. */
  recent(): Promise<Recent | undefined>;
  /** Told by `policy`. */
  policy(): Promise<Policy>;
  /** The sandbox as it was tried live. */
  machine(): Promise<Machine>;
}

/** Opens the subject of a configuration. `running` is what a server has already: it is not made twice. */
export function openSubject(
  around: Surroundings,
  configure: () => Promise<Configured>,
  running?: { policy(): Policy; machine(): Promise<Machine> },
): Subject {
  const configured = once("config", configure);
  const config = async () => (await configured()).config;
  const workspaces = once("workspace", async () => {
    const found = (await configured()).workspaces;
    if ("error" in found) throw found.error;
    return found;
  });
  const state = once("state", async () => {
    const directory = (await config()).state;
    if (existsSync(directory)) accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return directory;
  });
  const sqlite = once("sqlite", async () => (await import("../../audit/database.ts")).sqliteVersion());
  const policy = once("policy", async () => running?.policy() ?? loadPolicyOf(await config(), await loadFacts(true)));
  return {
    around,
    now: Date.now,
    config,
    workspaces,
    state,
    command: async (...words) => commandLine(entryWords(), await state())(...words),
    sqlite,
    recent: once("database", async () => {
      await sqlite();
      return (await import("../../audit/recent.ts")).readRecent(await state());
    }),
    policy,
    machine: once("sandbox", async () => {
      if (running) return running.machine();
      const [{ probeMachine }, inForce, served] = await Promise.all([import("../../compose/sandbox.ts"), policy(), workspaces()]);
      const real = served.map((path) => realpathSync(path));
      return probeMachine(inForce, { config: await config(), workspaces: real, random: randomBytes, now: Date.now });
    }),
  };
}

function once<T>(toldBy: string, make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => Promise.reject(error instanceof NotToBeHad ? error : new NotToBeHad(toldBy, error))));
}

/** Loads the configuration, without its workspaces when it is they that can't be used. */
export async function configureFrom(flags: Flags, around: Surroundings): Promise<Configured> {
  try {
    const config = await loadConfig(flags, around);
    return { config, workspaces: config.workspaces };
  } catch (error) {
    return { config: await loadConfig(flags, around, false), workspaces: { error } };
  }
}
