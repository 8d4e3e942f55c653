/** How this very program is started again. */
import { fileURLToPath } from "node:url";
import { commandLine } from "../compose/words.ts";
import type { Config } from "../config/load.ts";

/** The words that start one of our own commands. */
export function entryWords(): string[] {
  return [process.execPath, fileURLToPath(new URL("./cli.js", import.meta.url))];
}

/** The line that connects a client to a server like the one that runs: same workspaces, policy and state. */
export function connectLine(client: string, { workspaces, policies, profile, state }: Config): string {
  return commandLine(entryWords(), state)(
    "connect",
    client,
    ...workspaces.flatMap((path) => ["--workspace", path]),
    ...policies.flatMap((path) => ["--policy", path]),
    ...(profile === undefined ? [] : ["--profile", profile]),
  );
}
