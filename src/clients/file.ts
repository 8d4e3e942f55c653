/** A client's file on disk: read as it is, replaced whole or not at all, with the file as it was kept beside it. */
import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { Stats } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { Refusal } from "../types.ts";

/** A file as it was read. */
export interface ClientFile {
  /** The file itself: behind a link, what it leads to. The link stays. */
  readonly path: string;
  /** Its text without a byte order mark; undefined when there is no file. */
  readonly text: string | undefined;
  readonly mark: string;
}

const MARK = "\uFEFF";
const UNTOUCHED = "nothing was written";

/** Reads; Refusal INVALID_INPUT for what isn't a file of text, FAILED for what can't be read. Never waits on a pipe. */
export function readClientFile(path: string): ClientFile {
  return attempt(path, () => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return { path, text: undefined, mark: "" };
    if (found.isSymbolicLink() && !existsSync(path))
      throw new Refusal("INVALID_INPUT", `${path} is a link to nothing`, `mend or remove the link; ${UNTOUCHED}`);
    const real = realpathSync(path);
    if (!statSync(real).isFile())
      throw new Refusal("INVALID_INPUT", `${path} is not a file`, `remove it, or name another with --file; ${UNTOUCHED}`);
    const text = decode(path, readFileSync(real));
    return text.startsWith(MARK) ? { path: real, text: text.slice(1), mark: MARK } : { path: real, text, mark: "" };
  });
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal("INVALID_INPUT", `${path} is not UTF-8 text`, `save it as UTF-8; ${UNTOUCHED}`);
  }
}

/**
 * Puts `text` in the place of what was read: through a new file and a rename, with the mode and the owner it had. With `keep` the file as it was stays
 * beside it, and its name is given. Refused when the file has changed since it was read.
 */
export function replaceClientFile(file: ClientFile, text: string, keep: boolean): string | undefined {
  return attempt(file.path, () => {
    const stat = statSync(file.path, { throwIfNoEntry: false });
    if (stat) checkReplaceable(file.path, stat);
    if (readClientFile(file.path).text !== file.text)
      throw new Refusal("FAILED", `${file.path} has changed meanwhile`, `close the client and try again; ${UNTOUCHED}`);
    if (!stat) makeRoom(file.path);
    const backup = stat && keep ? keepBackup(file, stat) : undefined;
    const aside = `${file.path}.${randomBytes(8).toString("hex")}.tmp`;
    try {
      writeAside(aside, file.mark + text, stat, 0o7777);
      renameSync(aside, file.path);
      return backup;
    } catch (error) {
      for (const left of [aside, ...(backup === undefined ? [] : [backup])]) rmSync(left, { force: true });
      if (!stat) unmake(file.path);
      throw error;
    }
  });
}

/** A new file with the owner of `stat`, and of its mode what `mask` leaves. */
function writeAside(path: string, text: string, stat: Stats | undefined, mask: number): void {
  const fd = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  try {
    writeFileSync(fd, text);
    if (stat) {
      if (process.getuid?.() === 0) fchownSync(fd, stat.uid, stat.gid);
      fchmodSync(fd, stat.mode & mask);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function checkReplaceable(path: string, stat: Stats): void {
  const byHand = `put the entry in by hand (without --write it is printed); ${UNTOUCHED}`;
  // a root process may write anything, so the mode is asked as well
  if (process.platform !== "win32" && (stat.mode & 0o222) === 0)
    throw new Refusal("FAILED", `${path} is read-only`, `chmod u+w it and try again, or ${byHand}`);
  accessSync(path, constants.W_OK);
  if (stat.nlink > 1) throw new Refusal("FAILED", `${path} has several names (hard links), which a replacement would part`, byHand);
  if (process.getuid && process.getuid() !== 0 && stat.uid !== process.getuid())
    throw new Refusal("FAILED", `${path} belongs to another user`, `run this as its owner, or ${byHand}`);
}

/** The file as it was, under a free name beside it, private as a file that may hold tokens should be. */
function keepBackup({ path, text = "", mark }: ClientFile, stat: Stats): string {
  const [newest] = backupsOf(path);
  const number = newest === undefined ? 1 : numberOf(path, newest) + 1;
  const name = `${path}${BACKUP}${number === 1 ? "" : `.${number}`}`;
  writeAside(name, mark + text, stat, 0o600);
  return name;
}

const BACKUP = ".before-portcullis";

/** The backups of a file, the newest first. */
export function backupsOf(path: string): string[] {
  const start = basename(path) + BACKUP;
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(start) && /^(\.\d+)?$/.test(name.slice(start.length)));
  return names.map((name) => join(dirname(path), name)).sort((one, other) => numberOf(path, other) - numberOf(path, one));
}

function numberOf(path: string, backup: string): number {
  return Number(backup.slice(path.length + BACKUP.length + 1)) || 1;
}

const madeName = (path: string): string => `${path}.made-by-portcullis`;

/** Makes the directory of a file that isn't there, and notes beside it what was made, so that it can be undone. */
function makeRoom(path: string): void {
  const first = mkdirSync(dirname(path), { recursive: true });
  // never through a link that lies there in wait: it may lead anywhere
  if (first !== undefined || !existsSync(madeName(path))) writeFileSync(madeName(path), `${first ?? ""}\n`, { mode: 0o600, flag: "wx" });
}

/** Was the file made by us? */
export function wasMade(path: string): boolean {
  return existsSync(madeName(path));
}

/** Removes a file that was made by us, and the directories that were made for it as far as nothing else is in them. */
export function unmake(path: string): void {
  attempt(path, () => {
    const first = readFileSync(madeName(path), "utf8").trim();
    rmSync(path, { force: true });
    rmSync(madeName(path));
    if (first === "" || !(dirname(path) + sep).startsWith(first + sep)) return;
    for (let directory = dirname(path); directory.length >= first.length; directory = dirname(directory)) {
      try {
        rmdirSync(directory);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOTEMPTY") return;
        throw error;
      }
    }
  });
}

/** Removes a backup that has been put back. */
export function dropBackup(name: string): void {
  rmSync(name, { force: true });
}

/** Forgets that the file was made by us: from now on it is somebody's. */
export function forgetMade(path: string): void {
  rmSync(madeName(path), { force: true });
}

/** System errors in words that say what to do. */
function attempt<Result>(path: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code = "UNKNOWN" } = error as NodeJS.ErrnoException;
    const why =
      { EACCES: "this user may not", EPERM: "this user may not", EROFS: "the file system is read-only", ENOSPC: "the disk is full" }[
        code
      ] ?? code;
    throw new Refusal(
      "FAILED",
      `${path} can't be read or written (${why})`,
      `mend that and try again, or put the entry in by hand; ${UNTOUCHED}`,
      error,
    );
  }
}
