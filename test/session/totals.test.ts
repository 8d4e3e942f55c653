import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../../src/audit/database.ts";
import type { Database } from "../../src/audit/database.ts";
import { openTotals, readTotals } from "../../src/session/totals.ts";

const DAY = 86_400_000;
let directory: string;
let db: Database;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "portcullis-totals-"));
  db = openDatabase(join(directory, "portcullis.db"));
});
afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true, force: true });
});

const calls = (value: number) => ({ metric: "calls", labels: ["read"], value, highest: false });
const share = (value: number) => ({ metric: "share", labels: [], value, highest: true });

test("several processes add to one number, and the highest stays", () => {
  const other = openDatabase(join(directory, "portcullis.db"));
  const [one, two] = [openTotals(db), openTotals(other)];
  one.add([calls(3), share(0.9)], 10 * DAY);
  two.add([calls(4), share(0.5)], 10 * DAY + 5);
  one.add([calls(1)], 10 * DAY + 6);
  other.close();
  expect(readTotals(db, 0)).toEqual([calls(8), share(0.9)]);
});

test("days add up, from the one of `since` on", () => {
  const totals = openTotals(db);
  for (const day of [10, 11, 12]) totals.add([calls(day), share(day / 100)], day * DAY);
  expect(readTotals(db, 0)).toEqual([calls(33), share(0.12)]);
  expect(readTotals(db, 11 * DAY + 5_000)).toEqual([calls(23), share(0.12)]);
  expect(readTotals(db, 13 * DAY)).toEqual([]);
});

test("a clock that was set back puts numbers into another day and changes no sum", () => {
  const totals = openTotals(db);
  totals.add([calls(5)], 20 * DAY);
  totals.add([calls(7)], 3 * DAY);
  totals.add([calls(1)], 20 * DAY);
  expect(readTotals(db, 0)).toEqual([calls(13)]);
});

test("all numbers of one time are added, or none", () => {
  const totals = openTotals(db);
  expect(() => totals.add([calls(5), { ...share(1), value: Number.NaN }], DAY)).toThrow("NOT NULL");
  expect(readTotals(db, 0)).toEqual([]);
});

test("days that ended before a time are forgotten", () => {
  const totals = openTotals(db);
  for (const day of [1, 2, 3]) totals.add([calls(1)], day * DAY);
  expect(totals.forget(3 * DAY + 1)).toBe(2);
  expect(readTotals(db, 0)).toEqual([calls(1)]);
});
