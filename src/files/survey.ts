/** A look at every directory of the workspaces before a command runs: names only, links never followed, unchanged directories not read again. */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Entry } from "../types.ts";
import { Refusal } from "../types.ts";
import { openPlain } from "./find.ts";
import { closePin } from "./platform.ts";
import type { Root } from "./roots.ts";
import { entryType, namesIn } from "./tree.ts";
import { checkSignal } from "./work.ts";

/** A directory as a survey meets it. */
export interface Surveyed {
  readonly path: string;
  /** Same stamp, same names. Absent for a directory that changed so recently that its time can't tell. */
  readonly stamp: string | undefined;
  readonly names: () => readonly Entry[];
}

/** The clock of a file system stands still for some milliseconds; a change within them leaves the same time (git's "racy" entries). */
const COARSE = 50;
/** Directories between two turns of the event loop, and in all. */
const TURN = 500;
const MOST = 100_000;

/**
 * Visits every directory, a directory before those below it. `look` names the subdirectories to go on with. Throws DENIED for more than 100,000
 * directories. `now` in milliseconds since 1970.
 */
export async function surveyDirectories(
  roots: readonly Root[],
  look: (directory: Surveyed) => readonly string[],
  options: { readonly signal: AbortSignal; readonly now: number },
): Promise<void> {
  const pending = roots.map((root) => root.real).reverse();
  let count = 0;
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (++count % TURN === 0) await setImmediate();
    checkSignal(options.signal);
    if (count > MOST)
      throw new Refusal(
        "DENIED",
        `the workspaces have more than ${MOST} directories, too many to protect`,
        "name a smaller workspace with --workspace",
      );
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true) continue;
    const recent = options.now - stat.ctimeMs < COARSE;
    const directory = path;
    const below = look({
      path,
      stamp: recent ? undefined : `${stat.dev}:${stat.ino}:${stat.ctimeMs}`,
      names: () => namesOf(roots, directory),
    });
    for (const name of below) pending.push(join(path, name));
  }
}

/** Names in a directory of the workspaces, sorted; none when it is gone, unreadable, or reached through a link. */
export function namesOf(roots: readonly Root[], path: string): readonly Entry[] {
  const found = openPlain(roots, path);
  if (found === undefined) return [];
  try {
    return found.stat.isDirectory() ? namesIn(found.pin).map((entry) => ({ name: entry.name, type: entryType(entry) })) : [];
  } finally {
    closePin(found.pin.fd);
  }
}
