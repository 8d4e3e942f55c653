import { lstatSync, readdirSync, statSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** What an empty file costs at least, so that a flood of them counts. */
const PER_FILE = 4096;
const COARSE = 50;

/**
 * Watches how much a command lets its workspaces grow. Free space is asked for at every check, because that costs microseconds; only when it fell by
 * more than `limit` is it counted what this command wrote (files changed since `since`, and open ones without a name), because others use the
 * disk too.
 */
export function createGrowthWatch(
  roots: readonly string[],
  limit: number,
  since: number,
): { readonly exceeded: (pids: () => readonly number[]) => Promise<boolean> } {
  const devices = new Map<number, { readonly path: string; readonly before: Free }>();
  for (const path of roots) devices.set(statSync(path).dev, { path, before: free(path) });
  let counting = false;
  return {
    async exceeded(pids) {
      if (counting) return false;
      let grown = 0;
      for (const { path, before } of devices.values()) {
        const after = free(path);
        grown += Math.max(0, before.bytes - after.bytes, (before.files - after.files) * PER_FILE);
      }
      if (grown <= limit) return false;
      counting = true;
      try {
        const nameless = openWithoutName(pids(), devices);
        return nameless > limit || nameless + (await writtenSince(roots, since, limit - nameless)) > limit;
      } finally {
        counting = false;
      }
    },
  };
}

interface Free {
  readonly bytes: number;
  readonly files: number;
}

function free(path: string): Free {
  const stats = statfsSync(path);
  return { bytes: stats.bfree * stats.bsize, files: stats.ffree };
}

/** Bytes in files that changed since `since`; stops counting above `enough`. */
async function writtenSince(roots: readonly string[], since: number, enough: number): Promise<number> {
  let sum = 0;
  const queue = [...roots];
  for (let steps = 0, path = queue.pop(); path !== undefined && sum <= enough; path = queue.pop()) {
    if (++steps % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    for (const entry of entriesOf(path)) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) queue.push(child);
      const stats = lstatSync(child, { throwIfNoEntry: false });
      if (stats !== undefined && stats.ctimeMs >= since - COARSE) sum += Math.max(PER_FILE, stats.blocks * 512);
    }
  }
  return sum;
}

/** Bytes in files on `devices` that the processes hold open and that have no name any more: a walk can't see them. */
function openWithoutName(pids: readonly number[], devices: ReadonlyMap<number, unknown>): number {
  const sizes = new Map<string, number>();
  for (const pid of pids) {
    for (const entry of entriesOf(`/proc/${pid}/fd`)) {
      const stats = statOf(`/proc/${pid}/fd/${entry.name}`);
      if (stats?.isFile() && stats.nlink === 0 && devices.has(stats.dev)) sizes.set(`${stats.dev}:${stats.ino}`, stats.blocks * 512);
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return []; // removed, ended or unreadable meanwhile: nothing there to count
  }
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined; // closed meanwhile
  }
}
