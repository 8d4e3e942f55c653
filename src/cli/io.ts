/** What commands get from the process: its streams, clock and randomness, and where the state is. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { loadConfig, surroundings } from "../config/load.ts";
import type { AuditCommandDeps } from "./audit.ts";

/** The process as the audit's commands see it. */
export function processIo(): AuditCommandDeps {
  return {
    placeOf: async ({ state, config }) => {
      const flags = { ...(state === undefined ? {} : { state }), ...(config === undefined ? {} : { config }) };
      const loaded = await loadConfig(flags, surroundings(), false);
      return { directory: loaded.state, anchor: loaded.log.anchor };
    },
    now: () => Date.now(),
    random: randomBytes,
    out: async (text) => {
      if (!process.stdout.write(text)) await once(process.stdout, "drain");
    },
    err: (text) => void process.stderr.write(text),
    progress: process.stderr.isTTY,
    exit: (code) => {
      process.exitCode = code;
    },
  };
}
