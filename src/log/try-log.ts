/** Can log lines be written? Tried as a server would, without a line of it. */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** As much as lines are gathered to: a full disk often has room for less. */
const PROBE = Buffer.alloc(8192);

/** Throws the system's error when the file can't be written, or not put aside for a new one when it is full. */
export function tryLog(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  // A device or a pipe is never put aside, and opening it may be heard on the other side.
  if (found !== undefined && !found.isFile()) return;
  if (found !== undefined) closeSync(openSync(file, "a"));
  const place = mkdtempSync(join(dirname(file), ".portcullis-log-"));
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
