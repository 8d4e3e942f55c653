/**
 * Opens the main database `portcullis.db`. Everything that must hold for every connection is set here:
 * WAL; `synchronous` explicitly, because better-sqlite3 builds SQLite so that WAL runs at NORMAL by default; foreign keys; a busy timeout;
 * mode 0600; and SQLite 3.51.3 or newer, because before it two connections could corrupt a WAL that is reset.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { Refusal } from "../types.ts";
import { MIGRATIONS } from "./migrations/index.ts";

export type { Database } from "better-sqlite3";

const OLDEST_SQLITE = [3, 51, 3];
/** Writers wait this long for one another; a lock that is held longer is a fault, and the whole process waits with it. */
const BUSY_TIMEOUT_MS = 2_000;
/** "PORT": marks the file as ours, so that another program's database is never migrated. */
const APPLICATION_ID = 0x504f5254;

export interface DatabaseOptions {
  /** For reading commands: nothing is created, migrated or written. */
  readonly readonly?: boolean;
  /** Default: all of them. Tests pass fewer. */
  readonly migrations?: readonly string[];
}

function unavailable(reason: string, remedy: string, cause?: unknown): Refusal {
  return new Refusal("AUDIT_UNAVAILABLE", reason, remedy, cause);
}

function requireSqlite(version: string): void {
  const parts = version.split(".").map(Number);
  for (const [place, least] of OLDEST_SQLITE.entries()) {
    const part = parts[place] ?? 0;
    if (part > least) return;
    if (part < least)
      throw unavailable(`sqlite ${version} is older than ${OLDEST_SQLITE.join(".")}`, "reinstall portcullis with its own better-sqlite3");
  }
}

/** The version of SQLite that is loaded. Throws a Refusal when it is too old, and what loading it throws. */
export function sqliteVersion(): string {
  const db = new Sqlite(":memory:");
  try {
    const version = String(db.prepare("SELECT sqlite_version()").pluck().get());
    requireSqlite(version);
    return version;
  } finally {
    db.close();
  }
}

function prepareFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // SQLite gives the -wal and -shm files the mode of the database.
  closeSync(openSync(file, "a", 0o600));
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}

function versionOf(db: Database): number {
  return Number(db.pragma("user_version", { simple: true }));
}

function requireKnownVersion(db: Database, file: string, known: number): number {
  const version = versionOf(db);
  if (version > known) {
    throw unavailable(
      `${file} is of version ${version} and this portcullis knows ${known}`,
      "use the newer portcullis that wrote it, or another --state",
    );
  }
  const application = Number(db.pragma("application_id", { simple: true }));
  if (application !== APPLICATION_ID && (version > 0 || application !== 0)) {
    throw unavailable(`${file} is a database of another program`, "give portcullis a --state of its own");
  }
  return version;
}

function keepCopy(db: Database, file: string, version: number): void {
  let copy = `${file}.v${version}.bak`;
  for (let n = 2; existsSync(copy); n += 1) copy = `${file}.v${version}.${n}.bak`;
  closeSync(openSync(copy, "wx", 0o600));
  db.prepare("VACUUM INTO ?").run(copy);
}

function migrate(db: Database, file: string, migrations: readonly string[]): void {
  const before = requireKnownVersion(db, file, migrations.length);
  if (before === migrations.length) return;
  if (before > 0) keepCopy(db, file, before);
  // The version is read again under the lock: several servers may start at once.
  db.transaction(() => {
    const version = requireKnownVersion(db, file, migrations.length);
    for (const step of migrations.slice(version)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}

/** Throws a Refusal when there is no database at `file`: a command that reads must not create one. */
export function requireDatabase(file: string): void {
  if (!existsSync(file)) throw unavailable(`there is no database at ${file}`, "start the server once, or name the right --state");
}

/**
 * Opens `file`, creating and migrating it unless `readonly`; a copy `FILE.v<version>.bak` is kept before a migration.
 * Throws a Refusal `AUDIT_UNAVAILABLE` that names what is wrong: missing, not a database, damaged, newer, older (read-only), locked, not writable.
 */
export function openDatabase(file: string, options: DatabaseOptions = {}): Database {
  const { readonly = false, migrations = MIGRATIONS } = options;
  if (readonly && !existsSync(file))
    throw unavailable(`there is no database at ${file}`, "start the server once, or name the right --state");
  let db: Database | undefined;
  try {
    if (!readonly) prepareFile(file);
    db = new Sqlite(file, { readonly, fileMustExist: readonly, timeout: BUSY_TIMEOUT_MS });
    requireSqlite(String(db.prepare("SELECT sqlite_version()").pluck().get()));
    const version = requireKnownVersion(db, file, migrations.length);
    if (readonly) {
      if (version < migrations.length) {
        throw unavailable(
          `${file} is of version ${version} and this portcullis needs ${migrations.length}`,
          "start the server once: it keeps a copy and migrates",
        );
      }
      return db;
    }
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma("foreign_keys = ON");
    // What is erased or deleted must be gone from the file too; the log only grows, so this costs nothing else.
    db.pragma("secure_delete = ON");
    migrate(db, file, migrations);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof Refusal ? error : describeFault(error);
  }
}

/** Did SQLite say this? */
export function isStoreFault(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_");
}

/** Says what a fault of SQLite or the file system means, without naming any path: callers see it too. */
export function describeFault(error: unknown): Refusal {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") {
    return unavailable("the disk that holds the audit is full", "free space there; calls work again as soon as it can be written", error);
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return unavailable("the audit is locked by another process", "end the program that holds the database open for writing", error);
  }
  if (
    code.startsWith("SQLITE_READONLY") ||
    code === "EROFS" ||
    code === "EACCES" ||
    code === "EPERM" ||
    code.startsWith("SQLITE_CANTOPEN")
  ) {
    return unavailable(
      "the audit can't be opened for writing",
      "make the state directory and `portcullis.db` writable for the server's user",
      error,
    );
  }
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
    return unavailable(
      "the audit database is damaged",
      "run `portcullis audit verify`, keep the file as evidence and restore a backup",
      error,
    );
  }
  return unavailable("the audit can't be written", "run `portcullis doctor` to see why", error);
}
