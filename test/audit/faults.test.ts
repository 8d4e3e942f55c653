/** Stores that can't be written or must not be: named clearly, every caller refused, nothing overwritten. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { openDatabase, type Database } from "../../src/audit/database.ts";
import { MIGRATIONS } from "../../src/audit/migrations/index.ts";
import { queryAudit } from "../../src/audit/query.ts";
import { auditFiles } from "../../src/audit/state.ts";
import { verifyState } from "../../src/audit/verify-state.ts";
import { Refusal } from "../../src/types.ts";
import { makeIntent, makeState, recordCalls, startAudit } from "./state.ts";

const CALLER = join(import.meta.dirname, "caller.ts");

/** What a promise or a function refuses with. */
async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing";
}

const FULL = "AUDIT_UNAVAILABLE: the disk that holds the audit is full";
const events = (db: Database) => queryAudit(db, { limit: 10_000 }).flatMap(({ event }) => (event === undefined ? [] : [event]));

describe("a full disk", () => {
  test("refuses every caller of the batch, says so in a last record, and goes on by itself when there is room", async () => {
    const directory = makeState();
    const reports: string[] = [];
    const audit = startAudit(directory, { report: (message) => reports.push(message) });
    await recordCalls(audit, 0, 5);
    await audit.intent(makeIntent("cut off"));
    // SQLite refuses to grow the database: the same SQLITE_FULL as from a disk without room, once the free pages are used up.
    const pages = Number(audit.db.pragma("page_count", { simple: true }));
    audit.db.pragma(`max_page_count = ${pages + 3}`);
    const big = { query: { text: "x".repeat(20_000) } };
    expect(await Promise.all([1, 2, 3].map((n) => refusalOf(() => audit.intent(makeIntent(`full${n}`, big)))))).toEqual([FULL, FULL, FULL]);
    expect(reports).toEqual(["the disk that holds the audit is full"]);
    // The store is opened anew (and so without the limit): the next call goes through.
    await audit.outcome({ callId: "cut off", status: "done", durationMs: 1 });
    await recordCalls(audit, 5, 5);
    expect(events(audit.db)).toEqual(["log_started", "audit_stopped", "audit_resumed"]);
    audit.close();
    expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: true });
  });

  test("an outcome that could not be written leaves an intent that is closed as unknown", async () => {
    const directory = makeState();
    const audit = startAudit(directory, { report: () => undefined });
    await audit.intent(makeIntent("c1"));
    audit.db.pragma(`max_page_count = ${Number(audit.db.pragma("page_count", { simple: true }))}`);
    const details = { text: "x".repeat(20_000) };
    expect(await refusalOf(() => audit.outcome({ callId: "c1", status: "done", durationMs: 1, details }))).toBe(FULL);
    await recordCalls(audit, 2, 1);
    audit.close();
    const after = startAudit(directory);
    expect(
      queryAudit(after.db, { limit: 100 })
        .filter(({ kind }) => kind === "outcome")
        .map(({ callId, status }) => [callId, status]),
    ).toEqual([
      ["c1", "unknown"],
      ["c2", "done"],
    ]);
    after.close();
  });

  test("a limit on the size of files, as a real process meets it: no effect without an intent, and the log holds", async () => {
    const directory = makeState();
    // SIGXFSZ is ignored, so that writes fail with EFBIG, which SQLite reports as SQLITE_IOERR_WRITE.
    const run = spawnSync("sh", [
      "-c",
      `trap '' XFSZ; ulimit -f 2048; exec "$0" "$@"`,
      process.execPath,
      CALLER,
      directory,
      join(directory, "effects"),
      "f",
      "100000",
    ]);
    expect(run.stderr.toString()).toContain("refused: AUDIT_UNAVAILABLE");
    const audit = startAudit(directory);
    const intents = new Set(
      queryAudit(audit.db, { limit: 1_000_000 })
        .filter(({ kind }) => kind === "intent")
        .map(({ callId }) => callId),
    );
    const effects = readFileSync(join(directory, "effects"), "utf8").split("\n").filter(Boolean);
    expect(effects.length).toBeGreaterThan(50);
    expect(effects.filter((id) => !intents.has(id))).toEqual([]);
    audit.close();
    expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: true });
  });
});

/** A database whose commits and inserts fail with an I/O error while `failing` says so. */
function failingOpen(failing: () => boolean): (file: string) => Database {
  return (file) => {
    const db = openDatabase(file);
    const prepare = db.prepare.bind(db);
    return new Proxy(db, {
      get: (target, name) => {
        if (name !== "prepare") {
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return (sql: string) => {
          const statement = prepare(sql);
          if (!/^(INSERT INTO record|COMMIT)/u.test(sql)) return statement;
          const run = statement.run.bind(statement);
          statement.run = (...values) => {
            if (failing()) throw new Sqlite.SqliteError("disk I/O error", "SQLITE_IOERR_FSYNC");
            return run(...values);
          };
          return statement;
        };
      },
    });
  };
}

describe("a disk that fails", () => {
  test("refuses until it works again, keeps all that was acknowledged, and reports the fault once", async () => {
    const directory = makeState();
    let broken = false;
    const reports: string[] = [];
    const audit = startAudit(directory, { open: failingOpen(() => broken), report: (message) => reports.push(message) });
    await recordCalls(audit, 0, 3);
    broken = true;
    const says = "AUDIT_UNAVAILABLE: the audit can't be written";
    expect([await refusalOf(() => recordCalls(audit, 3, 1)), await refusalOf(() => recordCalls(audit, 4, 1))]).toEqual([says, says]);
    broken = false;
    await recordCalls(audit, 5, 1);
    expect(reports).toEqual(["the audit can't be written"]);
    const done = queryAudit(audit.db, { limit: 100 })
      .filter(({ status }) => status === "done")
      .map(({ callId }) => callId);
    expect(done).toEqual(["c0", "c1", "c2", "c5"]);
    audit.close();
    expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: true });
  });

  test("is not trusted again when a record that was acknowledged is gone", async () => {
    const directory = makeState();
    let broken = false;
    const audit = startAudit(directory, { open: failingOpen(() => broken), report: () => undefined });
    await recordCalls(audit, 0, 3);
    broken = true;
    await refusalOf(() => recordCalls(audit, 3, 1));
    broken = false;
    const other = new Sqlite(auditFiles(directory).database);
    other.exec("DELETE FROM record WHERE seq = 7");
    other.close();
    const says = "AUDIT_UNAVAILABLE: record 7 of the audit was acknowledged and is gone";
    expect([await refusalOf(() => recordCalls(audit, 4, 1)), await refusalOf(() => recordCalls(audit, 5, 1))]).toEqual([says, says]);
    expect(() => audit.close()).toThrow("record 7 of the audit was acknowledged and is gone");
  });
});

describe("a database that must not be written", () => {
  test("one that another process holds: refused after the wait, and fine when it lets go", async () => {
    const directory = makeState();
    const audit = startAudit(directory);
    const other = new Sqlite(auditFiles(directory).database);
    other.exec("BEGIN IMMEDIATE");
    expect(await refusalOf(() => audit.intent(makeIntent("c1")))).toBe("AUDIT_UNAVAILABLE: the audit is locked by another process");
    other.exec("COMMIT");
    other.close();
    await recordCalls(audit, 2, 1);
    audit.close();
    expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: true, records: 4 });
  });

  const rows: readonly { name: string; prepare: (file: string) => void; says: string }[] = [
    {
      name: "from a newer version",
      prepare: (file) => openDatabase(file, { migrations: [...MIGRATIONS, "CREATE TABLE later (id INTEGER)"] }).close(),
      says: `is of version ${MIGRATIONS.length + 1} and this portcullis knows ${MIGRATIONS.length}`,
    },
    {
      name: "of another program",
      prepare: (file) => new Sqlite(file).exec("CREATE TABLE theirs (id INTEGER); PRAGMA user_version = 1").close(),
      says: "is a database of another program",
    },
    {
      name: "that is no database",
      prepare: (file) => writeFileSync(file, "not a database, but long enough to be looked at as one\n".repeat(100)),
      says: "the audit database is damaged",
    },
    {
      name: "that is cut off in the middle of a page",
      prepare: (file) => {
        openDatabase(file).close();
        writeFileSync(file, readFileSync(file).subarray(0, 5000));
      },
      says: "the audit database is damaged",
    },
  ];
  test.each(rows)("one $name: named, and left as it was", async ({ prepare, says }) => {
    const directory = makeState();
    const { database } = auditFiles(directory);
    prepare(database);
    const before = readFileSync(database);
    expect(await refusalOf(() => startAudit(directory))).toContain(says);
    expect(readFileSync(database).equals(before)).toBe(true);
    expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: false, firstBad: 1 });
    expect(readFileSync(database).equals(before)).toBe(true);
  });

  test("a migration keeps a copy of what was there before", () => {
    const { database } = auditFiles(makeState());
    const first = openDatabase(database, { migrations: ["CREATE TABLE one (id INTEGER) STRICT"] });
    first.exec("INSERT INTO one VALUES (7)");
    first.close();
    const second = openDatabase(database, { migrations: ["CREATE TABLE one (id INTEGER) STRICT", "ALTER TABLE one RENAME TO two"] });
    expect(second.prepare("SELECT id FROM two").pluck().all()).toEqual([7]);
    second.close();
    const copy = new Sqlite(`${database}.v1.bak`, { readonly: true });
    expect([copy.prepare("SELECT id FROM one").pluck().all(), copy.pragma("user_version", { simple: true })]).toEqual([[7], 1]);
    copy.close();
  });

  test("a migration that fails changes nothing", () => {
    const { database } = auditFiles(makeState());
    openDatabase(database, { migrations: ["CREATE TABLE one (id INTEGER) STRICT"] }).close();
    expect(() =>
      openDatabase(database, {
        migrations: ["CREATE TABLE one (id INTEGER) STRICT", "CREATE TABLE two (id INTEGER); CREATE TABLE one (id)"],
      }),
    ).toThrow(Refusal);
    const db = new Sqlite(database, { readonly: true });
    expect([db.pragma("user_version", { simple: true }), db.prepare("SELECT name FROM sqlite_master").pluck().all()]).toEqual([1, ["one"]]);
    db.close();
  });

  test("files are for the owner alone, also when they were not", async () => {
    const directory = makeState();
    const files = auditFiles(directory);
    writeFileSync(files.database, "");
    chmodSync(files.database, 0o644);
    const audit = startAudit(directory);
    await recordCalls(audit, 0, 1);
    audit.checkpoint();
    const paths = [files.database, `${files.database}-wal`, files.key, files.digestKey, files.anchor, files.ballast];
    expect(paths.map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(paths.map(() => "600"));
    audit.close();
  });
});

/** A log of eight records: its start, three calls, and the checkpoint of its end. */
async function makeLog(): Promise<string> {
  const directory = makeState();
  const audit = startAudit(directory);
  await recordCalls(audit, 0, 3);
  audit.close();
  return directory;
}

const check = (directory: string) => verifyState(directory, { anchors: [] });

describe("keys and anchors that don't fit", () => {
  test("a lost key: the start is refused, and `lostKey` goes on with a new one that verify mentions for good", async () => {
    const directory = await makeLog();
    rmSync(auditFiles(directory).key);
    expect(await refusalOf(() => startAudit(directory))).toBe("AUDIT_UNAVAILABLE: the audit key is missing");
    expect(existsSync(auditFiles(directory).key)).toBe(false);
    expect(await check(directory)).toMatchObject({
      ok: false,
      firstBad: 1,
      problem: "the audit key is missing: nothing vouches for the checkpoints",
    });
    startAudit(directory, { lostKey: true }).close();
    const notices = ["the key was replaced at record 9 without the signature of the one before"];
    expect(await check(directory)).toEqual({ ok: true, records: 10, checkpoints: 2, notices });
  });

  test("a replaced key: the start is refused and verify finds it", async () => {
    const [directory, other] = [await makeLog(), await makeLog()];
    copyFileSync(auditFiles(other).key, auditFiles(directory).key);
    expect(await refusalOf(() => startAudit(directory))).toBe("AUDIT_UNAVAILABLE: the audit key is not the one that signs this log");
    expect(await check(directory)).toMatchObject({ ok: false, problem: "the audit key is not the one that signs this log" });
  });

  test("a damaged key is named and not overwritten", async () => {
    const directory = await makeLog();
    writeFileSync(auditFiles(directory).key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    expect(await refusalOf(() => startAudit(directory))).toBe("AUDIT_UNAVAILABLE: the audit key is not readable");
    expect(readFileSync(auditFiles(directory).key, "utf8")).toContain("AAAA");
  });

  test("a rotation is vouched for by the old key, and the log goes on with the new one", async () => {
    const directory = await makeLog();
    const before = readFileSync(auditFiles(directory).key, "utf8");
    const audit = startAudit(directory);
    audit.rotateKey();
    await recordCalls(audit, 3, 1);
    audit.close();
    expect(readFileSync(auditFiles(directory).key, "utf8")).not.toBe(before);
    startAudit(directory).close();
    expect(await check(directory)).toEqual({ ok: true, records: 13, checkpoints: 3, notices: [] });
  });

  test("a rotation that was cut off before the new key was in place is finished at the next start", async () => {
    const directory = await makeLog();
    const files = auditFiles(directory);
    const old = readFileSync(files.key);
    const audit = startAudit(directory);
    audit.rotateKey();
    audit.close();
    copyFileSync(files.key, files.nextKey);
    writeFileSync(files.key, old);
    startAudit(directory).close();
    expect([existsSync(files.nextKey), readFileSync(files.key).equals(old)]).toEqual([false, false]);
    expect(await check(directory)).toMatchObject({ ok: true });
  });

  test("an older copy of the database: the start is refused, nothing is overwritten, verify names the place", async () => {
    const directory = await makeLog();
    const { database } = auditFiles(directory);
    const old = readFileSync(database);
    const audit = startAudit(directory);
    await recordCalls(audit, 3, 3);
    audit.close();
    writeFileSync(database, old);
    expect(await refusalOf(() => startAudit(directory))).toContain("it was cut, changed or swapped for an older copy");
    expect(readFileSync(database).equals(old)).toBe(true);
    expect(await check(directory)).toMatchObject({ ok: false, firstBad: 9 });
  });

  test("a database that is gone: a new log is not begun under the old anchor", async () => {
    const directory = await makeLog();
    rmSync(auditFiles(directory).database);
    expect(await refusalOf(() => startAudit(directory))).toContain("it was cut, changed or swapped for an older copy");
  });

  test("an anchor on another disk gets every checkpoint, and one that can't be written is reported while the log goes on", async () => {
    const directory = makeState();
    const reports: string[] = [];
    const anchor = join(directory, "elsewhere");
    const audit = startAudit(directory, { anchor, report: (message) => reports.push(message) });
    await recordCalls(audit, 0, 1);
    audit.checkpoint();
    expect(readFileSync(anchor, "utf8")).toBe(readFileSync(auditFiles(directory).anchor, "utf8"));
    rmSync(anchor);
    // A directory in its place can't be written whoever asks.
    mkdirSync(anchor);
    await recordCalls(audit, 1, 1);
    audit.checkpoint();
    expect(reports).toEqual([`the anchor ${anchor} can't be written`]);
    audit.close();
  });

  test("an anchor that was changed is told apart from a log that was", async () => {
    const directory = await makeLog();
    const { anchor } = auditFiles(directory);
    writeFileSync(anchor, readFileSync(anchor, "utf8").replace(/^7$/mu, "5"));
    expect(await check(directory)).toMatchObject({ ok: false, problem: expect.stringContaining("kept checkpoint") });
    writeFileSync(anchor, "nonsense\n");
    expect(await check(directory)).toMatchObject({ ok: false, problem: "the anchor ends in the middle of a note" });
  });
});
