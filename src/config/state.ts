/** The state directory: who may see it, and the keys in it. */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** What was found, and mended, when the state directory was opened. */
export interface StateDirectory {
  readonly path: string;
  /** What was mended on the spot, in words; empty on a healthy machine. */
  readonly mended: readonly string[];
}

/** Raised when the state directory can't be used safely; the message says what to do. */
export class StateError extends Error {}

/** Makes the directory (0700) or checks it: it must be ours, a real directory, and nobody else's to read; modes are mended, those of our files in it too. */
export function openState(path: string): StateDirectory {
  const mended: string[] = [];
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const stat = statSync(path);
    if (!stat.isDirectory()) throw new StateError(`the state directory is not a directory: choose another with --state`);
    if (process.getuid && stat.uid !== process.getuid())
      throw new StateError(`the state directory belongs to another user: choose another with --state, or run as its owner`);
    if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
      chmodSync(path, 0o700);
      mended.push("the state directory was open to others: its mode is 0700 now");
    }
    mended.push(...closeFiles(path));
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError(
      `the state directory can't be made or opened (${(error as NodeJS.ErrnoException).code}): choose another with --state`,
      {
        cause: error,
      },
    );
  }
  return { path, mended };
}

/** Takes the files of the directory that are ours from everybody else; tells which had to be. */
function closeFiles(directory: string): string[] {
  if (process.getuid === undefined) return [];
  const uid = process.getuid();
  return readdirSync(directory).flatMap((name) => {
    const file = join(directory, name);
    const stat = lstatSync(file, { throwIfNoEntry: false }); // another process may just have removed it
    if (stat === undefined || !stat.isFile() || stat.uid !== uid || (stat.mode & 0o077) === 0) return [];
    chmodSync(file, 0o600);
    return [`${name} was open to others: its mode is 0600 now`];
  });
}

/** Is the secret key there, and whole? False when there is none yet. Throws a StateError, or the system's error, for one that can't be used. */
export function checkKey(directory: string, name: string, bytes: number): boolean {
  try {
    openKey(join(directory, name), bytes);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Reads a secret key of `bytes` bytes, or makes it (0600) with `random`. One of several processes that start at once makes it; all read the same. */
export function readKey(directory: string, name: string, bytes: number, random: (size: number) => Buffer): Buffer {
  const file = join(directory, name);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return openKey(file, bytes);
    } catch (error) {
      // Expected before the first start.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt > 0) throw error;
    }
    // Written aside and linked: whoever reads the final name finds all of it.
    const aside = `${file}.${random(8).toString("hex")}.tmp`;
    const fd = openSync(aside, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);
    try {
      writeSync(fd, random(bytes));
      fsyncSync(fd);
      linkSync(aside, file);
    } catch (error) {
      // Expected: another process was faster, and its key is read above.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      closeSync(fd);
      unlinkSync(aside);
    }
  }
}

/** Puts a new secret key in the place of the one there is, whole or not at all. */
export function replaceKey(directory: string, name: string, bytes: number, random: (size: number) => Buffer): void {
  const aside = join(directory, `${name}.${random(8).toString("hex")}.tmp`);
  const fd = openSync(aside, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);
  try {
    writeSync(fd, random(bytes));
    fsyncSync(fd);
    renameSync(aside, join(directory, name));
  } finally {
    closeSync(fd);
  }
}

function openKey(file: string, bytes: number): Buffer {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(fd);
    if (process.platform !== "win32" && (stat.mode & 0o077) !== 0)
      throw new StateError(`the key file ${file} is open to others: chmod 600 it`);
    const key = Buffer.alloc(bytes + 1);
    const read = readSync(fd, key, 0, bytes + 1, 0);
    if (read !== bytes)
      throw new StateError(`the key file ${file} holds ${read} bytes instead of ${bytes}: restore it, or remove it to start anew`);
    return key.subarray(0, bytes);
  } finally {
    closeSync(fd);
  }
}

/** Where state lives when no flag says so: `PORTCULLIS_STATE`, `$XDG_STATE_HOME/portcullis`, `~/.local/state/portcullis`. */
export function defaultState(env: Readonly<Record<string, string | undefined>>, home: string): string {
  return env.PORTCULLIS_STATE || join(env.XDG_STATE_HOME || join(home, ".local", "state"), "portcullis");
}

/** The version stamped into the bundle, or what package.json says when run from source. */
export function readVersion(stamped: string | undefined, packageFile: URL): string {
  return stamped ?? (JSON.parse(readFileSync(packageFile, "utf8")) as { version: string }).version;
}
