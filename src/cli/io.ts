/** What commands get from the process: its streams, clock and randomness, and where the state is. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { loadConfig, surroundings } from "../config/load.ts";
import type { AuditCommandDeps } from "./audit.ts";

/** The process as the audit's commands see it. */
export function processIo(): AuditCommandDeps {
  return {
    placeOf: async (state) => {
      const config = await loadConfig(state === undefined ? {} : { state }, surroundings(), false);
      return { directory: config.state, anchor: config.log.anchor };
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
