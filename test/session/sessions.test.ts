import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openDatabase } from "../../src/audit/database.ts";
import type { Database } from "../../src/audit/database.ts";
import { LiveSessions } from "../../src/session/live.ts";
import { EVERY_SESSION, openPauses } from "../../src/session/pauses.ts";
import { newSessionId, openSessions } from "../../src/session/sessions.ts";
import { openUsage } from "../../src/session/usage.ts";

let directory: string;
let db: Database;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "portcullis-sessions-"));
  db = openDatabase(join(directory, "portcullis.db"));
});
afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true, force: true });
});

const about = { principal: "local", client: "editor", transport: "stdio", profile: "local", mode: "approve-writes" };

describe("sessions", () => {
  test("10,000 that begin at once over four connections have 10,000 names of 128 bits", async () => {
    const connections = [db, ...[1, 2, 3].map(() => openDatabase(join(directory, "portcullis.db")))];
    const stores = connections.map(openSessions);
    const begun = await Promise.all(
      Array.from({ length: 10_000 }, async (_, n) => {
        await Promise.resolve();
        return stores[n % stores.length]?.begin({ id: newSessionId(randomBytes), ...about, createdAt: n, activeAt: n });
      }),
    );
    const ids = begun.map((session) => session?.id ?? "");
    expect(new Set(ids).size).toBe(10_000);
    expect(ids.every((id) => /^sess_[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(db.prepare("SELECT count(*) FROM sessions").pluck().get()).toBe(10_000);
    // Every bit is used: over 10,000 names each is set about half the time (five sigma is 250).
    const counts = Array.from({ length: 128 }, () => 0);
    for (const id of ids)
      for (const [byte, value] of Buffer.from(id.slice(5), "hex").entries())
        for (let bit = 0; bit < 8; bit += 1) counts[byte * 8 + bit] = (counts[byte * 8 + bit] ?? 0) + ((value >> bit) & 1);
    for (const count of counts) expect(Math.abs(count - 5_000)).toBeLessThan(400);
    for (const connection of connections.slice(1)) connection.close();
  });

  test("are kept with all that is known of them and outlive the process", () => {
    const store = openSessions(db);
    store.begin({ id: "sess_1", ...about, createdAt: 1, activeAt: 1 });
    store.save("sess_1", 5, { calls: 4, refused: 2, asked: 1, egress: 100 });
    store.end("sess_1", 6);
    db.close();
    db = openDatabase(join(directory, "portcullis.db"));
    const kept = { id: "sess_1", ...about, createdAt: 1, activeAt: 5, endedAt: 6, calls: 4, refused: 2, asked: 1, egress: 100 };
    expect(openSessions(db).find("sess_1")).toEqual(kept);
    expect(openSessions(db).list(10)).toEqual([kept]);
  });

  test("go on with the counts they had when their name comes back", () => {
    const store = openSessions(db);
    store.begin({ id: "sess_1", ...about, createdAt: 1, activeAt: 1 });
    store.save("sess_1", 5, { calls: 4, refused: 2, asked: 1, egress: 100 });
    store.end("sess_1", 6);
    expect(store.begin({ id: "sess_1", ...about, createdAt: 9, activeAt: 9 })).toMatchObject({ createdAt: 1, calls: 4, endedAt: null });
  });

  test("that nobody used for long are forgotten", () => {
    const store = openSessions(db);
    store.begin({ id: "sess_old", ...about, createdAt: 1, activeAt: 1 });
    store.begin({ id: "sess_new", ...about, createdAt: 9, activeAt: 9 });
    expect(store.forget(5)).toBe(1);
    expect(store.list(10).map(({ id }) => id)).toEqual(["sess_new"]);
  });
});

describe("sessions of this process", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("are counted in memory and kept within a second, in one write however many calls there were", () => {
    const store = openSessions(db);
    const save = vi.fn(store.save);
    const live = new LiveSessions({ ...store, save, now: () => 7, report: (error) => expect(error).toBeUndefined() });
    for (let n = 0; n < 500; n += 1) live.use("sess_1", () => about).calls += 1;
    expect(store.find("sess_1")?.calls).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(store.find("sess_1")).toMatchObject({ calls: 500, activeAt: 7 });
    expect(save).toHaveBeenCalledTimes(1);
    live.use("sess_1", () => about).refused += 1;
    live.close();
    expect(store.find("sess_1")).toMatchObject({ calls: 500, refused: 1, endedAt: 7 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that can't be kept are reported and kept later", () => {
    const store = openSessions(db);
    const errors: unknown[] = [];
    const save = vi.fn(store.save).mockImplementationOnce(() => {
      throw new Error("disk full");
    });
    const live = new LiveSessions({ ...store, save, now: () => 7, report: (error) => errors.push(error) });
    live.use("sess_1", () => about).calls += 1;
    vi.advanceTimersByTime(1_000);
    expect(errors).toHaveLength(1);
    live.use("sess_1", () => about).calls += 1;
    vi.advanceTimersByTime(1_000);
    expect(store.find("sess_1")?.calls).toBe(2);
  });
});

describe("pauses", () => {
  test("are seen by every connection, replaced, and ended one by one or all at once", () => {
    const other = openDatabase(join(directory, "portcullis.db"));
    const [here, there] = [openPauses(db), openPauses(other)];
    here.pause("sess_1", "first", 1);
    here.pause("sess_1", "second", 2);
    here.pause(EVERY_SESSION, "all", 3);
    expect(there.read()).toEqual(
      new Map([
        ["sess_1", "second"],
        ["*", "all"],
      ]),
    );
    expect(there.resume("sess_2")).toBe(false);
    expect(there.resume("sess_1")).toBe(true);
    expect(here.read()).toEqual(new Map([["*", "all"]]));
    here.pause("sess_3", "x", 4);
    expect(there.resume(EVERY_SESSION)).toBe(true);
    expect(here.read()).toEqual(new Map());
    other.close();
  });
});

describe("usage", () => {
  const use = { principal: "p", counted: "calls", per: 1000, period: 5 } as const;

  test("adds up to the limit and not beyond, for each principal, thing and period by itself", () => {
    const usage = openUsage(db);
    expect([usage.add(use, 2, 3), usage.add(use, 1, 3), usage.add(use, 1, 3), usage.used(use)]).toEqual([2, 3, undefined, 3]);
    expect(usage.add(use, 4, 3)).toBeUndefined();
    expect(usage.add({ ...use, principal: "q" }, 4, 3)).toBeUndefined();
    for (const other of [{ principal: "q" }, { counted: "egress" as const }, { period: 6 }, { per: 2000 }])
      expect(usage.add({ ...use, ...other }, 1, 3)).toBe(1);
  });

  test("of periods that are over is forgotten", () => {
    const usage = openUsage(db);
    usage.add(use, 2, 3);
    expect([usage.forget(6_999), usage.forget(7_001), usage.used(use)]).toEqual([0, 1, 0]);
  });
});
