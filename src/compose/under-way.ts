/** The calls that are under way, so that a closing house can cancel them and wait until each has its outcome on record. */
import type { Call, Outcome } from "../types.ts";

/** The gate, and the way to empty the house behind it. */
export interface UnderWay {
  readonly guard: (call: Call) => Promise<Outcome>;
  /** Resolves when nothing is under way, or after `patience` milliseconds. */
  readonly settled: (patience: number) => Promise<void>;
  /** Cancels every call, waits for their ends for `patience` milliseconds at most, and returns how many had not ended by then. */
  readonly drain: (patience: number) => Promise<number>;
}

/** Follows every call through `guard`. */
export function trackCalls(guard: (call: Call) => Promise<Outcome>): UnderWay {
  const running = new Map<Promise<Outcome>, AbortController>();
  let closing = false;
  return {
    guard: async (call) => {
      const controller = new AbortController();
      const cancel = (): void => controller.abort();
      if (closing || call.signal.aborted) cancel();
      call.signal.addEventListener("abort", cancel, { once: true });
      const outcome = guard({ ...call, signal: controller.signal });
      running.set(outcome, controller);
      try {
        return await outcome;
      } finally {
        running.delete(outcome);
        call.signal.removeEventListener("abort", cancel);
      }
    },
    settled,
    drain: async (patience) => {
      closing = true;
      for (const controller of running.values()) controller.abort();
      await settled(patience);
      return running.size;
    },
  };

  async function settled(patience: number): Promise<void> {
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), patience);
    try {
      do {
        // A turn for calls that waited for a person: the closed connection sends them through the gate once more.
        await new Promise((resolve) => setImmediate(resolve));
        if ((await Promise.race([Promise.allSettled(running.keys()), late.promise])) === "late") break;
      } while (running.size > 0);
    } finally {
      clearTimeout(timer);
    }
  }
}
