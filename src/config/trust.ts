/** Which policies of projects the user trusts: hashes, one a line, in the state directory. */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "trusted-policies";

/** The trusted hashes (sha256 in hex); none when there is no file. */
export function readTrusted(state: string): ReadonlySet<string> {
  try {
    return new Set(readFileSync(join(state, FILE), "utf8").split("\n").filter(Boolean));
  } catch (error) {
    // Expected until the first is trusted.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Set();
    throw error;
  }
}

/** Adds a hash. */
export function trustHash(state: string, sha256: string): void {
  if (!readTrusted(state).has(sha256)) appendFileSync(join(state, FILE), `${sha256}\n`, { mode: 0o600, flush: true });
}
