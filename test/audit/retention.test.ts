/** What a running server does by itself about records that are old. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepRetention } from "../../src/audit/retention.ts";
import { makeState, recordCalls, startAudit } from "./state.ts";

const DAY = 86_400_000;
beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

/** Lets time pass, and then a few turns of the loop for what it set off. */
async function pass(milliseconds: number): Promise<void> {
  vi.advanceTimersByTime(milliseconds);
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("old records go at the start and each day, by the retention in force at that time, and nothing goes after the stop", async () => {
  let time = Date.UTC(2026, 10, 20);
  let days = 10;
  const audit = startAudit(makeState(), { now: () => time });
  const sealCalls = async (from: number) => {
    await recordCalls(audit, from, 5);
    audit.checkpoint();
  };
  await sealCalls(0);
  const told: (number | string)[] = [];
  const retention = keepRetention(audit, {
    retain: () => days * DAY,
    now: () => time,
    onDue: () => told.push("due"),
    onPruned: (records) => told.push(records),
    report: (message) => told.push(message),
  });
  await pass(0);
  expect(told).toEqual(["due"]);
  time += 5 * DAY;
  await pass(DAY);
  expect(told).toEqual(["due", "due"]);
  days = 4;
  await pass(DAY);
  expect(told).toEqual(["due", "due", "due", 11]);
  retention.stop();
  await sealCalls(5);
  time += 5 * DAY;
  await pass(2 * DAY);
  expect(told).toHaveLength(4);
  audit.close();
});

test("a failure is reported, and the next day tries again", async () => {
  const audit = startAudit(makeState());
  const reports: string[] = [];
  const failing = () => {
    throw new Error("locked");
  };
  const retention = keepRetention(audit, {
    retain: () => DAY,
    now: Date.now,
    onDue: failing,
    onPruned: failing,
    report: (message) => reports.push(message),
  });
  await pass(0);
  await pass(DAY);
  expect(reports).toEqual(Array.from({ length: 2 }, () => "records that are older than `audit.retain` could not be removed"));
  retention.stop();
  audit.close();
});
