/** Where log lines go. */

/** A place for log lines that is written behind the caller's back. It keeps what it can't write yet and drops what comes on top of `MOST_WAITING`. */
export interface Sink {
  /** Takes one whole line. Never throws, never waits. */
  write(line: string): void;
  /** Writes out what waits, as far as that can be done in `patience` milliseconds, and ends. Never rejects. */
  end(patience: number): Promise<void>;
  /** Lines that were dropped until now. */
  dropped(): number;
}

/** Bytes that may wait for a slow or full destination before lines are dropped. */
export const MOST_WAITING = 4 * 1024 * 1024;

/** Lines are gathered to this many bytes, or for this long (ms): a write for each would cost a call more than its record in the audit. */
export const GATHER = { bytes: 8192, time: 200 } as const;
