/** The checks of doctor that a server makes of itself, once its first listing is answered: a line in the log for each that isn't ok. */
import { setImmediate as turn } from "node:timers/promises";
import type { Logger } from "pino";
import { surroundings } from "../config/load.ts";
import type { Config } from "../config/load.ts";
import type { House } from "../server.ts";
import { examine } from "./checks/check.ts";
import { EXAMINATIONS } from "./checks/list.ts";
import { openSubject } from "./checks/subject.ts";

/** Makes them one by one, so that a call that comes meanwhile waits for one at most. What is found after `signal` is the end's own doing and not told. */
export async function logChecks(house: House, config: Config, logger: Logger, signal: AbortSignal): Promise<void> {
  const subject = openSubject(surroundings(), async () => ({ config, workspaces: config.workspaces }), house);
  for (const examination of EXAMINATIONS.filter(({ atStart }) => atStart)) {
    await turn();
    const { id: check, status, message, remedy } = await examine(examination, subject);
    if (signal.aborted) return;
    if (status !== "ok") logger[status === "fail" ? "error" : "warn"]({ check, status, remedy }, message);
  }
}
