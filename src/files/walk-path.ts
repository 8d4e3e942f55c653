/**
 * A path walked one name at a time from a workspace's descriptor, as the kernel would (path_resolution(7)), but never through anything
 * outside: there it goes by text alone, and only as far as the directories above the workspaces.
 */
import type { Stats } from "node:fs";
import { fstatSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { Refusal } from "../types.ts";
import { checkPathText, splitPath } from "./path-text.ts";
import type { Pin } from "./platform.ts";
import { addressOf, closePin, pinAt, realPathOf } from "./platform.ts";
import { hasCode, notFound, outside, refusalOf } from "./refusals.ts";
import type { Root } from "./roots.ts";
import { rootOf, stepTowards } from "./roots.ts";

/** As many links as Linux follows (path_resolution(7)). */
const HOPS = 40;

/** What a path led to. With `missing` names, `pin` and `stat` are the nearest directory that exists. */
export interface Located {
  readonly pin: Pin;
  readonly stat: Stats;
  readonly root: Root;
  readonly missing: readonly string[];
}

/** Where a walk stands: in a pinned directory (`owned` ones it opened itself), or without a pin above the workspaces. */
interface Place {
  readonly real: string;
  readonly pin?: Pin;
  readonly owned?: boolean;
}

/** Walks `path`; `undefined` when something was moved under the walk (start again). Throws `Refusal`. */
export function walkPath(roots: readonly Root[], path: string, follow: boolean): Located | undefined {
  const { base, names } = splitPath(path);
  const todo = names.reverse();
  let at = base === undefined ? inRoot(roots[0]) : startAt(roots, base);
  const moveTo = (next: Place): void => {
    leave(at);
    at = next;
  };
  let hops = 0;
  try {
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === "" || name === ".") continue;
      if (at.pin === undefined) {
        moveTo(name === ".." ? startAt(roots, dirname(at.real)) : stepDown(roots, at.real, name));
        continue;
      }
      if (name === "..") {
        const up = stepUp(roots, at.pin);
        if (up === undefined) return undefined;
        moveTo(up);
        continue;
      }
      const child = pinChild(at.pin, name);
      if (child === undefined) return absentBelow(roots, at.pin, [name, ...todo.reverse()]);
      if (child.stat.isSymbolicLink() && (follow || todo.length > 0)) {
        closePin(child.fd);
        if (++hops > HOPS) throw new Refusal("INVALID_INPUT", "too many symbolic links on the way", "use the path of the file itself");
        const target = readTarget(at.pin, name);
        if (target === undefined) return undefined;
        todo.push(...target.names.reverse());
        if (target.base !== undefined) moveTo(startAt(roots, target.base));
        continue;
      }
      const real = join(at.real, name);
      if (child.stat.isDirectory()) {
        moveTo({ real, pin: { fd: child.fd, real }, owned: true });
        continue;
      }
      if (todo.length === 0) return judge(roots, { fd: child.fd, real }, child.stat, []);
      closePin(child.fd);
      throw notFound("a part of the path is not a directory");
    }
    if (at.pin === undefined) throw outside();
    return judgeDirectory(roots, at.pin, []);
  } catch (error) {
    throw refusalOf(error);
  } finally {
    leave(at);
  }
}

function inRoot(root: Root | undefined): Place {
  if (root === undefined) throw outside();
  return { real: root.real, pin: root };
}

function leave(place: Place): void {
  if (place.owned === true && place.pin !== undefined) closePin(place.pin.fd);
}

/** A place above the workspaces, unless it is one. */
function startAt(roots: readonly Root[], real: string): Place {
  const root = roots.find((candidate) => candidate.real === real || candidate.given === real);
  return root === undefined ? { real } : inRoot(root);
}

function stepDown(roots: readonly Root[], above: string, name: string): Place {
  const next = stepTowards(roots, above, name);
  if (next === undefined) throw outside();
  return typeof next === "string" ? { real: next } : inRoot(next);
}

/** The parent directory: pinned while it is in a workspace, by text above. `undefined` when the directory was moved away meanwhile. */
function stepUp(roots: readonly Root[], pin: Pin): Place | undefined {
  const real = dirname(pin.real);
  if (rootOf(roots, real) === undefined) return { real };
  const parent = pinAt(`${addressOf(pin)}/..`);
  if (realPathOf(parent.fd, parent.stat, real) === real) return { real, pin: { fd: parent.fd, real }, owned: true };
  closePin(parent.fd);
  return undefined;
}

function pinChild(parent: Pin, name: string): ReturnType<typeof pinAt> | undefined {
  try {
    return pinAt(`${addressOf(parent)}/${name}`);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined; // expected of a caller's path
    throw error;
  }
}

/** What a link says, read as a path; `undefined` when it is no link any more. */
function readTarget(parent: Pin, name: string): ReturnType<typeof splitPath> | undefined {
  try {
    return splitPath(readlinkSync(`${addressOf(parent)}/${name}`));
  } catch (error) {
    if (hasCode(error, "ENOENT", "EINVAL")) return undefined; // expected: it was changed between two looks
    throw error;
  }
}

/** Names that don't exist below a directory that does. The kernel refuses `absent/..`, so no text is folded here either. */
function absentBelow(roots: readonly Root[], parent: Pin, names: readonly string[]): Located | undefined {
  if (names.includes("..")) throw notFound();
  return judgeDirectory(
    roots,
    parent,
    names.filter((name) => name !== "" && name !== "."),
  );
}

/** A directory the walk stands in, with a descriptor of its own for the result. */
function judgeDirectory(roots: readonly Root[], place: Pin, missing: readonly string[]): Located | undefined {
  const own = pinAt(`${addressOf(place)}/.`);
  return judge(roots, { fd: own.fd, real: place.real }, own.stat, missing);
}

/** The judgement: where the descriptor really is. Takes over `pin.fd`: closes it unless it is in the result. */
function judge(roots: readonly Root[], pin: Pin, stat: Stats, missing: readonly string[]): Located | undefined {
  let kept = false;
  try {
    const real = realPathOf(pin.fd, stat, pin.real);
    if (real === undefined) return undefined;
    const root = rootOf(roots, real);
    if (root === undefined) throw roots.every(isInPlace) ? outside() : movedRoot();
    checkPathText(join(real, ...missing));
    kept = true;
    return { pin: { fd: pin.fd, real }, stat, root, missing };
  } finally {
    if (!kept) closePin(pin.fd);
  }
}

function isInPlace(root: Root): boolean {
  return realPathOf(root.fd, fstatSync(root.fd), root.real) === root.real;
}

function movedRoot(): Refusal {
  return new Refusal("FAILED", "a workspace was moved or replaced since the server started", "restart the server");
}
