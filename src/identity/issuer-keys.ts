/** The issuer's public keys, fetched rarely: a token can name a key, but it can't make us dial. */
import type { CompactJWSHeaderParameters, createLocalJWKSet, FlattenedJWSInput } from "jose";
import { discoverKeys } from "./discovery.ts";
import type { FetchDocument } from "./discovery.ts";

/** Milliseconds: after `FRESH` keys are fetched anew, after `STALE` they are no longer used; between two attempts lies at least `INTERVAL`. */
const FRESH = 600_000;
const STALE = 3_600_000;
const INTERVAL = 30_000;

/** There are no keys that could be used. */
export class KeysUnavailable extends Error {
  /** Seconds until the next attempt. */
  readonly retryAfter: number;
  constructor(retryAfter: number) {
    super("the keys of the issuer can't be had just now: try again later");
    this.retryAfter = retryAfter;
  }
}

export interface IssuerKeysDeps {
  readonly issuer: string;
  /** Where the keys are; without it the issuer's metadata says so. */
  readonly jwks?: string | undefined;
  readonly fetch: FetchDocument;
  /** An attempt failed; for the log. */
  readonly report: (error: unknown) => void;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

type FindKey = ReturnType<typeof createLocalJWKSet>;

export class IssuerKeys {
  readonly #deps: IssuerKeysDeps;
  #keys: { readonly find: FindKey; readonly at: number } | undefined;
  #triedAt = -Infinity;
  #loading: Promise<void> | undefined;

  constructor(deps: IssuerKeysDeps) {
    this.#deps = deps;
  }

  /** The key that signed a token. Throws KeysUnavailable, or jose's error when the issuer has no such key. */
  async find(header: CompactJWSHeaderParameters, token: FlattenedJWSInput): Promise<Awaited<ReturnType<FindKey>>> {
    if (this.#age() >= FRESH) await this.#refresh();
    const known = this.#usable();
    try {
      return await known(header, token);
    } catch (error) {
      // A key that we don't know may be new. Whoever names one again and again waits for the interval like everybody.
      if ((error as { code?: unknown }).code !== "ERR_JWKS_NO_MATCHING_KEY") throw error;
      await this.#refresh();
      const found = this.#usable();
      if (found === known) throw error;
      return await found(header, token);
    }
  }

  #age(): number {
    return this.#keys === undefined ? Infinity : this.#deps.clock() - this.#keys.at;
  }

  #usable(): FindKey {
    if (this.#keys !== undefined && this.#age() < STALE) return this.#keys.find;
    throw new KeysUnavailable(Math.max(1, Math.ceil((this.#triedAt + INTERVAL - this.#deps.clock()) / 1000)));
  }

  /** Fetches unless that was tried just now; whoever comes meanwhile waits for the same attempt. Never rejects. */
  async #refresh(): Promise<void> {
    if (this.#loading === undefined) {
      const { clock, report } = this.#deps;
      if (clock() - this.#triedAt < INTERVAL) return;
      this.#triedAt = clock();
      this.#loading = this.#load()
        .catch(report)
        .finally(() => {
          this.#loading = undefined;
        });
    }
    await this.#loading;
  }

  async #load(): Promise<void> {
    const { issuer, jwks, fetch, clock } = this.#deps;
    const document = await fetch(jwks ?? (await discoverKeys(issuer, fetch)));
    const { createLocalJWKSet } = await import("jose"); // those who come with keys alone never load it
    // Throws when it is no set of keys; private and symmetric ones in it can't be used.
    this.#keys = { find: createLocalJWKSet(document as Parameters<typeof createLocalJWKSet>[0]), at: clock() };
  }
}
