/** Processes that die at any moment, and several at once on one log. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Database } from "../../src/audit/database.ts";
import { queryAudit } from "../../src/audit/query.ts";
import { verifyState } from "../../src/audit/verify-state.ts";
import { makeIntent, makeState, seededRandom, startAudit } from "./state.ts";

const CALLER = join(import.meta.dirname, "caller.ts");
/** The whole hundred is run by hand with AUDIT_KILLS=100; a few each time keep it honest. */
const KILLS = Number(process.env["AUDIT_KILLS"] ?? 8);

interface Caller {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly errors: string[];
}

/** Collects whole lines. */
function collect(stream: NodeJS.ReadableStream | null, into: string[]): void {
  let rest = "";
  stream?.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    into.push(...parts);
  });
}

function startCaller(directory: string, name: string, count: number, durability = "process"): Caller {
  const child = spawn(process.execPath, [CALLER, directory, join(directory, "effects"), name, String(count), durability], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const caller: Caller = { child, lines: [], errors: [] };
  collect(child.stdout, caller.lines);
  collect(child.stderr, caller.errors);
  return caller;
}

const calls = (db: Database, kind: string): ReadonlyMap<string | null, string | null> =>
  new Map(
    queryAudit(db, { limit: 1_000_000 })
      .filter((line) => line.kind === kind)
      .map((line) => [line.callId, line.status]),
  );

describe("a process that is killed", () => {
  test(`${KILLS} times at random moments: no effect without its intent, nothing acknowledged lost, every orphan closed as unknown`, async () => {
    const directory = makeState();
    const random = seededRandom(3);
    const acknowledged: string[] = [];
    for (let n = 0; n < KILLS; n += 1) {
      const { child, lines, errors } = startCaller(directory, `k${n}`, 1_000_000);
      await Promise.race([once(child.stdout ?? child, "data"), once(child, "exit")]);
      const more = random(400);
      while (lines.length < more && child.exitCode === null) await once(child.stdout ?? child, "data");
      child.kill("SIGKILL");
      await once(child, "close");
      expect({ n, errors }).toEqual({ n, errors: [] });
      acknowledged.push(...lines);
    }
    const audit = startAudit(directory);
    const [intents, outcomes] = [calls(audit.db, "intent"), calls(audit.db, "outcome")];
    const effects = readFileSync(join(directory, "effects"), "utf8").split("\n").filter(Boolean);
    expect(effects.filter((id) => !intents.has(id))).toEqual([]);
    expect(acknowledged.filter((id) => outcomes.get(id) !== "done")).toEqual([]);
    expect([...intents.keys()].filter((id) => !outcomes.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    audit.close();
    expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: true });
  });

  test("its open call is closed as unknown by the next process, and not by one that starts while it lives", async () => {
    const directory = makeState();
    const audit = startAudit(directory);
    await audit.intent(makeIntent("open"));
    startAudit(directory).close();
    expect(calls(audit.db, "outcome")).toEqual(new Map());
    await audit.outcome({ callId: "open", status: "done", durationMs: 1 });
    await audit.intent(makeIntent("cut off"));
    audit.close();
    const after = startAudit(directory);
    expect(calls(after.db, "outcome")).toEqual(
      new Map([
        ["open", "done"],
        ["cut off", "unknown"],
      ]),
    );
    after.close();
  });
});

describe("several processes on one log", () => {
  test("four write at once: every call is there once, in one chain that holds", async () => {
    const directory = makeState();
    const callers = ["a", "b", "c", "d"].map((name) => startCaller(directory, name, 300));
    await Promise.all(callers.map(({ child }) => once(child, "close")));
    expect(callers.map(({ lines, errors }) => [lines.length, errors])).toEqual(Array.from({ length: 4 }, () => [300, []]));
    const audit = startAudit(directory);
    const [intents, outcomes] = [calls(audit.db, "intent"), calls(audit.db, "outcome")];
    expect([intents.size, outcomes.size, new Set(outcomes.values())]).toEqual([1200, 1200, new Set(["done"])]);
    audit.close();
    expect(await verifyState(directory, { anchors: [] })).toMatchObject({ ok: true });
  });

  test("two in one process take turns and keep one chain", async () => {
    const directory = makeState();
    const [one, two] = [startAudit(directory), startAudit(directory)];
    for (let n = 0; n < 20; n += 1) {
      await Promise.all([one.intent(makeIntent(`a${n}`)), two.intent(makeIntent(`b${n}`))]);
      await Promise.all([
        two.outcome({ callId: `b${n}`, status: "done", durationMs: 0 }),
        one.outcome({ callId: `a${n}`, status: "done", durationMs: 0 }),
      ]);
    }
    one.close();
    two.close();
    // 1 start, 40 calls, and the checkpoint of the first that ends: after it there is nothing to seal.
    expect(await verifyState(directory, { anchors: [] })).toEqual({ ok: true, records: 82, checkpoints: 1, notices: [] });
  });
});
