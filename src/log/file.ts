/**
 * Log lines to a file that several servers may share (over stdio every client starts its own). Before each write a process looks whether the name still
 * means the file that it holds: after a rotation by another process, or when the directory vanished, it opens it anew. Lines that can't be written wait.
 */
import { close, constants, fstat, mkdirSync, open, openSync, write } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { isDue, rotate } from "./rotate.ts";
import type { RotateSettings } from "./rotate.ts";
import { GATHER, MOST_WAITING } from "./sink.ts";
import type { Sink } from "./sink.ts";

/** Milliseconds after which a write that failed is tried again, and a rotation. */
const TRY_AGAIN = { write: 1_000, rotate: 60_000 } as const;

const NEWLINE = 10;

/** Without waiting, because a FIFO would wait for its reader. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY;
const MODE = 0o600;

const [openAsync, writeAsync, fstatAsync, closeAsync] = [promisify(open), promisify(write), promisify(fstat), promisify(close)];

/** Opens a log file and makes its directory, at once; gives what kept it from that instead of throwing. */
export function openFile(
  file: string,
): { readonly fd: number; readonly error?: undefined } | { readonly fd?: undefined; readonly error: unknown } {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return { fd: openSync(file, FLAGS, MODE) };
  } catch (error) {
    return { error };
  }
}

export interface FileOptions {
  readonly file: string;
  /** From `openFile`. */
  readonly fd: number;
  readonly rotate: RotateSettings;
  /** Milliseconds since 1970, and monotonic ones. */
  readonly now: () => number;
  readonly clock: () => number;
  /** Text that is unique at each call. */
  readonly random: () => string;
  /** The log can't be written, or not be rotated: told once for each time that it begins. */
  readonly onTrouble: (what: "write" | "rotate", error: unknown) => void;
  /** All is written, after trouble or after `lost` lines were dropped. */
  readonly onEnd: (lost: number) => void;
}

export class FileSink implements Sink {
  readonly #options: FileOptions;
  #fd: number;
  readonly #lines: string[] = [];
  #bytes = 0;
  #dropped = 0;
  /** Lines that were dropped and told of. */
  #told = 0;
  /** The last try failed. */
  #trouble = false;
  /** The last write ended inside a line. */
  #torn = false;
  /** A rotation failed: none is tried before this time of `clock`. */
  #rotateAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: FileOptions) {
    this.#options = options;
    this.#fd = options.fd;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > MOST_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    this.#bytes += bytes;
    if (this.#bytes >= GATHER.bytes && !this.#trouble) void this.#start();
    else this.#wait();
  }

  dropped(): number {
    return this.#dropped;
  }

  async end(patience: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patience);
    const all = async (): Promise<void> => {
      await this.#writing;
      await this.#start();
    };
    await Promise.race([all(), late.promise]);
    clearTimeout(timer);
    clearTimeout(this.#timer);
    // Not waited for: what has not ended by now may never end.
    closeAsync(this.#fd).catch(() => undefined);
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => void this.#start(), this.#trouble ? TRY_AGAIN.write : GATHER.time).unref();
  }

  /** Writes what waits, unless that is under way. Never rejects. */
  #start(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
      if (this.#lines.length > 0) this.#wait();
    });
    return this.#writing;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#lines.length > 0) await this.#append(await this.#look());
    } catch (error) {
      const begins = !this.#trouble;
      this.#trouble = true;
      if (begins) this.#options.onTrouble("write", error);
      return;
    }
    // Only now is there room for a line about those that had none.
    const lost = this.#dropped - this.#told;
    if (lost > 0 || this.#trouble) this.#options.onEnd(lost);
    this.#told = this.#dropped;
    this.#trouble = false;
  }

  /** Appends some whole lines at once, so that other processes' lines don't come between. A line that was cut by a fault is written again, whole. */
  async #append(fd: number): Promise<void> {
    let text = this.#torn ? "\n" : "";
    for (const line of this.#lines) {
      text += line;
      if (text.length >= GATHER.bytes) break;
    }
    const bytes = Buffer.from(text);
    let done = 0;
    try {
      while (done < bytes.length) done += (await writeAsync(fd, bytes, done, bytes.length - done, null)).bytesWritten;
    } finally {
      this.#forget(bytes.subarray(0, done));
    }
  }

  /** Takes away the lines that are in the file whole. */
  #forget(written: Buffer): void {
    if (written.length === 0) return;
    let whole = this.#torn ? -1 : 0;
    for (const byte of written) if (byte === NEWLINE) whole += 1;
    this.#torn = written.at(-1) !== NEWLINE;
    for (const line of this.#lines.splice(0, whole)) this.#bytes -= Buffer.byteLength(line);
  }

  /** The file to write to now: put aside when it is due, opened when its name means nothing or another file, its directory made anew. */
  async #look(): Promise<number> {
    const { file, rotate: settings, now } = this.#options;
    const held = await fstatAsync(this.#fd);
    // A device or a pipe is what it is.
    if (!held.isFile()) return this.#fd;
    const named = await statOf(file);
    const same = named?.ino === held.ino && named.dev === held.dev;
    if (same && !(isDue(held, settings, now()) && (await this.#rotate()))) return this.#fd;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const before = this.#fd;
    this.#fd = await openAsync(file, FLAGS, MODE);
    this.#torn = false;
    await closeAsync(before);
    return this.#fd;
  }

  /** Puts the file aside; false, and said, when that can't be done: then the log goes on in the same file. */
  async #rotate(): Promise<boolean> {
    const { file, rotate: settings, random, now, clock, onTrouble } = this.#options;
    if (clock() < this.#rotateAt) return false;
    try {
      await rotate(file, settings, random(), now());
      return true;
    } catch (error) {
      if (this.#rotateAt === -Infinity) onTrouble("rotate", error);
      this.#rotateAt = clock() + TRY_AGAIN.rotate;
      return false;
    }
  }
}

async function statOf(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Expected: the file, or its directory, was taken away.
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
