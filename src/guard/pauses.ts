/**
 * Paused sessions. A pause is read from the shared state at most every fifth of a second, by whichever call comes; while calls run, a timer looks
 * too and stops those of a paused session. So a pause works within a second in every process, and a call pays next to nothing for it.
 */
import { Refusal } from "../types.ts";

/** Milliseconds for which a look at the pauses counts. */
const FRESH = 200;
/** Milliseconds between looks while calls run. */
const INTERVAL = 400;
/** The session that stands for all. */
const EVERY = "*";

interface Running {
  readonly session: string;
  stop: ((refusal: Refusal) => void) | undefined;
}

export interface PauseDeps {
  /** Reasons by session. A fault here refuses the call. */
  readonly pauses: () => ReadonlyMap<string, string>;
  readonly resume: (session: string) => string;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

export class Pauses {
  readonly #deps: PauseDeps;
  readonly #running = new Set<Running>();
  readonly #held = new Set<string>();
  #known: ReadonlyMap<string, string> = new Map();
  #looked = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: PauseDeps) {
    this.#deps = deps;
  }

  /** Throws DENIED with the reason when the session is paused. */
  check(session: string): void {
    this.#look();
    const refusal = this.#refusal(session);
    if (refusal !== undefined) throw refusal;
  }

  /** A call of this session runs until `leave`. */
  enter(session: string): { onPause: (stop: (refusal: Refusal) => void) => void; leave: () => void } {
    const running: Running = { session, stop: undefined };
    this.#running.add(running);
    this.#timer ??= setInterval(() => this.#tick(), INTERVAL).unref();
    return {
      onPause: (stop) => {
        running.stop = stop;
        const refusal = this.#refusal(session);
        if (refusal !== undefined) stop(refusal);
      },
      leave: () => void this.#running.delete(running),
    };
  }

  /** Does this whenever a look finds the session paused: for what outlives its calls. */
  hold(session: string, stop: () => void): void {
    if (this.#held.has(session)) return;
    this.#held.add(session);
    this.enter(session).onPause(stop);
  }

  #look(): void {
    const now = this.#deps.clock();
    if (now - this.#looked < FRESH) return;
    this.#known = this.#deps.pauses();
    this.#looked = now;
  }

  #tick(): void {
    if (this.#running.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    try {
      this.#look();
    } catch {
      // The next call that comes in meets the same fault and is refused for it; what runs was admitted before.
      return;
    }
    for (const { session, stop } of this.#running) {
      const refusal = this.#refusal(session);
      if (refusal !== undefined) stop?.(refusal);
    }
  }

  #refusal(session: string): Refusal | undefined {
    const known = this.#known;
    if (known.size === 0) return undefined;
    const reason = known.get(EVERY) ?? known.get(session);
    if (reason === undefined) return undefined;
    const all = known.has(EVERY);
    return new Refusal(
      "DENIED",
      `${all ? "all sessions are" : "this session is"} paused: ${reason}`,
      `Stop and wait. A person can resume it: ${this.#deps.resume(all ? EVERY : session)}`,
    );
  }
}
