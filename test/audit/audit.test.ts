import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAnchor } from "../../src/audit/anchor.ts";
import { describeFault } from "../../src/audit/database.ts";
import { parseCheckpoint } from "../../src/audit/note.ts";
import { queryAudit } from "../../src/audit/query.ts";
import { cutSummary } from "../../src/audit/record.ts";
import { auditFiles } from "../../src/audit/state.ts";
import { verifyState } from "../../src/audit/verify-state.ts";
import { makeIntent, makeState, recordCalls, startAudit } from "./state.ts";

const TIME = "2026-11-20T12:00:00.000Z";

test("a call is an intent before and an outcome after, and the outcome shows what its intent says", async () => {
  const directory = makeState();
  const audit = startAudit(directory);
  await audit.intent(makeIntent("c1", { tool: "github/list_issues", effect: "ask", rules: ["issues"], summary: "list issues" }));
  await audit.outcome({ callId: "c1", status: "done", durationMs: 12, channel: "elicitation" });
  const call = {
    time: TIME,
    callId: "c1",
    session: "s1",
    principal: "local",
    tool: "github/list_issues",
    effect: "ask",
    rules: ["issues"],
    argsDigest: "hmac-sha256:00",
    summary: "list issues",
  };
  expect(queryAudit(audit.db, { limit: 2 })).toEqual([
    { ...call, seq: 2, kind: "intent", status: null, durationMs: null },
    { ...call, seq: 3, kind: "outcome", status: "done", durationMs: 12, channel: "elicitation" },
  ]);
  audit.close();
});

test("the log of a session verifies, with the checkpoint of its end", async () => {
  const directory = makeState();
  const audit = startAudit(directory);
  await recordCalls(audit, 0, 10);
  audit.close();
  expect(await verifyState(directory, { anchors: [] })).toEqual({ ok: true, records: 22, checkpoints: 1, notices: [] });
});

test("an outcome without an intent is refused", async () => {
  const audit = startAudit(makeState());
  await expect(audit.outcome({ callId: "c1", status: "done", durationMs: 1 })).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  audit.close();
});

test("other events keep what they are given", async () => {
  const audit = startAudit(makeState());
  const event = { event: "approved", callId: "c1", session: "s1", principal: "local", tool: "write_file", channel: "console" };
  await audit.record("approval", { ...event, summary: "write a.txt", details: { id: "a1" }, durability: "power" });
  expect(queryAudit(audit.db, { limit: 1 })).toEqual([
    {
      ...event,
      seq: 2,
      time: TIME,
      kind: "approval",
      effect: null,
      rules: [],
      status: null,
      durationMs: null,
      argsDigest: null,
      summary: "write a.txt",
    },
  ]);
  audit.close();
});

describe("records of one turn of the loop", () => {
  test("share one transaction, and each caller is told when it is there", async () => {
    const directory = makeState();
    const audit = startAudit(directory);
    const commits = () => readFileSync(`${auditFiles(directory).database}-wal`).length;
    await recordCalls(audit, 0, 1);
    const alone = await grown(commits, () => recordCalls(audit, 1, 10));
    const together = await grown(commits, () => Promise.all(Array.from({ length: 20 }, (_, n) => audit.intent(makeIntent(`t${n}`)))));
    // The write-ahead log holds a page image for every page of every transaction.
    expect(together).toBeLessThan(alone / 2);
    expect(queryAudit(audit.db, { limit: 20 }).map(({ callId }) => callId)).toEqual(Array.from({ length: 20 }, (_, n) => `t${n}`));
    audit.close();
  });
});

async function grown(size: () => number, work: () => Promise<unknown>): Promise<number> {
  const before = size();
  await work();
  return size() - before;
}

const sizes = (directory: string) => readAnchor(auditFiles(directory).anchor).map((note) => parseCheckpoint(note).size);

describe("a checkpoint", () => {
  test("is made every 1,000 records and at the end, and every one is in the anchor", async () => {
    const directory = makeState();
    const audit = startAudit(directory);
    for (let n = 0; n < 1_300; n += 100) await Promise.all(Array.from({ length: 100 }, (_, i) => recordCalls(audit, n + i, 1)));
    audit.close();
    const found = sizes(directory);
    expect(found.slice(0, -1).every((size, n) => size >= (n + 1) * 1_000 && size < (n + 1) * 1_200)).toBe(true);
    expect([found.length, found.at(-1)]).toEqual([3, 1 + 2_600 + 2]);
    expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: true, checkpoints: 3 });
  });

  test("is made when nothing was recorded for a while, once", async () => {
    const directory = makeState();
    const audit = startAudit(directory, { now: () => Date.now(), idle: 30 });
    await recordCalls(audit, 0, 2);
    while (sizes(directory).length === 0) await wait(5);
    await wait(100);
    expect(sizes(directory)).toEqual([5]);
    await recordCalls(audit, 2, 1);
    while (sizes(directory).length === 1) await wait(5);
    audit.close();
    expect(sizes(directory)).toEqual([5, 8]);
  });

  test("is not repeated when nothing came after it", () => {
    const audit = startAudit(makeState());
    expect(audit.checkpoint()).toBe(audit.checkpoint());
    audit.close();
  });
});

describe("the digest of arguments", () => {
  test("is the same whatever the order of keys, and stays the same over restarts and key rotations", () => {
    const directory = makeState();
    const audit = startAudit(directory);
    const digest = audit.digest({ path: "/w/a", deep: { b: [1, { d: 2, c: null }], a: true } });
    expect(digest).toMatch(/^hmac-sha256:[0-9a-f]{64}$/u);
    expect(audit.digest({ deep: { a: true, b: [1, { c: null, d: 2 }] }, path: "/w/a" })).toBe(digest);
    audit.rotateKey();
    audit.close();
    const after = startAudit(directory);
    expect(after.digest({ deep: { a: true, b: [1, { c: null, d: 2 }] }, path: "/w/a" })).toBe(digest);
    after.close();
  });

  test("differs for different arguments and in another state directory", () => {
    const [one, two] = [startAudit(makeState()), startAudit(makeState())];
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        // JSON knows no -0.
        const same = JSON.stringify(a) === JSON.stringify(b);
        fc.pre(!same && typeof a !== "object");
        expect(one.digest(a)).not.toBe(one.digest(b));
        expect(one.digest(a)).not.toBe(two.digest(a));
      }),
    );
    one.close();
    two.close();
  });
});

describe("a summary", () => {
  test.each([
    { name: "a short one stays", text: "read a.txt", cut: "read a.txt" },
    { name: "of 200 characters stays", text: "x".repeat(200), cut: "x".repeat(200) },
    { name: "of 201 characters is cut to 200", text: "x".repeat(201), cut: `${"x".repeat(199)}…` },
    { name: "is never cut inside a character", text: "x".repeat(198) + "😀".repeat(5), cut: `${"x".repeat(198)}…` },
    { name: "is one line", text: "a\r\nb\u2028c\nd", cut: "a b c d" },
  ])("$name", ({ text, cut }) => {
    expect(cutSummary(text)).toBe(cut);
  });
});

test.each([
  { code: "SQLITE_FULL", says: "the disk that holds the audit is full" },
  { code: "ENOSPC", says: "the disk that holds the audit is full" },
  { code: "SQLITE_BUSY", says: "the audit is locked by another process" },
  { code: "SQLITE_READONLY", says: "the audit can't be opened for writing" },
  { code: "SQLITE_READONLY_DBMOVED", says: "the audit can't be opened for writing" },
  { code: "EROFS", says: "the audit can't be opened for writing" },
  { code: "SQLITE_CORRUPT", says: "the audit database is damaged" },
  { code: "SQLITE_NOTADB", says: "the audit database is damaged" },
  { code: "SQLITE_IOERR_WRITE", says: "the audit can't be written" },
])("$code is told as: $says", ({ code, says }) => {
  const { code: refused, message, remedy } = describeFault(Object.assign(new Error("/secret/path"), { code }));
  expect([refused, message, remedy.includes("/secret")]).toEqual(["AUDIT_UNAVAILABLE", says, false]);
});

test("text that is not well-formed Unicode is recorded and still verifies", async () => {
  const directory = makeState();
  const audit = startAudit(directory, { random: randomBytes });
  await audit.intent(makeIntent("c1", { session: "lone \ud800 surrogate", summary: "\udfff \u0000 nul", query: { text: "\ud83d" } }));
  await audit.outcome({ callId: "c1", status: "done", durationMs: 1 });
  audit.close();
  expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: true });
});
