/** Log lines, traces, metrics and statistics of the built server, through real clients. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CLIENTS, connect } from "./clients.ts";
import type { Connected } from "./clients.ts";
import { ENTRY, createWorld } from "./world.ts";
import type { World } from "./world.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.remove());

const logFile = () => join(world.root, "log");
const lines = () =>
  readFileSync(logFile(), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const calls = () => lines().filter(({ msg }) => msg === "call");

async function start(policy: string, kind: (typeof CLIENTS)[number] = CLIENTS[2]): Promise<Connected> {
  const file = join(world.root, "policy.yaml");
  writeFileSync(file, `version: 1\nextends: [local]\napprovals: { mode: auto-approve }\n${policy}\n`, { mode: 0o600 });
  return await connect(kind, world, { args: ["--policy", file, "--log-file", logFile()] });
}

const statistics = async (...more: string[]) =>
  JSON.parse((await world.run(["stats", "--json", ...more])).stdout) as Record<string, unknown[]>;

describe.each(CLIENTS)("%s", (kind) => {
  test("a trace goes into the log, the audit and a command; what is no traceparent goes nowhere", async () => {
    world.put("show.js", 'console.log(process.env.TRACEPARENT ?? "none");\n');
    world.share();
    const client = await start('rules: [{ id: show, effect: allow, run: ["node show.js"] }]', kind);
    const run = (traceparent: unknown) =>
      client.raw({ name: "run_command", arguments: { argv: ["node", "show.js"] }, _meta: { traceparent, tracestate: "a=b" } });
    const traced = await run(TRACEPARENT);
    const untraced = await run(`${TRACEPARENT}x`);
    await client.close();
    const callId = traced.call?.callId ?? "";
    const child = `00-4bf92f3577b34da6a3ce929d0e0e4736-${callId.slice(5, 21)}-01`;
    expect(traced.refusal).toBeUndefined();
    expect(traced.structured).toMatchObject({ exitCode: 0, stdout: `${child}\n` });
    expect(untraced.structured).toMatchObject({ exitCode: 0, stdout: "none\n" });
    expect(calls().map((line) => [line.callId, line.trace])).toEqual([
      [callId, TRACEPARENT],
      [untraced.call?.callId, undefined],
    ]);
    for (const command of [["query", "--json"], ["export"]]) {
      const records = (await world.run(["audit", ...command])).stdout.trim().split("\n");
      const traces = records
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ kind: of }) => of === "intent" || of === "outcome");
      expect(traces.map(({ kind: of, trace }) => [of, trace])).toEqual([
        ["intent", TRACEPARENT],
        ["outcome", TRACEPARENT],
        ["intent", undefined],
        ["outcome", undefined],
      ]);
    }
    expect((await world.run(["audit", "verify"])).stdout).toContain("ok:");
  });
});

test("a call has one line, with the same names however it ends", async () => {
  world.put("a.txt", "a\n");
  const client = await start("");
  await client.call("read_text_file", { path: "a.txt" });
  await client.call("read_text_file", { path: ".env" });
  await client.call("read_text_file", { path: "none" });
  await client.close();
  const names = ["level", "time", "callId", "tool", "effect", "rules", "status", "session", "principal", "durationMs"];
  expect(calls().map((line) => Object.keys(line))).toEqual([
    [...names, "msg"],
    [...names, "code", "msg"],
    [...names, "code", "msg"],
  ]);
  expect(calls().map(({ effect, status, code }) => [effect, status, code])).toEqual([
    ["allow", "done", undefined],
    ["deny", "refused", "DENIED"],
    ["allow", "refused", "NOT_FOUND"],
  ]);
});

describe("stats", () => {
  test("adds up what all servers of a state directory did, also those that have ended", async () => {
    world.put("a.txt", "a\n");
    world.share();
    const policy = "budgets: { session: { calls: 10 } }\nrules: [{ id: naps, effect: allow, run: [sleep ...] }]";
    for (const reads of [3, 4]) {
      const client = await start(policy);
      for (let n = 0; n < reads; n += 1) await client.call("read_text_file", { path: "a.txt" });
      await client.call("read_text_file", { path: ".env" });
      await client.call("run_command", { command: "sleep 60", timeoutMs: 200 });
      await client.close();
    }
    const found = await statistics();
    expect(found).toMatchObject({
      tools: [
        { tool: "read_text_file", calls: 9, allow: 7, deny: 2, refused: 2, p50Ms: expect.any(Number), p99Ms: expect.any(Number) },
        { tool: "run_command", calls: 2, allow: 2, deny: 0, refused: 2 },
      ],
      refusals: [
        { code: "DENIED", calls: 2 },
        { code: "TIMEOUT", calls: 2 },
      ],
      budgets: [{ of: "session", counted: "calls", highest: 0.6 }],
      audit: [
        { record: "intent", count: 11 },
        { record: "outcome", count: 11 },
      ],
      sandboxKills: [{ reason: "timeout", commands: 2 }],
      logLinesDropped: 0,
    });
    expect(found.rules).toContainEqual({ rule: "naps", effect: "allow", calls: 2 });
    expect(await statistics("--since", "1d")).toEqual(found);
    expect(await statistics("--since", "2999-01-01")).toMatchObject({ tools: [], rules: [] });
    const { stdout } = await world.run(["stats"]);
    expect(stdout).toMatch(/^read_text_file +9 +7 +0 +0 +2 +2 /m);
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[^\n\x20-\x7e]/);
  });

  test("--watch shows it again and again until it is interrupted", async () => {
    const client = await start("");
    await client.call("list_allowed_directories", {});
    await client.close();
    const child = spawn(process.execPath, [ENTRY, "stats", "--watch", "--json", "--state", world.state], { env: world.env });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    try {
      await expect.poll(() => out.split("\n").length, { timeout: 20_000 }).toBeGreaterThan(2);
    } finally {
      child.kill("SIGINT");
    }
    expect(await once(child, "exit")).toEqual([0, null]);
    const [first, second] = out.split("\n");
    expect(first).toContain("list_allowed_directories");
    expect(second).toBe(first);
  });

  test.each<[string, string[], number, string]>([
    ["before the first start", [], 3, "there is no database at"],
    ["since a time that is none", ["--since", "yesterday"], 2, "`yesterday` is not a time: write 2026-11-20"],
  ])("%s: says so", async (_name, args, code, says) => {
    const done = await world.run(["stats", ...args]);
    expect(done).toMatchObject({ code, stdout: "" });
    expect(done.stderr).toContain(says);
  });
});

test("the log and what was put aside of it are out of reach of tools, and a name beside them isn't", async () => {
  const file = world.put("app.log", "");
  for (const name of ["app.log.1-0123abcd", "app.log.bak", "app.logs"]) world.put(name, "text\n");
  const client = await connect(CLIENTS[2], world, { args: ["--log-file", file] });
  const codes = [];
  for (const path of ["app.log", "app.log.1-0123abcd", "app.log.bak", "app.logs"])
    codes.push((await client.call("read_text_file", { path })).refusal?.code);
  await client.close();
  expect(codes).toEqual(["DENIED", "DENIED", undefined, undefined]);
});
