import Sqlite from "better-sqlite3";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MIGRATIONS } from "../../src/audit/migrations/index.ts";
import { openMetrics } from "../../src/compose/metrics.ts";
import { openShelf } from "../../src/compose/shelf.ts";
import type { Shelf } from "../../src/compose/shelf.ts";
import { readTotals } from "../../src/session/totals.ts";

const MINUTE = 60_000;
let state: string;
let shelf: Shelf;
beforeEach(() => {
  vi.useFakeTimers();
  state = mkdtempSync(join(tmpdir(), "portcullis-metrics-"));
  shelf = openShelf(state, () => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  shelf.close();
  rmSync(state, { recursive: true, force: true });
});

const outside = () => new Sqlite(join(state, "portcullis.db"));

function kept(): [string, number][] {
  const db = outside();
  const totals = readTotals(db, 0).map(({ metric, value }): [string, number] => [metric, value]);
  db.close();
  return totals;
}

function open(now: () => number, errors: unknown[] = []) {
  return openMetrics({
    hasTool: () => true,
    shelf,
    admission: { sessions: () => 1, shares: () => [{ of: "session", counted: "calls", share: 0.25 }] },
    droppedLines: () => 0,
    queue: () => 0,
    now,
    report: (error) => errors.push(error),
  });
}

test("what was counted is kept every minute and at the end, whatever the clock says meanwhile", () => {
  let time = Date.UTC(2026, 10, 20);
  const metrics = open(() => time);
  metrics.kill("memory");
  vi.advanceTimersByTime(MINUTE);
  time -= 400 * 86_400_000;
  metrics.kill("memory");
  vi.advanceTimersByTime(MINUTE);
  metrics.kill("memory");
  metrics.close();
  expect(kept()).toEqual([
    ["portcullis_budget_used_ratio", 0.25],
    ["portcullis_sandbox_kills_total", 3],
  ]);
});

test("a write that fails is told, and the next one has all of it", () => {
  const errors: unknown[] = [];
  const metrics = open(Date.now, errors);
  shelf.use(() => undefined);
  const db = outside();
  db.exec("DROP TABLE totals");
  metrics.reload("good");
  vi.advanceTimersByTime(MINUTE);
  expect(errors).toHaveLength(1);
  db.exec(MIGRATIONS.at(3) ?? "");
  db.close();
  metrics.reload("good");
  vi.advanceTimersByTime(MINUTE);
  expect(errors).toHaveLength(1);
  expect(kept()).toContainEqual(["portcullis_policy_reloads_total", 2]);
  metrics.close();
});

test("a server that nobody called opens no database for its numbers", () => {
  const metrics = open(Date.now);
  vi.advanceTimersByTime(10 * MINUTE);
  metrics.close();
  expect(shelf.isOpen()).toBe(false);
});
