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
  /** Is the key of this name in force? */
  has(name: string, now: number): boolean;
}

/** Milliseconds for which a table is good: a key that another process revoked works no longer than this. */
const MOST_AGE = 500;

/**
 * Keeps the table between requests, so that who comes with a right key doesn't pay for reading it. What isn't found is looked for once more in a new one,
 * because it may have been made a moment ago; that is so for every wrong key, so it tells nothing. `read` may throw: an old table is never used instead.
 */
export function openKeyRing(read: () => KeyTable, clock: () => number): KeyTable {
  let kept: { readonly table: KeyTable; readonly readAt: number } | undefined;
  const fresh = (): KeyTable | undefined => (kept !== undefined && clock() - kept.readAt < MOST_AGE ? kept.table : undefined);
  const anew = (): KeyTable => {
    kept = undefined;
    const table = read();
    kept = { table, readAt: clock() };
    return table;
  };
  return {
    find: (secret, now) => fresh()?.find(secret, now) ?? anew().find(secret, now),
    has: (name, now) => (fresh() ?? anew()).has(name, now),
  };
}

const KEY = "key:";

/** The name of the key that a principal came with. */
export function keyName(principal: string): string | undefined {
  return principal.startsWith(KEY) ? principal.slice(KEY.length) : undefined;
}

/** The principal of a key. */
export function keyPrincipal({ name, role, scopes }: Key): Principal {
  return { id: `${KEY}${name}`, key: name, scopes, ...(role === null ? {} : { role }) };
}
