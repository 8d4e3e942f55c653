/**
 * Rotation of a log file that several processes append to. A full file is renamed, and whoever holds it open goes on writing to it until the next look at
 * its name: so no line is lost, and nobody needs a lock. Old files are `FILE.<number>-<random>`, the highest number is the newest: numbers don't
 * depend on the clock, and the random part keeps two processes from renaming to the same name.
 */
import { readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** `size` in bytes, `age` in milliseconds, `keep` old files. */
export interface RotateSettings {
  readonly size: number;
  readonly age: number;
  readonly keep: number;
}

/** An old file that was written to less than this many milliseconds ago stays, because a process that still holds it may write to it. */
const STILL_WRITTEN = 60_000;

/** What must be known of the file in use. Birth is 0 where the file system doesn't tell. */
export interface LogStat {
  readonly size: number;
  readonly birthtimeMs: number;
}

/** Is it time for a new file? A clock that was set back makes no file old. */
export function isDue({ size, birthtimeMs }: LogStat, settings: RotateSettings, now: number): boolean {
  return size >= settings.size || (size > 0 && birthtimeMs > 0 && now - birthtimeMs >= settings.age);
}

/** Puts the file aside and removes the oldest beyond `keep`. `random` is unique text. Rejects when that can't be done; no line is lost then. */
export async function rotate(file: string, settings: RotateSettings, random: string, now: number): Promise<void> {
  try {
    const old = await oldFiles(file);
    await rename(file, `${file}.${(old[0]?.number ?? 0) + 1}-${random}`);
    for (const { path } of old.slice(Math.max(0, settings.keep - 1)))
      if (now - (await stat(path)).mtimeMs > STILL_WRITTEN) await unlink(path);
  } catch (error) {
    // Expected: another process did it a moment ago, or the directory is gone.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** The old files of a log, newest first; none where there is no such directory. */
export async function oldFiles(file: string): Promise<{ readonly path: string; readonly number: number }[]> {
  const start = `${basename(file)}.`;
  const names = await readdir(dirname(file)).catch(noneIfAbsent);
  return names
    .filter((name) => name.startsWith(start))
    .flatMap((name) => {
      const number = /^(\d{1,15})-[0-9a-f]+$/.exec(name.slice(start.length))?.[1];
      return number === undefined ? [] : [{ path: join(dirname(file), name), number: Number(number) }];
    })
    .sort((a, b) => b.number - a.number);
}

/** Expected: the directory vanished. */
function noneIfAbsent(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
