/** Backups of the main database while it is in use: one consistent copy, then compressed as gzip; the newest few are kept. */
import { open, readdir, rename, rm } from "node:fs/promises";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Database } from "./database.ts";

const compress = promisify(gzip);
/** Each part becomes a gzip member of its own (RFC 1952 section 2.2 lets them follow one another), so that parts are compressed side by side. */
const PART_BYTES = 4 * 1024 * 1024;
const PARTS_AT_ONCE = 4;
const NAME = /^portcullis-\d{8}T\d{9}Z\.db\.gz$/u;

export interface BackupOptions {
  /** Where the backups go. */
  readonly directory: string;
  /** How many to keep, with the new one. */
  readonly keep: number;
  /** Milliseconds since 1970, for the name. */
  readonly time: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Writes `portcullis-<time>.db.gz` and removes the oldest beyond `keep`. Returns the path of the new one. Restore: gunzip it to `portcullis.db`. */
export async function backupDatabase(db: Database, options: BackupOptions): Promise<string> {
  const { directory, keep, time, onProgress } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, `portcullis-${new Date(time).toISOString().replaceAll(/[-:.]/gu, "")}.db.gz`);
  const copy = `${file}.copy`;
  try {
    // The whole database in one step: one snapshot, and other processes go on writing. Created first, for its mode.
    await (await open(copy, "w", 0o600)).close();
    await db.backup(copy, { progress: () => 0x7fff_ffff });
    await compressFile(copy, `${file}.part`, onProgress);
    await rename(`${file}.part`, file);
  } finally {
    await rm(copy, { force: true });
    await rm(`${file}.part`, { force: true });
  }
  const names = (await readdir(directory)).filter((name) => NAME.test(name)).sort();
  for (const name of names.slice(0, Math.max(0, names.length - keep))) await rm(join(directory, name));
  return file;
}

async function compressFile(from: string, to: string, onProgress: BackupOptions["onProgress"]): Promise<void> {
  const source = await open(from, "r");
  const target = await open(to, "w", 0o600);
  try {
    const { size } = await source.stat();
    for (let position = 0; position < size; position += PART_BYTES * PARTS_AT_ONCE) {
      const starts = Array.from({ length: PARTS_AT_ONCE }, (_, n) => position + n * PART_BYTES).filter((start) => start < size);
      const parts = await Promise.all(
        starts.map(async (start) => {
          const { buffer, bytesRead } = await source.read(Buffer.allocUnsafe(PART_BYTES), 0, PART_BYTES, start);
          return compress(buffer.subarray(0, bytesRead), { level: constants.Z_BEST_SPEED });
        }),
      );
      for (const part of parts) await target.write(part);
      onProgress?.(Math.min(size, position + PART_BYTES * PARTS_AT_ONCE), size);
    }
    await target.sync();
  } finally {
    await source.close();
    await target.close();
  }
}
