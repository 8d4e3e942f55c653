/** Log lines to standard error. */
import pino from "pino";
import { GATHER, MOST_WAITING } from "./sink.ts";
import type { Sink } from "./sink.ts";

/** Opens the way to standard error. A reader that doesn't read loses lines, never the server. */
export function stderrSink(): Sink {
  const destination = pino.destination({
    dest: 2,
    sync: false,
    minLength: GATHER.bytes,
    periodicFlush: GATHER.time,
    maxLength: MOST_WAITING,
  });
  let lost = 0;
  destination.on("drop", () => (lost += 1));
  // Expected: a reader that went away. Lines wait for the next write, up to MOST_WAITING.
  destination.on("error", () => undefined);
  return {
    write: (line) => void destination.write(line),
    dropped: () => lost,
    // Not flushSync, here or in pino's own handler at exit (which skips what is destroyed): it tries a full disk again and again, for good.
    end: (patience) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          destination.destroy();
          resolve();
        };
        const timer = setTimeout(end, patience);
        destination.flush(end);
      }),
  };
}
