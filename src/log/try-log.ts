/** Can log lines be written? Tried as a server would, without a line of it. */
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** As much as lines are gathered to: a full disk often has room for less. */
const PROBE = Buffer.alloc(8192);

/** Throws the system's error when the file, or a new one in its place, can't be written. Directories that the server would make are not made. */
export function tryLog(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined) closeSync(openSync(file, "a"));
  // A device or a pipe is never put aside, so nothing else needs to be there.
  if (found !== undefined && !found.isFile()) return;
  let directory = dirname(file);
  while (!existsSync(directory)) directory = dirname(directory);
  const place = mkdtempSync(join(directory, ".portcullis-log-"));
  try {
    const probe = openSync(join(place, "probe"), "wx", 0o600);
    try {
      for (let done = 0; done < PROBE.length;) done += writeSync(probe, PROBE, done);
    } finally {
      closeSync(probe);
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
