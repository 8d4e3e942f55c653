/** From the text of a path to a judged descriptor: exactly where the text says in four system calls, or by a walk that finds out why not. */
import { join, sep } from "node:path";
import { Refusal } from "../types.ts";
import { checkPathText, isPlain } from "./path-text.ts";
import { addressOf, closePin, pinAt, realPathOf } from "./platform.ts";
import type { Root } from "./roots.ts";
import { rootOf } from "./roots.ts";
import type { Located } from "./walk-path.ts";
import { walkPath } from "./walk-path.ts";

/** How often a walk starts over when something is moved under it. */
const TRIES = 16;

/** Finds what `path` names; relative ones start at the first workspace. The caller owns `pin.fd`. Throws `Refusal` and holds nothing then. */
export function locate(roots: readonly Root[], path: string, follow: boolean): Located {
  checkPathText(path);
  const plain = openPlain(roots, path);
  if (plain !== undefined) {
    if (!follow || !plain.stat.isSymbolicLink()) return plain;
    closePin(plain.pin.fd);
  }
  for (let tries = 0; tries < TRIES; tries++) {
    const found = walkPath(roots, path, follow);
    if (found !== undefined) return found;
  }
  throw new Refusal("FAILED", "the path keeps changing while it is opened", "wait until the other program is done, then repeat the call");
}

/**
 * The thing at exactly this path: without links, dots or surprises on the way. `undefined` for everything else, also when it is absent.
 * The kernel may have followed a link in the middle; then the descriptor's real path is another, and it is closed again.
 */
export function openPlain(roots: readonly Root[], path: string): Located | undefined {
  let root = roots[0];
  let relative = path;
  if (path.startsWith(sep) || process.platform === "win32") {
    root = rootOf(roots, path);
    if (root !== undefined) relative = path.slice(root.real.length + (root.real.endsWith(sep) ? 0 : 1));
  }
  if (root === undefined || !(relative === "" || isPlain(relative))) return undefined;
  const expected = join(root.real, relative);
  let opened: ReturnType<typeof pinAt>;
  try {
    opened = pinAt(`${addressOf(root)}/${relative === "" ? "." : relative}`);
  } catch {
    // Whatever went wrong, the walk finds out why without leaving the workspaces.
    return undefined;
  }
  if (realPathOf(opened.fd, opened.stat, expected) === expected) {
    return { pin: { fd: opened.fd, real: expected }, stat: opened.stat, root: rootOf(roots, expected) ?? root, missing: [] };
  }
  closePin(opened.fd);
  return undefined;
}
