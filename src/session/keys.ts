/** API keys: made once, shown once, kept as SHA-256. A key has 256 bits, so a plain hash is enough: there is nothing to guess. */
import type { Database } from "better-sqlite3";
import { createHash, timingSafeEqual } from "node:crypto";

/** A key without its secret; times in milliseconds since the epoch. */
export interface KeyRecord {
  readonly name: string;
  readonly role: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** All keys as they were at one moment. */
export interface KeyTable {
  /** The key in force that this secret belongs to. Every stored hash is compared, each in constant time, so that time tells nothing. */
  find(secret: string, now: number): KeyRecord | undefined;
  /** Is the key of this name in force? */
  has(name: string, now: number): boolean;
}

interface Row {
  name: string;
  hash: string;
  role: string | null;
  scopes: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
}

const fromRow = (row: Row): KeyRecord => ({
  name: row.name,
  role: row.role,
  scopes: row.scopes === "" ? [] : row.scopes.split(","),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
});

const hashOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/** A key as it is compared: until when it is in force (a revoked one never is), so that how it ended is no way of its own through the code. */
interface Comparable {
  readonly hash: Buffer;
  readonly until: number;
  readonly record: KeyRecord | undefined;
}

/** What is found where nothing is. */
const NONE: Comparable = { hash: Buffer.alloc(32), until: -Infinity, record: undefined };

function tableOf(rows: readonly Row[]): KeyTable {
  const keys = rows.map((row): Comparable => {
    const record = fromRow(row);
    return { hash: Buffer.from(row.hash, "hex"), until: record.revokedAt === null ? (record.expiresAt ?? Infinity) : -Infinity, record };
  });
  return {
    find(secret, now) {
      const given = hashOf(secret);
      let found = NONE;
      for (const key of keys) if (timingSafeEqual(given, key.hash)) found = key;
      return now < found.until ? found.record : undefined;
    },
    has: (name, now) => keys.some(({ record, until }) => record?.name === name && now < until),
  };
}

/** The store of keys, over an open main database. */
export function openKeys(db: Database, random: (size: number) => Buffer) {
  const insert = db.prepare<[string, string, string | null, string, number, number | null]>(
    "INSERT INTO keys (name, hash, role, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
  );
  const all = db.prepare<[], Row>("SELECT * FROM keys ORDER BY created_at, name");
  const revoke = db.prepare<[number, string]>("UPDATE keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL");
  return {
    /** Makes a key and gives its secret, the only time it can be seen; undefined when the name is taken. */
    create(key: { name: string; role?: string; scopes: readonly string[]; expiresAt?: number }, now: number): string | undefined {
      const secret = `pc_${random(32).toString("base64url")}`;
      const made = insert.run(key.name, hashOf(secret).toString("hex"), key.role ?? null, key.scopes.join(","), now, key.expiresAt ?? null);
      return made.changes === 1 ? secret : undefined;
    },
    list: (): KeyRecord[] => all.all().map(fromRow),
    /** Is there any key that would be let in? */
    anyInForce: (now: number): boolean =>
      all.all().some(({ revoked_at, expires_at }) => revoked_at === null && (expires_at === null || expires_at > now)),
    /** True when there was such a key in force. */
    revoke: (name: string, now: number): boolean => revoke.run(now, name).changes === 1,
    /** Reads all of them, to look for secrets in. */
    read: (): KeyTable => tableOf(all.all()),
  };
}
