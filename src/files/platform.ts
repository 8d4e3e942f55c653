/**
 * How a descriptor is named, pinned and judged on each system. Linux judges the descriptor itself through /proc (proc(5), open(2) O_PATH).
 * macOS has neither: paths are opened with O_NOFOLLOW_ANY, which refuses a link in any component. Windows has only the weaker check:
 * the path is resolved and compared with the opened file's identity, so a swap between check and use is found for reads, not for renames.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync } from "node:fs";
import type { Stats } from "node:fs";

const LINUX = process.platform === "linux";
const O_PATH = 0o10000000;
const O_NOFOLLOW_ANY = process.platform === "darwin" ? 0x20000000 : 0;
/** Undefined on Windows, where they mean nothing. */
const NOFOLLOW = (constants.O_NOFOLLOW as number | undefined) ?? 0;
const NONBLOCK = (constants.O_NONBLOCK as number | undefined) ?? 0;
const PIN = LINUX ? O_PATH | NOFOLLOW : constants.O_RDONLY | NONBLOCK | NOFOLLOW | O_NOFOLLOW_ANY;

/** A pinned thing: a descriptor (-1 where the system can't pin a link or a special file) and the real path it was opened as. */
export interface Pin {
  readonly fd: number;
  readonly real: string;
}

/** A path string that reaches the pinned thing, through its descriptor where the system can. */
export function addressOf(pin: Pin): string {
  return LINUX ? `/proc/self/fd/${pin.fd}` : pin.real;
}

/** Opens `address` without following a link at its end. Links and special files are pinned, never opened for reading or writing. */
export function pinAt(address: string): { fd: number; stat: Stats } {
  if (!LINUX) {
    const stat = lstatSync(address);
    if (!stat.isFile() && !stat.isDirectory()) return { fd: -1, stat };
  }
  const fd = openSync(address, PIN);
  try {
    return { fd, stat: fstatSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Where a pinned thing really is now, or `undefined` when it is gone or has been moved while it was opened. `expected` is how it was reached. */
export function realPathOf(fd: number, stat: Stats, expected: string): string | undefined {
  if (LINUX) {
    const real = readlinkSync(`/proc/self/fd/${fd}`);
    if (real === expected) return stat.nlink > 0 ? real : undefined;
    return isAt(real, stat) ? real : undefined;
  }
  const real = fd === -1 ? expected : realpathSync.native(expected);
  return isAt(real, stat) ? real : undefined;
}

/**
 * Is this file, by device and inode, what `path` names? The text that /proc shows for a deleted file (" (deleted)") is a legal name,
 * so text alone decides nothing.
 */
export function isAt(path: string, stat: Stats): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.dev === stat.dev && there.ino === stat.ino;
}

/** Opens a judged thing for reading or writing through its descriptor; `flags` are access flags. Never blocks on a FIFO. */
export function openPinned(pin: Pin, flags: number): number {
  return openSync(addressOf(pin), flags | NONBLOCK | (LINUX ? 0 : NOFOLLOW | O_NOFOLLOW_ANY));
}

/** Flags that make a new file and fail on anything that is already there, links included. */
export const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NOFOLLOW;

/** Closes a descriptor if there is one. */
export function closePin(fd: number): void {
  if (fd !== -1) closeSync(fd);
}
