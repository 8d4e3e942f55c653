/**
 * Sessions of clients that have none on the wire (2026-07-28 over HTTP): a principal and the name its client gives itself, until nothing has come
 * from them for a while.
 */

interface Visitor {
  readonly id: string;
  usedAt: number;
}

/** Milliseconds between looks: a key that was revoked is worth nothing a second later, and neither are the sessions it opened. */
const SWEEP_EVERY = 1_000;

/** Sessions that one principal may have at once; with more names than that the one that was used longest ago ends. */
const MOST_OF_ONE = 1_000;

export class Visitors {
  readonly #deps: {
    readonly newId: () => string;
    readonly onEnd: (id: string) => void;
    readonly holds: (principal: string) => boolean;
    readonly idle: number;
    readonly clock: () => number;
  };
  /** By principal, then by client; in the order of their last use. */
  readonly #visitors = new Map<string, Map<string, Visitor>>();
  #sweeping = false;

  /** `holds` says whether a principal may still come in. `idle` and `clock` in milliseconds, `clock` monotonic. */
  constructor(deps: {
    readonly newId: () => string;
    readonly onEnd: (id: string) => void;
    readonly holds: (principal: string) => boolean;
    readonly idle: number;
    readonly clock: () => number;
  }) {
    this.#deps = deps;
  }

  /** The session of this principal and client, in use now. */
  session(principal: string, client: string): string {
    let own = this.#visitors.get(principal);
    if (own === undefined) this.#visitors.set(principal, (own = new Map()));
    const now = this.#deps.clock();
    let visitor = own.get(client);
    if (visitor !== undefined && visitor.usedAt < now - this.#deps.idle) {
      this.#end(principal, client);
      this.#visitors.set(principal, own);
      visitor = undefined;
    }
    const [oldest] = own.keys();
    if (visitor === undefined && own.size >= MOST_OF_ONE && oldest !== undefined) this.#end(principal, oldest);
    visitor ??= { id: this.#deps.newId(), usedAt: now };
    visitor.usedAt = now;
    own.delete(client);
    own.set(client, visitor);
    if (!this.#sweeping) setInterval(() => this.#sweep(), Math.min(SWEEP_EVERY, Math.max(250, this.#deps.idle / 4))).unref();
    this.#sweeping = true;
    return visitor.id;
  }

  #sweep(): void {
    const before = this.#deps.clock() - this.#deps.idle;
    for (const [principal, own] of this.#visitors) {
      const ends = !this.#deps.holds(principal);
      for (const [client, { usedAt }] of own)
        if (ends || usedAt < before) this.#end(principal, client);
        else break;
    }
  }

  #end(principal: string, client: string): void {
    const own = this.#visitors.get(principal);
    const visitor = own?.get(client);
    if (own === undefined || visitor === undefined) return;
    own.delete(client);
    if (own.size === 0) this.#visitors.delete(principal);
    this.#deps.onEnd(visitor.id);
  }
}
