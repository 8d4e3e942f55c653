/** Everything below a directory, each directory by its own descriptor, links never followed. */
import type { Dirent } from "node:fs";
import { lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Below, PathType } from "../types.ts";
import { Refusal } from "../types.ts";
import { typeOf } from "./held.ts";
import type { Pin } from "./platform.ts";
import { addressOf, closePin, pinAt, realPathOf } from "./platform.ts";
import { hasCode, stale } from "./refusals.ts";

/** A move, copy or delete of more than this is refused: nobody could look at it before saying yes. */
const MOST = 10_000;

/** Names of a pinned directory, sorted by code unit so that every machine gives the same order. */
export function namesIn(pin: Pin): readonly Dirent[] {
  return readdirSync(addressOf(pin), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a directory says of a name in it. */
export function entryType(entry: Dirent): PathType {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "special";
}

/** Runs `use` on a directory in a pinned one; `undefined` when the name is no directory any more, or not where it should be. */
export function inChild<T>(parent: Pin, name: string, use: (child: Pin) => T): T | undefined {
  let opened: ReturnType<typeof pinAt>;
  try {
    opened = pinAt(`${addressOf(parent)}/${name}`);
  } catch (error) {
    if (hasCode(error, "ENOENT", "EACCES", "ELOOP", "EPERM")) return undefined; // expected: gone meanwhile, or not ours
    throw error;
  }
  try {
    const real = join(parent.real, name);
    if (!opened.stat.isDirectory() || realPathOf(opened.fd, opened.stat, real) !== real) return undefined;
    return use({ fd: opened.fd, real });
  } finally {
    closePin(opened.fd);
  }
}

/** Lists what is below, sorted, directories before what they hold. More than 10,000: refused. */
export function listBelow(pin: Pin, into: Below[] = []): Below[] {
  for (const entry of namesIn(pin)) {
    const stat = lstatSync(`${addressOf(pin)}/${entry.name}`, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (into.length === MOST) {
      throw new Refusal("DENIED", `there are more than ${MOST} files below the directory`, "do it in parts, one subdirectory at a time");
    }
    into.push({ path: join(pin.real, entry.name), type: typeOf(stat), size: stat.isFile() ? stat.size : 0, links: stat.nlink });
    if (stat.isDirectory() && inChild(pin, entry.name, (child) => listBelow(child, into)) === undefined) throw stale();
  }
  return into;
}

/** Deletes what is below a pinned directory; `check` sees each path before. What became a link meanwhile is unlinked, not entered. */
export function empty(directory: Pin, check: (path: string) => void): void {
  for (const entry of namesIn(directory)) {
    check(join(directory.real, entry.name));
    const address = `${addressOf(directory)}/${entry.name}`;
    if (entryType(entry) !== "directory") unlinkSync(address);
    else if (inChild(directory, entry.name, (child) => empty(child, check) ?? true) === true) rmdirSync(address);
    else throw stale();
  }
}
