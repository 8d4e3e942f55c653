/**
 * The file door: the only way to the files of the workspaces. Eyes judge paths and keep them open for one call; hands do what was decided,
 * through the very descriptors that were judged.
 */
import type { Entry, FileEyes, FileHands, Found, PathOp } from "../types.ts";
import { removeCopy } from "./copy-tree.ts";
import { locate, openPlain } from "./find.ts";
import type { Held } from "./held.ts";
import { HeldPaths } from "./held.ts";
import { closePin } from "./platform.ts";
import { leftoversIn } from "./place.ts";
import { hashFile, readBytes, readLines } from "./read.ts";
import { refusalOf } from "./refusals.ts";
import { makeDirectory, remove } from "./remove.ts";
import { openRoots } from "./roots.ts";
import { searchContent } from "./search-content.ts";
import { searchNames } from "./search-names.ts";
import { stateOf } from "./state.ts";
import { namesOf, surveyDirectories } from "./survey.ts";
import type { Surveyed } from "./survey.ts";
import { copy, move } from "./transfer.ts";
import { listBelow } from "./tree.ts";
import { listDirectory, walkTree } from "./walk.ts";
import type { Grant, Random, Work } from "./work.ts";
import { needDirectory, needFile, open } from "./work.ts";
import { writeFile } from "./write.ts";

export type { Surveyed } from "./survey.ts";
export type { Grant } from "./work.ts";

/** Eyes of one call. `close` gives back every descriptor; tokens are worthless after it. */
export interface OpenEyes extends FileEyes {
  hands(grant: Grant): FileHands;
  close(): void;
}

export interface Door {
  /** Real paths of the workspaces, in the order given. */
  readonly workspaces: readonly string[];
  /** Eyes for one call; `signal` stops long looks. */
  eyes(signal: AbortSignal): OpenEyes;
  /** Names in a directory given by its real path; none when it is no directory inside. */
  names(directory: string): readonly Entry[];
  /** Visits every directory of the workspaces; see `surveyDirectories`. */
  survey(look: (directory: Surveyed) => readonly string[], options: { readonly signal: AbortSignal; readonly now: number }): Promise<void>;
  /** Deletes what dead processes left half written in a directory; gives the names, `[]` when it is no directory inside. */
  removeLeftovers(directory: string): readonly string[];
  close(): void;
}

/** Opens the workspaces and keeps them open. Throws a plain Error for one that is no directory. */
export function openDoor(options: { readonly workspaces: readonly string[]; readonly random: Random }): Door {
  const roots = openRoots(options.workspaces);
  return {
    workspaces: roots.map((root) => root.real),
    eyes: (signal) => {
      const held = new HeldPaths();
      return {
        find: (path, how) => held.hold(locate(roots, path, how?.follow ?? true)),
        state: (found) => told(() => stateOf(roots, found, held.of(found), signal)),
        below: (found) => (found.type === "directory" ? toldNow(() => listBelow(held.of(found).pin)) : []),
        hands: (grant) => handsOf({ roots, held, grant, random: options.random }),
        close: () => held.clear(closePin),
      };
    },
    names: (directory) => toldNow(() => namesOf(roots, directory)),
    survey: (look, options) => told(() => surveyDirectories(roots, look, options)),
    removeLeftovers: (directory) => {
      const found = openPlain(roots, directory);
      if (found === undefined) return [];
      try {
        const names = found.stat.isDirectory() ? leftoversIn(found.pin) : [];
        for (const name of names) removeCopy(found.pin, name);
        return names;
      } finally {
        closePin(found.pin.fd);
      }
    },
    close: () => {
      for (const root of roots) closePin(root.fd);
    },
  };
}

function handsOf(work: Work): FileHands {
  const { grant } = work;
  const file = (found: Found): Held => {
    const held = open(work, found, "read");
    needFile(found);
    return held;
  };
  const directory = (found: Found, op: PathOp): Held => {
    const held = open(work, found, op);
    needDirectory(found);
    return held;
  };
  return {
    read: (found, range) => toldNow(() => readBytes(file(found), range ?? {}, grant.limits.read)),
    lines: (found, range) => told(async () => readLines(file(found), range, grant.limits.read, grant.signal)),
    hash: (found) => told(async () => hashFile(file(found), grant.signal)),
    list: (found, options) => toldNow(() => listDirectory(directory(found, "list"), grant, options?.details ?? false)),
    walk: (found, options) => told(async () => walkTree(directory(found, "list"), grant, options)),
    searchNames: (found, search) => told(async () => searchNames(directory(found, "list"), grant, search)),
    searchContent: (found, search) =>
      told(async () => searchContent(work, found.type === "file" ? file(found) : directory(found, "list"), search)),
    write: (found, bytes, options) => told(() => writeFile(work, found, bytes, options)),
    makeDirectory: (found, options) => told(() => makeDirectory(work, found, options)),
    move: (source, destination, options) => told(() => move(work, source, destination, options)),
    copy: (source, destination, options) => told(() => copy(work, source, destination, options)),
    remove: (found, options) => told(() => remove(work, found, options)),
  };
}

/** Whatever goes wrong in the door leaves it as a refusal. */
function toldNow<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw refusalOf(error);
  }
}

async function told<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw refusalOf(error);
  }
}
