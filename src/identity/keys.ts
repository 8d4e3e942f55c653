/** API keys as credentials. */
import type { Principal } from "../types.ts";

/** A key in force, as far as a principal needs it. */
interface Key {
  readonly name: string;
  readonly role: string | null;
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
}

/** All keys as they were at one moment; `find` takes the same time for every secret. `now` is milliseconds since the epoch. */
export interface KeyTable {
  find(secret: string, now: number): Key | undefined;
}

/** Milliseconds for which a table is good: a key that another process revoked works no longer than this. */
const MOST_AGE = 500;

/**
 * Keeps the table between requests, so that who comes with a right key doesn't pay for reading it. What isn't found is looked for once more in a new one,
 * because it may have been made a moment ago; that is so for every wrong key, so it tells nothing. `read` may throw: an old table is never used instead.
 */
export function openKeyRing(read: () => KeyTable, clock: () => number): KeyTable {
  let kept: { readonly table: KeyTable; readonly readAt: number } | undefined;
  return {
    find(secret, now) {
      const known = kept !== undefined && clock() - kept.readAt < MOST_AGE ? kept.table.find(secret, now) : undefined;
      if (known !== undefined) return known;
      kept = undefined;
      const table = read();
      kept = { table, readAt: clock() };
      return table.find(secret, now);
    },
  };
}

/** The principal of a key. */
export function keyPrincipal({ name, role, scopes }: Key): Principal {
  return { id: `key:${name}`, key: name, scopes, ...(role === null ? {} : { role }) };
}
