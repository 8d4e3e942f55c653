/** The workspaces: opened once, kept open, recognised by both spellings. */
import { closeSync, constants, openSync, realpathSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import type { Pin } from "./platform.ts";
import { pinAt, realPathOf } from "./platform.ts";

/** A workspace. `given` is how it was configured (absolute), `real` where it was when it was opened. */
export interface Root extends Pin {
  readonly given: string;
}

/** Opens the workspaces. Throws a plain Error that names the one that can't be opened: this is start-up, not a call. */
export function openRoots(workspaces: readonly string[]): readonly Root[] {
  if (workspaces.length === 0) throw new Error("no workspace is given");
  const roots: Root[] = [];
  for (const workspace of workspaces) {
    const given = resolve(workspace);
    let fd = -1;
    try {
      const real = realpathSync.native(given);
      const pinned = pinAt(real);
      fd = pinned.fd;
      if (!pinned.stat.isDirectory()) throw new Error("it is not a directory");
      if (realPathOf(fd, pinned.stat, real) !== real) throw new Error("it changed while it was opened");
      closeSync(openSync(real, constants.O_RDONLY));
      roots.push({ fd, given, real });
    } catch (error) {
      if (fd !== -1) closeSync(fd);
      for (const root of roots) closeSync(root.fd);
      throw new Error(`the workspace \`${given}\` can't be opened: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  return roots;
}

/** Is `path` this directory or below it? With a separator: `/work-evil` is not below `/work` (CVE-2025-53110). */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** The innermost workspace that holds a real path. */
export function rootOf(roots: readonly Root[], real: string): Root | undefined {
  let best: Root | undefined;
  for (const root of roots) if (isBelow(real, root.real) && (best === undefined || root.real.length > best.real.length)) best = root;
  return best;
}

/**
 * One step down from a directory above the workspaces, by text alone: nothing outside is ever looked at, so nothing about it can be learned.
 * Gives the workspace it arrives at, or the next directory above one, or `undefined` for anywhere else.
 */
export function stepTowards(roots: readonly Root[], above: string, name: string): Root | string | undefined {
  const path = join(above, name);
  const arrived = roots.find((root) => root.given === path || root.real === path);
  if (arrived !== undefined) return arrived;
  return roots.some((root) => isBelow(dirname(root.given), path) || isBelow(dirname(root.real), path)) ? path : undefined;
}
