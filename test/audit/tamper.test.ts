/** Whoever can write to the database changes it; `audit verify` has to find it and name the first bad record. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/audit/database.ts";
import { auditFiles } from "../../src/audit/state.ts";
import { verifyState } from "../../src/audit/verify-state.ts";
import { makeIntent, makeState, recordCalls, seededRandom, startAudit } from "./state.ts";

/** A log of 82 records: system, 40 calls with a checkpoint after the 20th, and the checkpoint of the end. */
async function makeLog(directory: string): Promise<void> {
  const audit = startAudit(directory);
  await recordCalls(audit, 0, 20);
  audit.checkpoint();
  await recordCalls(audit, 20, 18);
  await audit.record("approval", { event: "approved", callId: "c38", channel: "cli", details: { note: "fine" } });
  await audit.intent(makeIntent("c39", { session: "s2", tool: "write_file", effect: "ask" }));
  await audit.outcome({ callId: "c39", status: "refused", code: "APPROVAL_DECLINED", durationMs: 5 });
  audit.close();
}

const RECORDS = 82;
const original = makeState(afterAll);

beforeAll(() => makeLog(original));

/** A copy of the log that may be changed. */
function copyLog(): string {
  const directory = makeState();
  for (const name of ["portcullis.db", "audit.key", "digest.key", "audit.anchor"])
    copyFileSync(join(original, name), join(directory, name));
  return directory;
}

function edit(directory: string, change: (db: Database) => void): void {
  const db = new Sqlite(auditFiles(directory).database);
  change(db);
  db.close();
}

const check = (directory: string) => verifyState(directory, { anchors: [] });

test("the log that is tampered with below holds as it is", async () => {
  expect(await check(original)).toEqual({ ok: true, records: RECORDS, checkpoints: 2, notices: [] });
});

describe("what somebody with the database can do is found", () => {
  const rows: readonly { name: string; sql: string; firstBad: number; problem: string }[] = [
    {
      name: "a word of a record changed",
      sql: "UPDATE record SET body = replace(body, 'c3\"', 'c4\"') WHERE seq = 8",
      firstBad: 8,
      problem: "its bytes or its place in the log were changed",
    },
    {
      name: "a record removed in the middle",
      sql: "DELETE FROM record WHERE seq = 30",
      firstBad: 30,
      problem: "records 30 to 30 are missing",
    },
    {
      name: "many records removed in the middle",
      sql: "DELETE FROM record WHERE seq BETWEEN 30 AND 39",
      firstBad: 30,
      problem: "records 30 to 39 are missing",
    },
    { name: "the beginning removed", sql: "DELETE FROM record WHERE seq < 10", firstBad: 10, problem: "the records before it are missing" },
    {
      name: "the beginning removed up to a checkpoint",
      sql: "DELETE FROM entry WHERE seq < 42; DELETE FROM record WHERE seq < 42",
      firstBad: 1,
      problem: "records before 42 are missing and no record says that they were pruned",
    },
    {
      name: "the end removed, with its checkpoint",
      sql: "DELETE FROM entry WHERE seq > 60; DELETE FROM record WHERE seq > 60",
      firstBad: 61,
      problem: "a kept checkpoint knows 81 records: the log was cut or swapped for an older copy",
    },
    { name: "everything removed", sql: "DELETE FROM entry; DELETE FROM record", firstBad: 1, problem: "the log is empty" },
    {
      name: "two records swapped",
      sql: "UPDATE record SET seq = 1000 WHERE seq = 50; UPDATE record SET seq = 50 WHERE seq = 51; UPDATE record SET seq = 51 WHERE seq = 1000",
      firstBad: 50,
      problem: "its bytes or its place in the log were changed",
    },
    {
      name: "a record said twice",
      sql: "INSERT INTO record SELECT 83, link, body, hidden FROM record WHERE seq = 80",
      firstBad: 83,
      problem: "its bytes or its place in the log were changed",
    },
    {
      name: "a link changed",
      sql: "UPDATE record SET link = replace(link, substr(link, 1, 1), 'x') WHERE seq = 20",
      firstBad: 20,
      problem: "its bytes or its place in the log were changed",
    },
    {
      name: "a summary rewritten",
      sql: "UPDATE record SET hidden = replace(hidden, 'read c5', 'read c6') WHERE seq = 12",
      firstBad: 12,
      problem: "its summary or query was changed",
    },
    {
      name: "a summary put where none was",
      sql: "UPDATE record SET hidden = (SELECT hidden FROM record WHERE seq = 12) WHERE seq = 13",
      firstBad: 13,
      problem: "its summary or query was changed",
    },
    {
      name: "a summary erased in silence",
      sql: "UPDATE record SET hidden = NULL WHERE seq = 12",
      firstBad: 12,
      problem: "its summary and query were erased and no record says so",
    },
    {
      name: "a text made a blob",
      sql: "CREATE TABLE loose AS SELECT seq, link, CAST(body AS BLOB) AS body, hidden FROM record; DROP TABLE record; ALTER TABLE loose RENAME TO record",
      firstBad: 1,
      problem: "its text is not a record",
    },
    {
      name: "an entry hidden from queries",
      sql: "UPDATE entry SET session = NULL WHERE seq = 80",
      firstBad: 80,
      problem: "the reading index does not say what it says",
    },
    {
      name: "an entry removed",
      sql: "DELETE FROM entry WHERE seq = 70",
      firstBad: 70,
      problem: "the reading index does not say what it says",
    },
    {
      name: "the time of an entry changed",
      sql: "UPDATE entry SET time = time + 1 WHERE seq = 44",
      firstBad: 44,
      problem: "the reading index does not say what it says",
    },
    {
      name: "a word of the reading index changed",
      sql: "UPDATE word SET text = 's9' WHERE text = 's2'",
      firstBad: 80,
      problem: "the reading index does not say what it says",
    },
  ];
  test.each(rows)("$name", async ({ sql, firstBad, problem }) => {
    const directory = copyLog();
    edit(directory, (db) => db.exec(sql));
    expect(await check(directory)).toMatchObject({ ok: false, firstBad, problem });
  });

  test("a record changed and all links after it computed anew, as one without the key can do", async () => {
    const directory = copyLog();
    rmSync(auditFiles(directory).anchor);
    const { linkOf } = await import("../../src/audit/chain.ts");
    edit(directory, (db) => {
      db.exec("UPDATE record SET body = replace(body, 'read_text_file', 'read_text_fila') WHERE seq = 8");
      let link = "0".repeat(64);
      for (const { seq, body } of db.prepare<[], { seq: number; body: string }>("SELECT seq, body FROM record ORDER BY seq").all()) {
        link = linkOf(link, body);
        db.prepare("UPDATE record SET link = ? WHERE seq = ?").run(link, seq);
      }
      // The index follows too, so that nothing but the checkpoint can tell.
      db.exec("INSERT INTO word (text) VALUES ('read_text_fila'); UPDATE entry SET tool = (SELECT max(id) FROM word) WHERE seq IN (8, 9)");
    });
    expect(await check(directory)).toMatchObject({
      ok: false,
      firstBad: 42,
      problem: "its checkpoint is not that of the records before it",
    });
  });

  test("the whole log written anew with another key", async () => {
    const [directory, other] = [copyLog(), makeState()];
    await makeLog(other);
    copyFileSync(auditFiles(other).database, auditFiles(directory).database);
    rmSync(auditFiles(directory).anchor);
    expect(await check(directory)).toMatchObject({ ok: false, firstBad: 1, problem: "the audit key is not the one that signs this log" });
  });

  test("a truncation that the anchor does not know of, against a checkpoint kept elsewhere", async () => {
    const directory = copyLog();
    const kept = join(directory, "kept.txt");
    copyFileSync(auditFiles(directory).anchor, kept);
    rmSync(auditFiles(directory).anchor);
    edit(directory, (db) => db.exec("DELETE FROM entry WHERE seq > 60; DELETE FROM record WHERE seq > 60"));
    expect(await check(directory)).toMatchObject({ ok: true, records: 60 });
    expect(await verifyState(directory, { anchors: [], checkpoint: kept })).toMatchObject({ ok: false, firstBad: 61 });
  });

  test("a checkpoint kept from another log", async () => {
    const [directory, other] = [copyLog(), makeState()];
    await makeLog(other);
    expect(await verifyState(directory, { anchors: [], checkpoint: auditFiles(other).anchor })).toMatchObject({
      ok: false,
      firstBad: 41,
      problem: "the records up to here are not those of the kept checkpoint of 41 records",
    });
  });
});

describe("single bits", () => {
  const COLUMNS = ["body", "link", "hidden"] as const;

  test("200 flips in random places of random records: each is found at its record", async () => {
    const random = seededRandom(1);
    const directory = copyLog();
    const db = new Sqlite(auditFiles(directory).database);
    const misses: unknown[] = [];
    for (let n = 0; n < 200; n += 1) {
      const column = COLUMNS[random(COLUMNS.length)] ?? "body";
      const rows = db
        .prepare<[], { seq: number; bytes: Buffer }>(`SELECT seq, CAST(${column} AS BLOB) AS bytes FROM record WHERE ${column} IS NOT NULL`)
        .all();
      const { seq, bytes } = rows[random(rows.length)] ?? { seq: 0, bytes: Buffer.alloc(1) };
      const flipped = Buffer.from(bytes);
      const place = random(bytes.length * 8);
      flipped.writeUInt8(flipped.readUInt8(place >> 3) ^ (1 << (place & 7)), place >> 3);
      const put = db.prepare(`UPDATE record SET ${column} = CAST(? AS TEXT) WHERE seq = ?`);
      put.run(flipped, seq);
      const { ok, firstBad } = await check(directory);
      if (ok || firstBad !== seq) misses.push({ column, seq, place, ok, firstBad });
      put.run(bytes, seq);
    }
    db.close();
    expect(misses).toEqual([]);
    expect(await check(directory)).toMatchObject({ ok: true });
  });

  test("200 flips anywhere in the file: found, or not a byte of any record differs", async () => {
    const random = seededRandom(2);
    const directory = copyLog();
    const file = auditFiles(directory).database;
    const whole = readFileSync(file);
    const dump = () => {
      const db = new Sqlite(file, { readonly: true });
      try {
        return db
          .prepare("SELECT seq, typeof(body), CAST(body AS BLOB), CAST(link AS BLOB), CAST(hidden AS BLOB) FROM record ORDER BY seq")
          .raw()
          .all();
      } finally {
        db.close();
      }
    };
    const records = JSON.stringify(dump());
    let found = 0;
    for (let n = 0; n < 200; n += 1) {
      const flipped = Buffer.from(whole);
      const place = random(whole.length * 8);
      flipped.writeUInt8(flipped.readUInt8(place >> 3) ^ (1 << (place & 7)), place >> 3);
      writeFileSync(file, flipped);
      const { ok, firstBad, problem } = await check(directory);
      if (ok) expect(JSON.stringify(dump())).toBe(records);
      else {
        found += 1;
        expect({ place, problem, named: firstBad !== undefined || problem?.startsWith("the records hold") }).toMatchObject({ named: true });
      }
    }
    // Most of so small a file is empty space and the empty tables of other rooms; what isn't must not be missed.
    expect(found).toBeGreaterThan(40);
  });
});
