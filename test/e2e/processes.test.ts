/** Processes that outlive their call, through a real client. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approveOnce, connect } from "./clients.ts";
import type { Connected } from "./clients.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
let client: Connected;
let asked: string[] = [];
beforeAll(async () => {
  world = createWorld();
  world.put("a.txt", "one\n");
  const policy = join(world.root, "policy.yaml");
  const rule = `{ id: fixtures, effect: allow, run: ["sleep ...", "seq ...", "cat", "printf ...", "perl ..."], why: this test }`;
  writeFileSync(policy, `version: 1\nextends: [local]\nlimits: { timeout: 3s, output: 16KiB }\nrules:\n  - ${rule}\n`, { mode: 0o600 });
  world.share();
  client = await connect("v2 SDK, 2025-11-25", world, {
    args: ["--policy", policy],
    person: (message) => {
      asked.push(message);
      return approveOnce(message);
    },
  });
});
afterAll(async () => {
  await client.close();
  world.remove();
});

async function start(command: string): Promise<string> {
  const { structured } = await client.call("process_start", { command });
  expect(structured).toMatchObject({ running: true, exitCode: null });
  return structured?.["id"] as string;
}

const read = async (id: string, offset = 0, waitMs = 1000) => (await client.call("process_read", { id, offset, waitMs })).structured;

describe("reading", () => {
  test("goes on where the last read ended, and tells how it ended", async () => {
    const id = await start(`perl -e '$| = 1; print "one\\n"; sleep 1; print "two\\n"; exit 3'`);
    expect(await read(id)).toMatchObject({ output: "one\n", start: 0, next: 4, running: true });
    expect(await read(id, 4, 3000)).toMatchObject({ output: "two\n", start: 4, next: 8 });
    await expect.poll(() => read(id, 8), { timeout: 5000 }).toMatchObject({ output: "", next: 8, running: false, exitCode: 3 });
  });

  test("waits no longer than it was told, and not for what has ended", async () => {
    const id = await start("sleep 60");
    const from = performance.now();
    expect(await read(id, 0, 300)).toMatchObject({ output: "", running: true });
    expect(performance.now() - from).toBeGreaterThan(250);
    await client.call("process_stop", { id });
    const stopped = performance.now();
    expect(await read(id, 0, 1000)).toMatchObject({ running: false, killed: "stopped", exitCode: 143 });
    expect(performance.now() - stopped).toBeLessThan(900);
  });

  test("a read that begins inside a line begins with the line, so that a secret in it is still known", async () => {
    const secret = ["ghp_", "a1B2c3D4e5F6g7H8i9J0", "k1L2m3N4o5P6q7R8"].join("");
    const id = await start(`printf 'first\\ntoken ${secret}\\n'`);
    await expect.poll(() => read(id, 0), { timeout: 5000 }).toMatchObject({ running: false });
    for (const offset of [0, 6, 12, 20, 30]) {
      const told = (await read(id, offset))?.["output"] as string;
      expect(told).toContain("[REDACTED:");
      expect(told).not.toContain(secret.slice(-10));
    }
  });

  test("a long output is told in parts, and what is no longer kept is said to be gone", async () => {
    const id = await start("seq 1 300000");
    await expect.poll(() => read(id, 10_000_000), { timeout: 10_000 }).toMatchObject({ running: false });
    const first = await read(id, 0);
    expect(first).toMatchObject({ lost: expect.any(Number), written: 1_988_895 });
    expect(first?.["lost"]).toBeGreaterThan(900_000);
    let next = first?.["next"] as number;
    let last = first?.["output"] as string;
    for (let parts = 0; next < 1_988_895 && parts < 200; parts += 1) {
      const part = await read(id, next);
      expect(part).toMatchObject({ start: next, lost: 0 });
      next = part?.["next"] as number;
      last = part?.["output"] as string;
    }
    expect(last.endsWith("\n299999\n300000\n")).toBe(true);
  });
});

describe("writing", () => {
  test("is asked about each time with what is written, and reaches the process", async () => {
    const id = await start("cat");
    asked = [];
    for (const line of ["one\n", "two\n"]) expect((await client.call("process_write", { id, input: line })).call.effect).toBe("ask");
    expect(asked.map((message) => /^\| (one|two)$/m.exec(message)?.[1])).toEqual(["one", "two"]);
    await expect.poll(() => read(id), { timeout: 5000 }).toMatchObject({ output: "one\ntwo\n" });
    await client.call("process_stop", { id });
    asked = [];
    expect((await client.call("process_write", { id, input: "three\n" })).refusal).toMatchObject({
      code: "NOT_FOUND",
      reason: expect.stringContaining("ended"),
    });
    expect(asked).toEqual([]);
  });
});

describe("a process", () => {
  test("outlives its call and the time that a call may take", async () => {
    const id = await start("perl -e 'sleep 4; print 1'");
    await expect
      .poll(() => read(id, 0, 1400), { timeout: 10_000, interval: 100 })
      .toMatchObject({ output: "1", exitCode: 0, killed: null });
  });

  test("is refused, hidden and protected like any command", async () => {
    expect((await client.call("process_start", { command: "cat .env" })).refusal?.code).toBe("DENIED");
    expect((await client.call("process_start", { command: "nosuchprogram" })).refusal?.code).toBe("NOT_FOUND");
  });

  test.each(["process_read", "process_stop"])("that isn't there is NOT_FOUND for %s, and nobody is asked", async (tool) => {
    asked = [];
    expect((await client.call(tool, { id: "0123456789abcdef" })).refusal?.code).toBe("NOT_FOUND");
    expect(asked).toEqual([]);
  });

  test("belongs to its session: another one neither sees nor ends it", async () => {
    const id = await start("sleep 60");
    const other = await connect("v2 SDK, 2025-11-25", world);
    try {
      expect((await other.call("process_list", {})).structured).toEqual({ processes: [] });
      expect((await other.call("process_read", { id })).refusal?.code).toBe("NOT_FOUND");
    } finally {
      await other.close();
    }
    expect((await client.call("process_list", {})).structured).toMatchObject({
      processes: expect.arrayContaining([expect.objectContaining({ id, running: true, command: "sleep 60", cwd: world.workspace })]),
    });
  });

  test("there are at most 16, and all end with the server", async () => {
    const own = createWorld();
    own.share();
    const mark = `3${process.pid}`;
    const other = await connect("v2 SDK, 2026-07-28", own);
    const before = others(mark);
    const codes = [];
    for (let n = 0; n < 17; n += 1) codes.push((await other.call("process_start", { command: `sleep ${mark}` })).refusal?.code);
    expect(codes).toEqual([...Array.from({ length: 16 }, () => undefined), "BUDGET_EXHAUSTED"]);
    expect(others(mark)).toBeGreaterThan(before + 15);
    await other.close();
    await expect.poll(() => others(mark), { timeout: 10_000 }).toBe(before);
    own.remove();
  });
});

/** How many processes of this machine sleep for so long. */
function others(mark: string): number {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(`\0${mark}\0`);
    } catch {
      return false;
    }
  }).length;
}
