/** What the last live probe of the sandbox found on this boot, so that the next start can list its tools without waiting for its own. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "sandbox-probe.json";

/** The backend that was found for the same settings since the machine was started; undefined when that isn't known. */
export function recallProbe(state: string, key: string): string | undefined {
  try {
    const kept = JSON.parse(readFileSync(join(state, FILE), "utf8")) as { key?: unknown; boot?: unknown; backend?: unknown };
    return kept.key === key && kept.boot === bootId() && typeof kept.backend === "string" ? kept.backend : undefined;
  } catch {
    // Not there, not readable or not ours: then it isn't known, and the live probe is waited for.
    return undefined;
  }
}

/** Keeps what a live probe found. It only speeds up listings, so a state that can't be written is no reason to stop. */
export function rememberProbe(state: string, key: string, backend: string): void {
  try {
    writeFileSync(join(state, FILE), JSON.stringify({ key, boot: bootId(), backend }), { mode: 0o600 });
  } catch {
    // The audit shares the directory and says loudly what is wrong with it.
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
