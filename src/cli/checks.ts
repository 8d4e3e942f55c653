/** What doctor looks at. Each check tells one thing, and mends it on the spot where that is safe. */
import { accessSync, constants, realpathSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import { openDatabase } from "../audit/database.ts";
import type { Config, Flags, Surroundings } from "../config/load.ts";
import { haveSecret } from "../config/secrets.ts";
import { openState, readKey } from "../config/state.ts";
import { loadFacts, loadPolicyOf } from "../compose/policy.ts";
import { probeMachine } from "../compose/sandbox.ts";
import { tryLog } from "../log/try-log.ts";

/** One finding. `remedy` is empty when there is nothing to do. */
export interface Check {
  readonly id: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly remedy: string;
}

type Finding = Omit<Check, "id">;

const ok = (message: string): Finding => ({ status: "ok", message, remedy: "" });
const fail = (message: string, remedy: string): Finding => ({ status: "fail", message, remedy });

/** Runs every check; one that throws is a failure with its message, never the end of the others. */
export async function checkMachine(
  flags: Flags,
  around: Surroundings,
  load: (flags: Flags, around: Surroundings) => Promise<Config>,
): Promise<Check[]> {
  const checks: Check[] = [];
  const add = async (id: string, look: () => Finding | Promise<Finding>, remedy: string) => {
    try {
      checks.push({ id, ...(await look()) });
    } catch (error) {
      checks.push({ id, ...fail(error instanceof Error ? error.message : String(error), remedy) });
    }
  };
  await add("node", () => checkNode(process.versions.node), "Install Node 22.19 or newer.");
  let config: Config | undefined;
  await add(
    "config",
    async () => {
      config = await load(flags, around);
      if (config.warnings.length > 0)
        return { status: "warn", message: config.warnings.join("; "), remedy: "Rename or unset the variable." };
      return ok(config.file === undefined ? "flags and environment only" : config.file);
    },
    "Correct the flag, the variable or the file that is named.",
  );
  if (!config) return checks;
  const { state, workspaces } = config;
  const found = config;
  await add("workspace", () => checkWorkspaces(workspaces, around), "Name a directory that this user can read with --workspace.");
  await add("state", () => checkState(state), "Choose another directory with --state, or run as its owner.");
  await add("keys", () => checkKeys(state), "Restore the key from a backup, or remove it to start anew (open questions become void).");
  await add("database", () => checkDatabase(state), "Restore the database from a backup, or choose another directory with --state.");
  await add("log", () => checkLog(found.log), "Name another file with --log-file.");
  await add("policy", async () => ok(await describePolicy(found)), "Correct the lines that are named; see docs/policy.md.");
  await add("secrets", () => checkSecrets(found), "Correct the policy first.");
  await add("sandbox", () => checkSandbox(found), "Correct the policy first.");
  await add("ripgrep", checkRipgrep, "Install again without --omit=optional: search comes with the package @vscode/ripgrep.");
  return checks;
}

/** Node as CONTRACT section 1 asks for it. */
function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return ok(`Node ${version}`);
  return fail(`Node ${version} is older than 22.19`, "Install Node 22.19 or newer.");
}

function checkWorkspaces(workspaces: readonly string[], around: Surroundings): Finding {
  for (const workspace of workspaces) accessSync(workspace, constants.R_OK | constants.X_OK);
  const wide = workspaces.filter((workspace) => workspace === "/" || workspace === around.home);
  if (wide.length === 0) return ok(workspaces.join(", "));
  return {
    status: "warn",
    message: `${wide.join(", ")} hands over far more than a project`,
    remedy: "Name the project's own directory with --workspace.",
  };
}

function checkState(state: string): Finding {
  const { mended } = openState(state);
  return ok([state, ...mended].join("; "));
}

function checkKeys(state: string): Finding {
  readKey(state, "seal.key", 32, randomBytes);
  return ok("the seal key is there and private");
}

function checkDatabase(state: string): Finding {
  const db = openDatabase(join(state, "portcullis.db"));
  try {
    const version = String(db.prepare("SELECT sqlite_version()").pluck().get());
    const synchronous = ["OFF", "NORMAL", "FULL", "EXTRA"][Number(db.pragma("synchronous", { simple: true }))] ?? "unknown";
    const mode = String(db.pragma("journal_mode", { simple: true })).toUpperCase();
    if (mode !== "WAL" || synchronous === "OFF")
      return fail(`SQLite runs in mode ${mode} with synchronous ${synchronous}`, "Keep the state on a local file system.");
    return ok(`SQLite ${version}, ${mode}, synchronous ${synchronous} (FULL for writes)`);
  } finally {
    db.close();
  }
}

/** Calls don't wait for the log, so nobody else would notice that it is not written. */
function checkLog({ file, rotate }: Config["log"]): Finding {
  if (file === undefined) return ok("lines go to standard error");
  try {
    tryLog(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return fail(
      `the log ${file} can't be written (${code})`,
      "Free space there or open it to this user, or name another with --log-file; until then lines are lost.",
    );
  }
  return ok(`${file}, a new one each ${rotate.size} bytes or ${Math.round(rotate.age / 3_600_000)} hours, ${rotate.keep} old ones kept`);
}

async function describePolicy(config: Config): Promise<string> {
  const { layers, digest } = loadPolicyOf(config, await loadFacts(true));
  return `${layers.map((layer) => `${layer.name}: ${layer.file} (${layer.rules} rules${layer.trusted ? "" : ", not trusted"})`).join("; ")}; ${digest.slice(0, 19)}`;
}

/** Names and kinds of source only: a command may hold its secret, and a value is nobody's business here. */
async function checkSecrets(config: Config): Promise<Finding> {
  const { settings } = loadPolicyOf(config, await loadFacts(true));
  const named = Object.entries(settings.secrets).map(([name, { from }]) => {
    const kind = from.slice(0, from.indexOf(":"));
    const there = haveSecret(from, config.env);
    return { there, text: `${name} (${kind}): ${there ? (kind === "command" ? "asked at use" : "there") : "missing"}` };
  });
  const message = named.length === 0 ? "the policy names none" : named.map(({ text }) => text).join("; ");
  if (named.every(({ there }) => there)) return ok(message);
  const remedy = "Set the variable or write the file that the policy names (secrets.from); calls that need a missing secret are refused.";
  return { status: "warn", message, remedy };
}

/** A server without a sandbox works, but offers no commands: that is worth a warning, never silence. */
async function checkSandbox(config: Config): Promise<Finding> {
  const policy = loadPolicyOf(config, await loadFacts(true));
  const workspaces = config.workspaces.map((path) => realpathSync(path));
  const { probe, path } = await probeMachine(policy, { config, workspaces, random: randomBytes, now: Date.now });
  const { backend, reason, checks } = probe;
  if (backend === "off") return { status: "warn", message: reason, remedy: "Set sandbox.backend to auto in the policy." };
  if (backend === "none")
    return { status: "warn", message: `commands are not offered: ${reason}`, remedy: mendSandbox(reason, policy.settings.sandbox.user) };
  const who = process.getuid?.() === 0 ? `commands run as ${policy.settings.sandbox.user}` : "commands run as this user";
  const tried = checks.filter((check) => check.ok).map(({ id }) => id);
  return ok(`${reason} (${[...new Set(tried)].join(", ")}); ${who}, with the programs of ${path.join(":")}`);
}

function mendSandbox(reason: string, user: string): string {
  if (reason.includes("can't reach"))
    return `Serve a workspace outside of private directories, or open the way to it for ${user} (chmod o+x on each directory above it, chmod -R o+rX on itself), or start the server as the workspace's owner.`;
  if (reason.includes("is no user")) return "Set sandbox.user in the policy to an existing user that is not root.";
  if (reason.includes("bwrap is not installed")) return "Install bubblewrap: sudo apt-get install bubblewrap";
  return "Let this user make user namespaces (in a container: its seccomp profile; on Ubuntu: an AppArmor profile for bwrap), or install util-linux 2.41 or newer for the landlock backend.";
}

function checkRipgrep(): Finding {
  accessSync(rgPath, constants.X_OK);
  return ok("ripgrep is installed");
}
