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

/** Keeps the table between requests, so that they don't each pay for reading it. `read` may throw: an old table is never used in its place. */
export function openKeyRing(read: () => KeyTable, clock: () => number): KeyTable {
  let table: KeyTable | undefined;
  let readAt = 0;
  return {
    find(secret, now) {
      if (table === undefined || clock() - readAt >= MOST_AGE) {
        table = undefined;
        readAt = clock();
        table = read();
      }
      return table.find(secret, now);
    },
  };
}

/** The principal of a key. */
export function keyPrincipal({ name, role, scopes }: Key): Principal {
  return { id: `key:${name}`, key: name, scopes, ...(role === null ? {} : { role }) };
}
