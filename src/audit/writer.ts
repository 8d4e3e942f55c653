/**
 * Which processes write to the log, and whether they still live. Each holds an exclusive SQLite lock on a small file of its own, which
 * the kernel takes back at its death, however it died and in whatever pid namespace; pids and heartbeats could both lie.
 */
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";

const SUFFIX = ".lock";

/** Takes the lock at `file`; undefined when a living process holds it. */
function take(file: string): { readonly release: () => void } | undefined {
  const db = new Sqlite(file, { timeout: 0 });
  try {
    db.exec("BEGIN EXCLUSIVE");
    return {
      release: () => {
        // Removed while it is still held, so that nobody finds it free and half gone.
        rmSync(file, { force: true });
        db.close();
      },
    };
  } catch (error) {
    db.close();
    // Expected: a living process holds it.
    if (error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY")) return undefined;
    throw error;
  }
}

/** Registers this process under `id`. The lock lasts until `release` or death. */
export function registerWriter(directory: string, id: string): { readonly release: () => void } {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, id + SUFFIX);
  closeSync(openSync(file, "a", 0o600));
  const lock = take(file);
  if (lock === undefined) throw new Error(`writer ${id} is registered already`);
  return lock;
}

/** Is the writer with this id alive? What a dead one left behind is removed. */
export function isAlive(directory: string, id: string): boolean {
  const file = join(directory, id + SUFFIX);
  if (!existsSync(file)) return false;
  const lock = take(file);
  lock?.release();
  return lock === undefined;
}
