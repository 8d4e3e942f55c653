/** A tree walked by descriptors: each directory is opened in its parent and judged before its names are told, so a walk can't be led out. */
import type { Dirent } from "node:fs";
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Entry, PathType, Walked, WalkOptions } from "../types.ts";
import { compileGlob } from "./glob.ts";
import type { Held } from "./held.ts";
import { typeOf } from "./held.ts";
import type { Pin } from "./platform.ts";
import { addressOf, closePin, pinAt, realPathOf } from "./platform.ts";
import { hasCode } from "./refusals.ts";
import { listUnignored } from "./ripgrep.ts";
import { entryType, namesIn } from "./tree.ts";
import type { Grant } from "./work.ts";
import { checkSignal } from "./work.ts";

/** Names between two turns of the event loop. */
const TURN = 2000;

/** The names in a directory that may be listed. */
export function listDirectory(held: Held, grant: Grant, details: boolean): readonly Entry[] {
  const entries: Entry[] = [];
  for (const entry of namesIn(held.pin)) {
    if (!grant.admits(join(held.pin.real, entry.name), "list")) continue;
    if (!details) {
      entries.push({ name: entry.name, type: entryType(entry) });
      continue;
    }
    const stat = lstatSync(`${addressOf(held.pin)}/${entry.name}`, { throwIfNoEntry: false });
    if (stat !== undefined) entries.push({ name: entry.name, type: typeOf(stat), size: stat.size, modified: stat.mtimeMs });
  }
  return entries;
}

/** See `FileHands.walk`. */
export async function walkTree(held: Held, grant: Grant, options: WalkOptions): Promise<Walked> {
  const unignored = options.respectGitignore === true ? await listUnignored(held.pin, grant.signal) : undefined;
  const entries: { relative: string; type: PathType }[] = [];
  const limits = { maxDepth: options.maxDepth ?? Infinity, leaveOut: leaveOut(excluder(options.excludePatterns ?? []), unignored) };
  const whole = await walkNames(held.pin, grant, limits, (relative, type) => {
    if (!grant.admits(join(held.pin.real, relative), "list")) return true;
    if (entries.length === options.maxEntries) return false;
    entries.push({ relative, type });
    return true;
  });
  return { entries, truncated: !whole };
}

/** As the reference server's directory_tree reads its patterns. */
function excluder(patterns: readonly string[]): (relative: string) => boolean {
  const globs = patterns.flatMap((pattern) => (pattern.includes("*") ? [pattern] : [pattern, `**/${pattern}`])).map(compileGlob);
  return (relative) => globs.some((matches) => matches(relative));
}

/** One predicate of what a walk leaves out. `unignored` has files and the directories that lead to them. */
export function leaveOut(
  exclude: (relative: string) => boolean,
  unignored: ReadonlySet<string> | undefined,
): (relative: string) => boolean {
  return (relative) => (unignored !== undefined && !unignored.has(relative)) || exclude(relative);
}

/**
 * Visits everything below a directory, a directory before what it holds. A directory that may not be listed is visited and not entered; so
 * is one that can't be opened, or that something else took the place of. `visit` says `false` to end the walk; then it gives `false`.
 */
export async function walkNames(
  top: Pin,
  grant: Grant,
  options: { readonly maxDepth: number; readonly leaveOut: (relative: string) => boolean },
  visit: (relative: string, type: PathType) => boolean,
): Promise<boolean> {
  const open: { pin: Pin; relative: string; names: readonly Dirent[]; next: number }[] = [
    { pin: top, relative: "", names: namesIn(top), next: 0 },
  ];
  let turn = TURN;
  try {
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const entry = level.names[level.next++];
      if (entry === undefined) {
        open.pop();
        if (level.pin !== top) closePin(level.pin.fd);
        continue;
      }
      const relative = level.relative === "" ? entry.name : `${level.relative}/${entry.name}`;
      if (options.leaveOut(relative)) continue;
      if (--turn === 0) {
        turn = TURN;
        await setImmediate();
        checkSignal(grant.signal);
      }
      if (!visit(relative, entryType(entry))) return false;
      if (!entry.isDirectory() || open.length >= options.maxDepth || !grant.admits(join(top.real, relative), "list")) continue;
      const pin = pinDirectory(level.pin, entry.name);
      if (pin !== undefined) open.push({ ...pin, relative, next: 0 });
    }
    return true;
  } finally {
    for (const { pin } of open) if (pin !== top) closePin(pin.fd);
  }
}

function pinDirectory(parent: Pin, name: string): { pin: Pin; names: readonly Dirent[] } | undefined {
  let fd = -1;
  try {
    const opened = pinAt(`${addressOf(parent)}/${name}`);
    fd = opened.fd;
    const real = join(parent.real, name);
    if (opened.stat.isDirectory() && realPathOf(fd, opened.stat, real) === real) {
      const pin = { fd, real };
      const names = namesIn(pin);
      fd = -1;
      return { pin, names };
    }
    return undefined;
  } catch (error) {
    // Expected: gone meanwhile, or not ours to list; the walk goes on without it.
    if (hasCode(error, "ENOENT", "EACCES", "EPERM", "ELOOP", "ENOTDIR")) return undefined;
    throw error;
  } finally {
    closePin(fd);
  }
}
