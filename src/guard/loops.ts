/** Loops: the same call of a session that keeps failing is refused, with the advice to stop. A call that never failed costs nothing here. */
import { createHash } from "node:crypto";
import { Refusal } from "../types.ts";
import type { Call, RefusalCode } from "../types.ts";

/** So many failures of one call in so many milliseconds are a loop. */
const FAILURES = 10;
const WINDOW = 60_000;
/** Failing calls that are remembered for one session, and sessions that have any. */
const MOST_CALLS = 200;
const MOST_SESSIONS = 10_000;

/** Refusals that say "not now" rather than "not so": coming back is what they ask for. */
const WAITING: readonly RefusalCode[] = ["RATE_LIMITED", "BUDGET_EXHAUSTED", "APPROVAL_REQUIRED", "CANCELLED"];

type Asked = Pick<Call, "session" | "tool" | "args">;

export class Loops {
  readonly #clock: () => number;
  /** Times of failures, by session and call. */
  readonly #failures = new Map<string, Map<string, number[]>>();

  /** `clock` gives monotonic milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Throws RATE_LIMITED when this very call has failed ten times within a minute. */
  check(call: Asked): void {
    const calls = this.#failures.get(call.session);
    if (calls === undefined) return;
    const times = calls.get(keyOf(call));
    if (times !== undefined && times.length >= FAILURES && (times[0] ?? 0) > this.#clock() - WINDOW)
      throw new Refusal(
        "RATE_LIMITED",
        `this very call has failed ${FAILURES} times within a minute`,
        "Stop repeating it: read the reason of the last refusal, try something else, or ask the person.",
      );
  }

  /** A call has ended; `code` when it was refused or failed. A success ends the count. */
  note(call: Asked, code: RefusalCode | undefined): void {
    if (code !== undefined && WAITING.includes(code)) return;
    const calls = this.#failures.get(call.session);
    if (code === undefined) {
      if (calls?.delete(keyOf(call)) === true && calls.size === 0) this.#failures.delete(call.session);
      return;
    }
    const known = calls ?? new Map<string, number[]>();
    if (calls === undefined) remember(this.#failures, call.session, known, MOST_SESSIONS);
    const key = keyOf(call);
    const times = [...(known.get(key) ?? []), this.#clock()].slice(-FAILURES);
    // Put at the end, so that what is forgotten first is what failed longest ago.
    known.delete(key);
    remember(known, key, times, MOST_CALLS);
  }
}

/** Adds to a map that holds at most so many; the oldest goes. */
function remember<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

function keyOf({ tool, args }: Asked): string {
  return createHash("sha256")
    .update(JSON.stringify([tool, args]))
    .digest("base64");
}
