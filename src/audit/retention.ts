/** Retention while a server runs: what is older than the policy keeps goes at the start and once a day. */
import type { Audit } from "./audit.ts";

const DAY_MS = 86_400_000;

export interface RetentionOptions {
  /** Milliseconds that records are kept, as the policy in force says (`audit.retain`); asked each time. */
  readonly retain: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told each time: for what else is kept only so long. */
  readonly onDue: () => void;
  /** Told how many records went, when some did. */
  readonly onPruned: (records: number) => void;
  /** Told of a failure; the next day tries again. */
  readonly report: (message: string, cause: unknown) => void;
}

/** Starts with the next turn of the loop. `stop` ends it, also in the middle of a long removal. */
export function keepRetention(audit: Audit, options: RetentionOptions): { readonly stop: () => void } {
  const { retain, now, onDue, onPruned, report } = options;
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    try {
      const before = now() - retain();
      onDue();
      const records = await audit.prune(before, stopped.signal);
      if (records > 0) onPruned(records);
    } catch (error) {
      report("records that are older than `audit.retain` could not be removed", error);
    }
  };
  const first = setImmediate(() => void run());
  const daily = setInterval(() => void run(), DAY_MS).unref();
  return {
    stop: () => {
      stopped.abort();
      clearImmediate(first);
      clearInterval(daily);
    },
  };
}
