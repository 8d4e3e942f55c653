/** A file that only takes up room: on a full disk it is deleted so that the last record can still say why everything stops. */
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";

/** Enough for a last record, its WAL frames and the closing of open intents. */
const BALLAST_BYTES = 256 * 1024;

/** Makes sure that the ballast exists in full. Throws the file system's error (ENOSPC) when there is no room for it. */
export function loadBallast(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.size === BALLAST_BYTES) return;
  const descriptor = openSync(file, "w", 0o600);
  try {
    for (let written = 0; written < BALLAST_BYTES;) written += writeSync(descriptor, Buffer.alloc(BALLAST_BYTES - written));
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Gives the room back. */
export function dropBallast(file: string): void {
  rmSync(file, { force: true });
}
