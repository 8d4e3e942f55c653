/** The place a change is made at: the opened parent directory and one name in it. Everything that changes a directory goes through here. */
import { closeSync, constants, fsync, mkdirSync, openSync, readdirSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Durability, Found } from "../types.ts";
import { openPlain } from "./find.ts";
import type { Held } from "./held.ts";
import type { Pin } from "./platform.ts";
import { addressOf, closePin, isAt, pinAt, realPathOf } from "./platform.ts";
import { hasCode, outside, stale } from "./refusals.ts";
import type { Random, Work } from "./work.ts";

export interface Place {
  readonly parent: Pin;
  /** Reaches the name through the parent's descriptor. */
  readonly address: string;
  /** Throws STALE_APPROVAL when the name is not what was judged: another file, or anything where nothing was. */
  check(): void;
  /** Removes the parents that were made for this place, as far as they are empty. */
  undo(): void;
  close(): void;
}

const syncDescriptor = promisify(fsync);

/** Opens the parent of a token's path, once more judged by its descriptor; missing parents are made on the way. */
export function openPlace(work: Work, found: Found, held: Held): Place {
  if (found.relative === "") throw outside();
  const made: string[] = [];
  const undo = (): void => {
    for (const address of made.reverse()) removeIfEmpty(address);
  };
  const start = openParent(work, held);
  const pins = [start];
  const close = (): void => {
    for (const pin of pins) closePin(pin.fd);
  };
  let parent = start;
  try {
    for (const name of held.missing.slice(0, -1)) {
      parent = makeIn(parent, name, made);
      pins.push(parent);
    }
  } catch (error) {
    undo();
    close();
    throw error;
  }
  const address = `${addressOf(parent)}/${basename(found.path)}`;
  const check = (): void => {
    const expected = found.type === "absent" ? undefined : held.stat;
    if (expected === undefined ? exists(address) : !isAt(address, expected)) throw stale();
  };
  return { parent, address, check, undo, close };
}

/** The directory that holds the token's path, or for an absent one the nearest that exists; verified to be where it was judged. */
function openParent(work: Work, held: Held): Pin {
  const real = held.missing.length > 0 ? held.pin.real : dirname(held.pin.real);
  const parent = openPlain(work.roots, real);
  if (parent === undefined) throw stale();
  if (parent.stat.isDirectory()) return parent.pin;
  closePin(parent.pin.fd);
  throw stale();
}

/** Makes a directory in a pinned one, or takes the one that appeared meanwhile, and pins it without following a link. */
function makeIn(parent: Pin, name: string, made: string[]): Pin {
  const address = `${addressOf(parent)}/${name}`;
  try {
    mkdirSync(address);
    made.push(address);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error; // expected: the one that appeared meanwhile is looked at below
  }
  const child = pinAt(address);
  const real = join(parent.real, name);
  if (child.stat.isDirectory() && realPathOf(child.fd, child.stat, real) === real) return { fd: child.fd, real };
  closePin(child.fd);
  throw stale();
}

function exists(address: string): boolean {
  try {
    closePin(pinAt(address).fd);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false; // that is the question
    throw error;
  }
}

function removeIfEmpty(address: string): void {
  try {
    rmdirSync(address);
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY", "ENOENT", "EEXIST")) throw error; // expected: somebody has put something into it, or taken it away
  }
}

/** Makes the names in a directory survive a power failure (fsync(2)); Windows has no such call for directories. */
export async function syncDirectory(directory: Pin, durability: Durability): Promise<void> {
  if (durability !== "power" || process.platform === "win32") return;
  const fd = openSync(addressOf(directory), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await syncDescriptor(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes a file's bytes survive a power failure. */
export async function syncFile(fd: number, durability: Durability): Promise<void> {
  if (durability === "power") await syncDescriptor(fd);
}

const LEFTOVER = /^\.portcullis-(\d+)-[0-9a-f]{16}\.tmp$/;

/** A name for a temporary file or directory. It says which process made it, so that leftovers of dead ones can be told. */
export function temporaryName(random: Random): string {
  return `.portcullis-${process.pid}-${Buffer.from(random(8)).toString("hex")}.tmp`;
}

/** Names of temporary files and directories that dead processes left in a pinned directory. */
export function leftoversIn(directory: Pin): readonly string[] {
  return readdirSync(addressOf(directory)).filter((name) => {
    const pid = LEFTOVER.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, "ESRCH"); // EPERM: it lives, as another user
  }
}
