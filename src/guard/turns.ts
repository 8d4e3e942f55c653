/** How many calls of one principal run at once (`limits.concurrent`). The others wait their turn, in order, for a bounded time. */
import { Refusal } from "../types.ts";

/** Calls of one principal that may wait; more is a flood. */
const MOST_WAITING = 1024;
/** Milliseconds that a call waits for its turn: well under the 60 s after which clients give up. */
const PATIENCE = 10_000;

interface Waiter {
  readonly go: () => void;
}

interface Line {
  running: number;
  readonly waiting: Set<Waiter>;
}

/** The lines of all principals. */
export class Turns {
  readonly #lines = new Map<string, Line>();

  /** Takes a place: at once, or when the promise resolves. It must be given back with `leave`. Throws or rejects RATE_LIMITED, CANCELLED. */
  enter(principal: string, limit: number, signal: AbortSignal): Promise<void> | undefined {
    let line = this.#lines.get(principal);
    if (line === undefined) this.#lines.set(principal, (line = { running: 0, waiting: new Set() }));
    if (line.running < limit) {
      line.running += 1;
      return undefined;
    }
    if (line.waiting.size >= MOST_WAITING) throw tooMany(limit);
    return wait(line, limit, signal);
  }

  /** Gives a place back, to whoever has waited longest. */
  leave(principal: string): void {
    const line = this.#lines.get(principal);
    if (line === undefined) return;
    const [next] = line.waiting;
    if (next !== undefined) {
      line.waiting.delete(next);
      next.go();
      return;
    }
    line.running -= 1;
    if (line.running === 0) this.#lines.delete(principal);
  }
}

function wait(line: Line, limit: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      line.waiting.delete(waiter);
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      done();
    };
    const cancel = () => settle(() => reject(new Refusal("CANCELLED", "the call was cancelled", "Make it again if it is still wanted.")));
    const timer = setTimeout(() => settle(() => reject(tooMany(limit))), PATIENCE);
    const waiter: Waiter = { go: () => settle(resolve) };
    line.waiting.add(waiter);
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
  });
}

const tooMany = (limit: number) =>
  new Refusal(
    "RATE_LIMITED",
    `${limit} calls are running already, which is what limits.concurrent allows`,
    "Wait until some of them have ended, and make fewer calls at once.",
  );
