/** Writing a file: whole into a temporary one beside it, renamed over it; in place only where it has several names. */
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { Found, WriteOptions } from "../types.ts";
import { Refusal } from "../types.ts";
import type { Held } from "./held.ts";
import type { Place } from "./place.ts";
import { openPlace, syncDirectory, syncFile, temporaryName } from "./place.ts";
import { addressOf, CREATE, openPinned } from "./platform.ts";
import { chunksOf, hashFile } from "./read.ts";
import { hasCode, stale } from "./refusals.ts";
import { stateOf } from "./state.ts";
import type { Work } from "./work.ts";
import { needFile, open } from "./work.ts";

/** See `FileHands.write`. */
export async function writeFile(work: Work, found: Found, bytes: Uint8Array, options: WriteOptions): Promise<{ readonly hash: string }> {
  const held = open(work, found, "write");
  if (bytes.length > work.grant.limits.write) {
    throw new Refusal(
      "DENIED",
      `the content has ${bytes.length} bytes, more than the write limit of ${work.grant.limits.write}`,
      "write it in parts (mode append), or raise limits.write",
    );
  }
  if (found.type !== "absent") {
    needFile(found);
    if (options.mode === "create")
      throw new Refusal("FAILED", "there is already a file at the path; nothing was changed", "use mode overwrite, or another path");
  }
  const place = openPlace(work, found, held);
  let done = false;
  try {
    const hash =
      found.links > 1
        ? await writeInPlace(work, found, held, place, bytes, options)
        : await replace(work, found, held, place, bytes, options);
    done = true;
    return { hash };
  } finally {
    if (!done) place.undo();
    place.close();
  }
}

/** The last look before a change: the name is still what was judged, has as many names as then, and holds what was decided on. */
async function lookAgain(work: Work, found: Found, held: Held, place: Place, expected: string | undefined): Promise<void> {
  if (expected !== undefined && (await stateOf(work.roots, found, held, work.grant.signal)) !== expected) throw stale();
  if (found.type !== "absent" && fstatSync(held.pin.fd).nlink !== found.links) throw stale();
  place.check();
}

async function replace(work: Work, found: Found, held: Held, place: Place, bytes: Uint8Array, options: WriteOptions): Promise<string> {
  const temporary = `${addressOf(place.parent)}/${temporaryName(work.random)}`;
  const old = found.type === "absent" ? undefined : held;
  if (old !== undefined) checkWritable(old);
  const fd = openSync(temporary, CREATE, old === undefined ? 0o666 : 0o600);
  try {
    const hash = createHash("sha256");
    if (old !== undefined && options.mode === "append") await copyBytes(work, old, fd, hash);
    writeAll(fd, bytes, fstatSync(fd).size);
    hash.update(bytes);
    if (old !== undefined) keepOwner(fd, old);
    await syncFile(fd, options.durability);
    await lookAgain(work, found, held, place, options.expected);
    if (old === undefined) publish(temporary, place.address);
    else renameSync(temporary, place.address);
    await syncDirectory(place.parent, options.durability);
    return `sha256:${hash.digest("hex")}`;
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** A rename would replace a file that its owner made read-only; opening it for writing would not. A running program may be replaced. */
function checkWritable(held: Held): void {
  try {
    closeSync(openPinned(held.pin, constants.O_WRONLY));
  } catch (error) {
    if (!hasCode(error, "ETXTBSY")) throw error; // expected of a running program
  }
}

async function copyBytes(work: Work, from: Held, to: number, hash: ReturnType<typeof createHash>): Promise<void> {
  const fd = openPinned(from.pin, constants.O_RDONLY);
  try {
    let position = 0;
    for await (const chunk of chunksOf(fd, work.grant.signal)) {
      writeAll(to, chunk, position);
      hash.update(chunk);
      position += chunk.length;
    }
  } finally {
    closeSync(fd);
  }
}

/** Owner and mode of the old file. Set-id bits go, as the kernel drops them on a write (write(2)); a foreign owner only root can keep. */
function keepOwner(fd: number, old: Held): void {
  const now = fstatSync(fd);
  if (now.uid !== old.stat.uid || now.gid !== old.stat.gid) {
    try {
      fchownSync(fd, old.stat.uid, old.stat.gid);
    } catch (error) {
      if (!hasCode(error, "EPERM", "EINVAL")) throw error; // expected of anybody but root
    }
  }
  fchmodSync(fd, old.stat.mode & 0o777);
}

/** Gives a finished temporary file its name unless something is there: rename(2) would replace it, link(2) fails with EEXIST. */
export function publish(temporary: string, address: string): void {
  try {
    linkSync(temporary, address);
  } catch (error) {
    if (hasCode(error, "EEXIST")) throw stale();
    // File systems without hard links (FAT, some network ones): an exclusive empty file holds the name until the rename.
    if (!hasCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw error;
    closeSync(openSync(address, CREATE));
    renameSync(temporary, address);
    return;
  }
  unlinkSync(temporary);
}

/**
 * Keeps all names of the file, so it can't be renamed over. What grows is written first: when the disk is full the old bytes are still
 * whole and the growth is cut off again; overwriting needs no space.
 */
async function writeInPlace(work: Work, found: Found, held: Held, place: Place, bytes: Uint8Array, options: WriteOptions): Promise<string> {
  const fd = openPinned(held.pin, constants.O_RDWR);
  try {
    const size = fstatSync(fd).size;
    await lookAgain(work, found, held, place, options.expected);
    const start = options.mode === "append" ? size : 0;
    const kept = size - start;
    const old = Buffer.alloc(Math.min(kept, bytes.length));
    readSync(fd, old, 0, old.length, start);
    try {
      writeAll(fd, bytes.subarray(kept), start + kept);
      writeAll(fd, bytes.subarray(0, kept), start);
      ftruncateSync(fd, start + bytes.length);
    } catch (error) {
      writeAll(fd, old, start);
      ftruncateSync(fd, size);
      throw error;
    }
    await syncFile(fd, options.durability);
    return await hashFile(held, work.grant.signal);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

/** Removes a temporary file after a failure that is already being told. */
export function removeQuietly(address: string): void {
  try {
    unlinkSync(address);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error; // expected: nothing was made yet
  }
}
