/** Temporary directories outside of every workspace. None outlives the process that made it, short of SIGKILL. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/** A directory of our own, and the way to remove it with all that is in it. */
export interface Scratch {
  readonly path: string;
  readonly remove: () => void;
}

const open = new Set<string>();

/** Makes a directory below `parent` (0700). What isn't removed by then goes when the process ends, in whatever it was interrupted. */
export function makeScratch(parent: string, prefix: string): Scratch {
  const path = mkdtempSync(join(parent, prefix));
  if (open.size === 0) process.once("exit", removeAll);
  open.add(path);
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
      open.delete(path);
      if (open.size === 0) process.off("exit", removeAll);
    },
  };
}

function removeAll(): void {
  for (const path of open) rmSync(path, { recursive: true, force: true });
}
