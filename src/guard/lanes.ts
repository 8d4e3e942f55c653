/**
 * Calls of one session that write to the same path run one behind the other, so that two edits can't interleave. A call finds out what it writes
 * by preparing; when something was written meanwhile, it prepares once more with the way to itself.
 */
import { Refusal } from "../types.ts";
import type { Prepared } from "../types.ts";

/** The lanes of one session. */
export class Lanes {
  /** Ways that are taken, and who waits for them. */
  readonly #taken = new Set<string>();
  readonly #waiting = new Set<() => void>();
  /** Counts the writing calls that have ended: whoever prepared before the last of them may have seen the past. */
  #ended = 0;

  /** Prepares a call and takes the ways it writes to, for as long as it runs. `release` gives them back. */
  async prepare(prepare: () => Prepared | Promise<Prepared>, signal: AbortSignal): Promise<{ prepared: Prepared; release?: () => void }> {
    const before = this.#ended;
    const first = await prepare();
    const ways = written(first);
    if (ways.length === 0) return { prepared: first };
    while (ways.some((way) => this.#taken.has(way))) await this.#turn(signal);
    for (const way of ways) this.#taken.add(way);
    const release = () => {
      for (const way of ways) this.#taken.delete(way);
      this.#ended += 1;
      for (const wake of this.#waiting) wake();
    };
    if (this.#ended === before) return { prepared: first, release };
    try {
      const prepared = await prepare();
      if (written(prepared).every((way) => ways.includes(way))) return { prepared, release };
      throw new Refusal("STALE_APPROVAL", "what the call would write changed while it waited for another call", "Make the call again.");
    } catch (error) {
      release();
      throw error;
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", cancel);
        done();
      };
      const wake = () => settle(resolve);
      const cancel = () => settle(() => reject(new Refusal("CANCELLED", "the call was cancelled", "Make it again if it is still wanted.")));
      this.#waiting.add(wake);
      if (signal.aborted) cancel();
      else signal.addEventListener("abort", cancel, { once: true });
    });
  }
}

/** Real paths that the call would change. */
function written({ resources }: Prepared): string[] {
  const paths: string[] = [];
  for (const resource of resources)
    if (resource.kind === "path" && resource.path !== null && (resource.op === "write" || resource.op === "delete"))
      paths.push(resource.path);
  return paths;
}
