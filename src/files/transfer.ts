/** Moving and copying: the destination must be free, links stay links, a tree appears whole or not at all. */
import { linkSync, lstatSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import type { ChangeOptions, Found } from "../types.ts";
import { Refusal } from "../types.ts";
import { copyInto, removeCopy } from "./copy-tree.ts";
import type { Held } from "./held.ts";
import type { Place } from "./place.ts";
import { openPlace, syncDirectory, temporaryName } from "./place.ts";
import { addressOf, isAt } from "./platform.ts";
import { hasCode, refusalOf, stale } from "./refusals.ts";
import { refuseRoots } from "./remove.ts";
import { isBelow } from "./roots.ts";
import { stateOf } from "./state.ts";
import { empty, listBelow } from "./tree.ts";
import type { Work } from "./work.ts";
import { open, refuseUnless } from "./work.ts";
import { publish, removeQuietly } from "./write.ts";

/** See `FileHands.move`. */
export async function move(work: Work, source: Found, destination: Found, options: ChangeOptions): Promise<void> {
  const held = await prepare(work, source, destination, ["read", "delete"], options);
  refuseRoots(work, source);
  await between(work, source, held, destination, async (from, to) => {
    if (!renameFree(source, held, from, to)) {
      await copyTo(work, held, to, options);
      from.check();
      if (source.type === "directory") {
        empty(held.pin, (path) => refuseUnless(work, path, "delete"));
        rmdirSync(from.address);
      } else unlinkSync(from.address);
    }
    await syncDirectory(to.parent, options.durability);
    await syncDirectory(from.parent, options.durability);
  });
}

/** See `FileHands.copy`. */
export async function copy(work: Work, source: Found, destination: Found, options: ChangeOptions): Promise<void> {
  const held = await prepare(work, source, destination, ["read"], options);
  await between(work, source, held, destination, async (_from, to) => {
    await copyTo(work, held, to, options);
    await syncDirectory(to.parent, options.durability);
  });
}

/** Everything that can be refused without touching the disk, for the two tokens and for every file below the source. */
async function prepare(
  work: Work,
  source: Found,
  destination: Found,
  ops: readonly ("read" | "delete")[],
  options: ChangeOptions,
): Promise<Held> {
  const held = open(work, source, ...ops);
  open(work, destination, "write");
  if (source.type === "absent")
    throw new Refusal("NOT_FOUND", "the source does not exist", "check the path with list_directory or search_files");
  if (source.type === "special")
    throw new Refusal("DENIED", "the source is not a regular file", "only regular files, directories and links can be moved and copied");
  if (destination.type !== "absent")
    throw new Refusal(
      "FAILED",
      "there is already something at the destination; nothing was changed",
      "choose another destination, or delete what is there first",
    );
  if (isBelow(destination.path, source.path))
    throw new Refusal("INVALID_INPUT", "the destination is inside the source", "choose a destination outside of it");
  for (const { path } of source.type === "directory" ? listBelow(held.pin) : []) {
    refuseUnless(work, path, ...ops);
    refuseUnless(work, destination.path + path.slice(source.path.length), "write");
  }
  if (options.expected !== undefined && (await stateOf(work.roots, source, held, work.grant.signal)) !== options.expected) throw stale();
  return held;
}

async function between(
  work: Work,
  source: Found,
  held: Held,
  destination: Found,
  use: (from: Place, to: Place) => Promise<void>,
): Promise<void> {
  const from = openPlace(work, source, held);
  try {
    const to = openPlace(work, destination, work.held.of(destination));
    try {
      from.check();
      to.check();
      await use(from, to);
    } catch (error) {
      to.undo();
      throw error;
    } finally {
      to.close();
    }
  } finally {
    from.close();
  }
}

/**
 * Moves by name alone; `false` when source and destination are on different file systems. A file is linked and unlinked, because link(2)
 * never replaces what appeared at the destination meanwhile; rename(2) of a directory replaces at most an empty one.
 */
function renameFree(source: Found, held: Held, from: Place, to: Place): boolean {
  try {
    if (source.type === "directory") {
      renameSync(from.address, to.address);
      return true;
    }
    linkSync(from.address, to.address);
    if (!isAt(to.address, held.stat)) {
      unlinkSync(to.address);
      throw stale();
    }
    unlinkSync(from.address);
    return true;
  } catch (error) {
    if (hasCode(error, "EXDEV")) return false;
    if (source.type === "directory" || !hasCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw refusalOf(error);
  }
  // No hard links here, or none of a link.
  if (lstatSync(to.address, { throwIfNoEntry: false }) !== undefined) throw stale();
  renameSync(from.address, to.address);
  return true;
}

/** Copies under a temporary name beside the destination, then gives it its own. */
async function copyTo(work: Work, held: Held, to: Place, options: ChangeOptions): Promise<void> {
  const name = temporaryName(work.random);
  const address = `${addressOf(to.parent)}/${name}`;
  try {
    await copyInto(work, held, to.parent, name, options.durability);
    if (held.stat.isFile()) publish(address, to.address);
    else {
      to.check();
      renameSync(address, to.address);
    }
  } catch (error) {
    if (held.stat.isDirectory()) removeCopy(to.parent, name);
    else removeQuietly(address);
    throw error;
  }
}
