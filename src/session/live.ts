/** The sessions that this process serves, counted in memory and kept about once a second: a call pays for no write of its own. */
import type { SessionCounts, SessionRecord } from "./sessions.ts";

/** Milliseconds after which changed counts are kept. */
const KEEP_AFTER = 1_000;

/** A session in memory; the gate changes its numbers. */
export type LiveSession = { -readonly [Key in keyof SessionCounts]: SessionCounts[Key] } & {
  readonly id: string;
  readonly principal: string;
  activeAt: number;
  /** Its numbers have changed, and it is active now. */
  readonly changed: () => void;
};

export interface LiveDeps {
  readonly begin: (record: Omit<SessionRecord, "endedAt" | keyof SessionCounts>) => SessionRecord;
  readonly save: (id: string, activeAt: number, counts: SessionCounts) => void;
  readonly end: (id: string, at: number) => void;
  /** Runs `work` as one transaction: a write of its own for each of a thousand sessions would hold up the calls. */
  readonly together: (work: () => void) => void;
  readonly now: () => number;
  /** Keeping fails behind the calls' back: told here, and tried again with the next call. */
  readonly report: (error: unknown) => void;
}

export class LiveSessions {
  readonly #deps: LiveDeps;
  readonly #sessions = new Map<string, LiveSession>();
  readonly #changed = new Set<LiveSession>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: LiveDeps) {
    this.#deps = deps;
  }

  /** The session of this name, active now. `about` is asked for when it begins. */
  use(id: string, about: () => Pick<SessionRecord, "principal" | "client" | "transport" | "profile" | "mode">): LiveSession {
    const known = this.#sessions.get(id);
    if (known !== undefined) {
      known.changed();
      return known;
    }
    const activeAt = this.#deps.now();
    const { principal, calls, refused, asked, egress } = this.#deps.begin({ id, ...about(), createdAt: activeAt, activeAt });
    const session: LiveSession = { id, principal, activeAt, calls, refused, asked, egress, changed: () => this.#touch(session) };
    this.#sessions.set(id, session);
    session.changed();
    return session;
  }

  /** The sessions that are served. */
  all(): LiveSession[] {
    return [...this.#sessions.values()];
  }

  /** One of them has ended; one that never made a call is not known here. */
  end(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#changed.delete(session);
    this.#sessions.delete(id);
    this.#deps.save(id, session.activeAt, session);
    this.#deps.end(id, this.#deps.now());
  }

  /** All of them have ended. */
  close(): void {
    clearTimeout(this.#timer);
    for (const session of this.#sessions.values()) this.#changed.add(session);
    this.#keep();
    this.#deps.together(() => {
      for (const { id } of this.#sessions.values()) this.#deps.end(id, this.#deps.now());
    });
    this.#sessions.clear();
  }

  #touch(session: LiveSession): void {
    // A call that ends after its session has nothing left to count for.
    if (!this.#sessions.has(session.id)) return;
    session.activeAt = this.#deps.now();
    this.#changed.add(session);
    this.#timer ??= setTimeout(() => this.#later(), KEEP_AFTER).unref();
  }

  #later(): void {
    this.#timer = undefined;
    try {
      this.#keep();
    } catch (error) {
      this.#deps.report(error);
    }
  }

  #keep(): void {
    this.#deps.together(() => {
      for (const session of this.#changed) this.#deps.save(session.id, session.activeAt, session);
    });
    this.#changed.clear();
  }
}
