/** Erasing, pruning, backing up and exporting: what is kept stays provable. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import type { Audit } from "../../src/audit/audit.ts";
import { backupDatabase } from "../../src/audit/backup.ts";
import { exportAudit } from "../../src/audit/export.ts";
import { queryAudit } from "../../src/audit/query.ts";
import { auditFiles } from "../../src/audit/state.ts";
import { verifyState } from "../../src/audit/verify-state.ts";
import { Refusal } from "../../src/types.ts";
import { makeIntent, makeState, recordCalls, startAudit } from "./state.ts";

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 20, 12);

const check = (directory: string, since?: number) => verifyState(directory, { anchors: [], since });

/** Everything that the state directory holds, as one text. */
function everything(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

describe("erasing a call", () => {
  test("takes its summary, query and details from every file, says so in the log, and the log still holds", async () => {
    const directory = makeState();
    const audit = startAudit(directory);
    await recordCalls(audit, 0, 3);
    await audit.intent(makeIntent("secret", { summary: "read the-summary", query: { args: "the-query ".repeat(2_000) } }));
    await audit.outcome({ callId: "secret", status: "done", durationMs: 1, summary: "gave the-outcome", details: { text: "the-details" } });
    await audit.record("approval", { event: "approved", callId: "secret", summary: "asked the-question" });
    await recordCalls(audit, 3, 3);
    const words = ["the-summary", "the-query", "the-outcome", "the-details", "the-question"];
    const found = () => words.filter((word) => everything(directory).includes(word));
    expect(found()).toEqual(words);
    expect(audit.erase("secret")).toBe(3);
    expect(found()).toEqual([]);
    expect(
      queryAudit(audit.db, { limit: 100 })
        .filter(({ callId, event }) => callId === "secret" || event === "erased")
        .map(({ kind, summary }) => [kind, summary]),
    ).toEqual([
      ["intent", null],
      ["outcome", null],
      ["approval", null],
      ["system", null],
    ]);
    expect(audit.erase("secret")).toBe(0);
    audit.close();
    expect(await check(directory)).toMatchObject({ ok: true });
  });

  test("of a call that is not in the log is refused", () => {
    const audit = startAudit(makeState());
    expect(() => audit.erase("c404")).toThrow(
      new Refusal("NOT_FOUND", "no call `c404` is in the audit", "find its id with `portcullis audit query`"),
    );
    audit.close();
  });
});

/** Three days of ten calls, each sealed at its end. */
async function makeDays(directory: string): Promise<Audit> {
  let time = NOON - 3 * DAY;
  const audit = startAudit(directory, { now: () => time });
  for (let day = 0; day < 3; day += 1) {
    await recordCalls(audit, day * 10, 10);
    audit.checkpoint();
    time += DAY;
  }
  return audit;
}

describe("pruning", () => {
  test("removes whole segments that are older, says so, and what is left holds, also against the anchor", async () => {
    const directory = makeState();
    const audit = await makeDays(directory);
    // Records 1 to 21 with their checkpoint at 22, then 20 and the checkpoint at 43, then 20 and the one at 64.
    expect(await audit.prune(NOON - 1.5 * DAY)).toBe(42);
    expect(await audit.prune(NOON - 1.5 * DAY)).toBe(0);
    audit.close();
    expect(await check(directory)).toEqual({ ok: true, records: 24, checkpoints: 3, notices: [] });
  });

  test("never removes what is not sealed or not old", async () => {
    const directory = makeState();
    const audit = await makeDays(directory);
    expect(await audit.prune(NOON - 3 * DAY)).toBe(0);
    await recordCalls(audit, 30, 5);
    expect(await audit.prune(NOON + DAY)).toBe(63);
    audit.close();
    expect(await check(directory)).toMatchObject({ ok: true });
  });

  test("keeps the segment of a call that is still running", async () => {
    const directory = makeState();
    const audit = await makeDays(directory);
    await audit.intent(makeIntent("running"));
    audit.checkpoint();
    await recordCalls(audit, 40, 2);
    audit.checkpoint();
    await audit.prune(NOON + DAY);
    await audit.outcome({ callId: "running", status: "done", durationMs: 9 });
    expect(queryAudit(audit.db, { limit: 1 })).toMatchObject([
      { callId: "running", status: "done", session: "s1", tool: "read_text_file" },
    ]);
    audit.close();
    expect(await check(directory)).toMatchObject({ ok: true });
  });

  test("a pruned log that goes on can be pruned again, and verified from a checkpoint on", async () => {
    const directory = makeState();
    const audit = await makeDays(directory);
    await audit.prune(NOON - 2.5 * DAY);
    await recordCalls(audit, 30, 5);
    audit.checkpoint();
    await audit.prune(NOON - 1.5 * DAY);
    audit.close();
    expect(await check(directory)).toMatchObject({ ok: true });
    expect(await check(directory, 70)).toMatchObject({ ok: true, records: 15 });
  });
});

describe("a backup", () => {
  test("taken while the log is written is a whole database that verifies, for the owner alone", async () => {
    const directory = makeState();
    const audit = startAudit(directory);
    await recordCalls(audit, 0, 200);
    const { backups } = auditFiles(directory);
    const [file] = await Promise.all([backupDatabase(audit.db, { directory: backups, keep: 3, time: NOON }), recordCalls(audit, 200, 50)]);
    audit.close();
    expect([file, statSync(file).mode & 0o777]).toEqual([join(backups, "portcullis-20261120T120000000Z.db.gz"), 0o600]);
    const restored = makeState();
    writeFileSync(auditFiles(restored).database, gunzipSync(readFileSync(file)));
    const db = new Sqlite(auditFiles(restored).database);
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    db.close();
    for (const name of ["audit.key", "digest.key"]) writeFileSync(join(restored, name), readFileSync(join(directory, name)));
    expect(await check(restored)).toMatchObject({ ok: true });
  });

  test("keeps the newest few and touches nothing else", async () => {
    const directory = makeState();
    const audit = startAudit(directory);
    const { backups } = auditFiles(directory);
    for (let day = 0; day < 5; day += 1) {
      await backupDatabase(audit.db, { directory: backups, keep: 2, time: NOON + day * DAY });
      writeFileSync(join(backups, "mine.db.gz"), "");
    }
    audit.close();
    expect(readdirSync(backups).sort()).toEqual([
      "mine.db.gz",
      "portcullis-20261123T120000000Z.db.gz",
      "portcullis-20261124T120000000Z.db.gz",
    ]);
  });
});

test("an export holds all that is needed to compute the links again", async () => {
  const audit = startAudit(makeState());
  await recordCalls(audit, 0, 5);
  await audit.record("label", { event: "tainted", session: "s1", details: { source: "web" } });
  audit.erase("c2");
  const records = [...exportAudit(audit.db, 0)];
  let link = "0".repeat(64);
  for (const record of records) {
    link = createHash("sha256").update(link).update(record.body).digest("hex");
    expect({ seq: record.seq, link: record.link }).toEqual({ seq: record.seq, link });
  }
  expect(
    records.filter(({ kind }) => kind === "intent" || kind === "label").map(({ callId, query, details }) => [callId, query, details]),
  ).toEqual([
    ["c0", { tool: "read_text_file", args: { path: "c0" } }, null],
    ["c1", { tool: "read_text_file", args: { path: "c1" } }, null],
    ["c2", null, null],
    ["c3", { tool: "read_text_file", args: { path: "c3" } }, null],
    ["c4", { tool: "read_text_file", args: { path: "c4" } }, null],
    [null, null, { source: "web" }],
  ]);
  audit.close();
});
