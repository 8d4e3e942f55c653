/** Sessions, pauses, limits, budgets, loops and cancellation as a client meets them, in both protocol eras. */
import { chmodSync, existsSync, ftruncateSync, closeSync, openSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CLIENTS, approveOnce, connect } from "./clients.ts";
import type { ClientKind, Connected, Person } from "./clients.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
let open: Connected[];
beforeEach(() => {
  world = createWorld();
  world.put("a.txt", "before\n");
  open = [];
});
afterEach(async () => {
  for (const client of open) await client.close();
  world.remove();
});

const READ = { path: "a.txt" };

/** Starts a server under a policy; writes need no question unless the policy says so. */
async function start(kind: ClientKind, policy = "", person?: Person): Promise<Connected> {
  const file = join(world.root, `policy-${open.length}.yaml`);
  const mode = policy.includes("approvals:") ? "" : "approvals: { mode: auto-approve }\n";
  writeFileSync(file, `version: 1\nextends: [local]\n${mode}${policy}\n`, { mode: 0o600 });
  const args = ["--policy", file, "--log-file", join(world.root, "log")];
  const client = await connect(kind, world, { args, ...(person ? { person } : {}) });
  open.push(client);
  return client;
}

async function lines<T>(...command: string[]): Promise<T[]> {
  const { stdout } = await world.run([...command, "--json"]);
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : (JSON.parse(line) as T)));
}

interface Session {
  readonly id: string;
  readonly status: string;
  readonly calls: number;
}

interface Line {
  readonly kind: string;
  readonly event?: string;
  readonly status?: string;
  readonly summary?: string;
}

const records = () => lines<Line>("audit", "query", "--limit", "1000");

/** A file that takes seconds to read, and no room on the disk. */
function hugeFile(name: string, gibibytes: number): string {
  const path = join(world.workspace, name);
  const fd = openSync(path, "w");
  ftruncateSync(fd, gibibytes * 1024 ** 3);
  closeSync(fd);
  return path;
}

/** Processes that the server has started and that still run. */
function childrenOf(client: Connected): string[] {
  const pid = client.pid();
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/children`);
  return tasks.flatMap((file) => (existsSync(file) ? readFileSync(file, "utf8").split(" ").filter(Boolean) : []));
}

const temporaries = () => readdirSync(world.workspace).filter((name) => name.startsWith(".portcullis-"));
const SOON = { timeout: 20_000, interval: 20 };

describe.each(CLIENTS)("through %s", (kind) => {
  test("a session is on record with who it was, under what, and what it did, also when its server is gone", async () => {
    const client = await start(kind);
    await client.call("read_text_file", READ);
    await client.call("read_text_file", { path: "gone" });
    await client.close();
    const [session, ...others] = await lines<Session>("sessions", "list");
    expect(others).toEqual([]);
    expect(session).toEqual({
      id: expect.stringMatching(/^sess_[0-9a-f]{32}$/),
      principal: "local",
      client: "test-client",
      transport: "stdio",
      profile: expect.stringContaining("policy-0.yaml"),
      mode: "auto-approve",
      calls: 2,
      refused: 1,
      asked: 0,
      egress: 0,
      status: "ended",
      created: expect.any(String),
      lastActive: expect.any(String),
      ended: expect.any(String),
      paused: null,
    });
    expect(await world.run(["sessions", "show", session?.id ?? ""])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("test-client"),
    });
    expect(await world.run(["sessions", "show", "sess_0"])).toMatchObject({ code: 1 });
  });

  test("a paused session refuses with its reason within a second, others go on, and it can be resumed", async () => {
    const client = await start(kind);
    const other = await start(kind);
    const read = async (of: Connected) => (await of.call("read_text_file", READ)).refusal?.code ?? "done";
    await read(client);
    const [session] = await lines<Session>("sessions", "list");
    const id = session?.id ?? "";
    expect(await world.run(["sessions", "pause", id, "--reason", "a look at the diff"])).toMatchObject({ code: 0 });
    await expect.poll(() => read(client), { timeout: 1_000, interval: 20 }).toBe("DENIED");
    const { refusal } = await client.call("read_text_file", READ);
    expect(refusal).toMatchObject({
      reason: "this session is paused: a look at the diff",
      remedy: expect.stringContaining(`sessions resume ${id} --state ${world.state}`),
    });
    expect(await read(other)).toBe("done");
    expect(await lines<Session>("sessions", "list")).toContainEqual(
      expect.objectContaining({ id, status: "paused", paused: "a look at the diff" }),
    );
    expect(await world.run(["sessions", "resume", id])).toMatchObject({ code: 0 });
    await expect.poll(() => read(client), { timeout: 1_000, interval: 20 }).toBe("done");
    expect((await records()).filter(({ kind }) => kind === "session").map(({ event }) => event)).toEqual(["paused", "resumed"]);
  });

  test("the kill switch holds for all sessions, for new ones too, and stops what runs", async () => {
    hugeFile("huge", 400);
    const client = await start(kind, "limits: { timeout: 60s }");
    const search = client.call("search_content", { path: "huge", pattern: "needle", outputMode: "count" });
    await expect.poll(() => childrenOf(client).length, SOON).toBeGreaterThan(0);
    const before = performance.now();
    expect(await world.run(["sessions", "pause", "--all"])).toMatchObject({ code: 0 });
    expect((await search).refusal).toMatchObject({ code: "DENIED", reason: "all sessions are paused: a person paused it" });
    // The command itself starts and ends within this time too.
    expect(performance.now() - before).toBeLessThan(5_000);
    await expect.poll(() => childrenOf(client), SOON).toEqual([]);
    const anew = await start(kind);
    expect((await anew.call("read_text_file", READ)).refusal?.code).toBe("DENIED");
    expect(await world.run(["sessions", "resume", "--all"])).toMatchObject({ code: 0 });
    await expect.poll(async () => (await anew.call("read_text_file", READ)).isError, { timeout: 1_000, interval: 20 }).toBe(false);
  });

  test("a pause ends the processes that a session has started, too", async () => {
    chmodSync(world.root, 0o755);
    const rules = "rules: [{ id: wait, effect: allow, run: [sleep ...], why: test }]";
    const client = await start(kind, `sandbox: { backend: off }\n${rules}`);
    expect(await client.call("process_start", { command: "sleep 1000" })).toMatchObject({ isError: false });
    expect(childrenOf(client).length).toBeGreaterThan(0);
    const [session] = await lines<Session>("sessions", "list");
    await world.run(["sessions", "pause", session?.id ?? ""]);
    await expect.poll(() => childrenOf(client), SOON).toEqual([]);
  });

  test("a rate holds for its tool, says how long to wait, and leaves other tools alone", async () => {
    const client = await start(kind, "limits: { rate: { read_text_file: 3/h } }");
    for (let n = 0; n < 3; n += 1) expect((await client.call("read_text_file", READ)).isError).toBe(false);
    expect((await client.call("read_text_file", READ)).refusal).toMatchObject({
      code: "RATE_LIMITED",
      remedy: "Wait 1200 s and make the call again.",
    });
    expect((await client.call("list_directory", { path: "." })).isError).toBe(false);
  });

  test("calls beyond limits.concurrent wait their turn and are all answered", async () => {
    const client = await start(kind, "limits: { concurrent: 1 }");
    const results = await Promise.all(Array.from({ length: 30 }, () => client.call("read_text_file", READ)));
    expect(results.filter(({ isError }) => isError)).toEqual([]);
  });

  test("a session's budget warns in the result, the log and the record, and then ends it", async () => {
    const client = await start(kind, "budgets: { session: { calls: 5 } }");
    const warnings = [];
    for (let n = 0; n < 5; n += 1) warnings.push((await client.call("read_text_file", READ)).call.warnings ?? []);
    const said = (share: number, used: number) => `budget: ${share} % of this session's calls are used (${used} of 5)`;
    expect(warnings).toEqual([[], [], [], [said(80, 4)], [said(95, 5), said(100, 5)]]);
    expect((await client.call("list_directory", { path: "." })).refusal).toMatchObject({
      code: "BUDGET_EXHAUSTED",
      reason: "this session has made the 5 calls of its budget",
    });
    await client.close();
    const recorded = (await records()).filter(({ event }) => event === "budget_warning");
    expect(recorded.map(({ summary }) => summary)).toEqual([said(80, 4), said(95, 5), said(100, 5)]);
    expect(readFileSync(join(world.root, "log"), "utf8")).toContain(said(100, 5));
  });

  test("a principal's budget of a day counts over sessions and restarts", async () => {
    const budget = "budgets: { principal: { calls: 3/day } }";
    const [first, second] = [await start(kind, budget), await start(kind, budget)];
    await first.call("read_text_file", READ);
    await second.call("read_text_file", READ);
    await first.close();
    const third = await start(kind, budget);
    expect((await third.call("read_text_file", READ)).call.warnings).toHaveLength(3);
    for (const client of [second, third]) expect((await client.call("read_text_file", READ)).refusal?.code).toBe("BUDGET_EXHAUSTED");
  });

  test("a call that was asked about is charged once, and a state that comes back twice is charged again", async () => {
    const client = await start(kind, "approvals: { mode: approve-writes }\nbudgets: { session: { calls: 2 } }", approveOnce);
    expect((await client.call("write_file", { path: "a.txt", content: "x\n" })).isError).toBe(false);
    expect((await client.call("read_text_file", READ)).isError).toBe(false);
    expect((await client.call("read_text_file", READ)).refusal?.code).toBe("BUDGET_EXHAUSTED");
    expect((await client.raw({ name: "read_text_file", arguments: READ, requestState: "x", inputResponses: {} })).refusal?.code).toBe(
      "BUDGET_EXHAUSTED",
    );
  });

  test("the same failing call is refused after ten times within a minute; others and the repaired one are not", async () => {
    const client = await start(kind);
    const codes = [];
    for (let n = 0; n < 12; n += 1) codes.push((await client.call("read_text_file", { path: "gone.txt" })).refusal?.code);
    expect(codes).toEqual([...Array.from({ length: 10 }, () => "NOT_FOUND"), "RATE_LIMITED", "RATE_LIMITED"]);
    expect((await client.call("read_text_file", { path: "gone.txt" })).refusal?.remedy).toMatch(/^Stop repeating it/);
    expect((await client.call("read_text_file", { path: "other.txt" })).refusal?.code).toBe("NOT_FOUND");
    expect((await client.call("read_text_file", READ)).isError).toBe(false);
  });

  test.each<[string, Record<string, unknown>]>([
    ["write_file", { path: "new.EXE", content: "x" }],
    ["move_file", { source: "a.txt", destination: "b.exe" }],
    ["copy_file", { source: "a.txt", destination: "dir/b.exe" }],
    ["create_directory", { path: "dir.exe" }],
  ])("a denied extension can't be made with %s, and explain_policy knows it", async (tool, args) => {
    const client = await start(kind, "limits: { extensions: { deny: [exe] } }");
    const refused = await client.call(tool, args);
    expect(refused.refusal).toMatchObject({
      code: "DENIED",
      rules: ["limits.extensions"],
      reason: "files with this extension may not be written",
    });
    expect(JSON.parse((await client.call("explain_policy", { tool, args })).text)).toMatchObject({
      effect: "deny",
      rules: [{ id: "limits.extensions" }],
    });
    expect(readdirSync(world.workspace)).toEqual(["a.txt"]);
  });

  test("a workspace that is full takes no more, and can be emptied", async () => {
    world.put("dir/large.bin", Buffer.alloc(1024 * 1024));
    const client = await start(kind, "limits: { workspace: 1MiB }");
    for (const [tool, args] of [
      ["write_file", { path: "new.txt", content: "x" }],
      ["copy_file", { source: "a.txt", destination: "b.txt" }],
    ] as const)
      expect((await client.call(tool, args)).refusal).toMatchObject({
        code: "BUDGET_EXHAUSTED",
        reason: "the workspaces hold 1048583 bytes, and limits.workspace allows 1048576",
      });
    expect((await client.call("move_file", { source: "a.txt", destination: "b.txt" })).isError).toBe(false);
    expect((await client.call("delete_path", { path: "dir", recursive: true })).isError).toBe(false);
    expect((await client.call("write_file", { path: "new.txt", content: "x" })).isError).toBe(false);
  });

  test("edits of one file that are sent at once are all done, one behind the other", async () => {
    world.put("list.txt", Array.from({ length: 20 }, (_, n) => `line ${n};\n`).join(""));
    const client = await start(kind);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        client.call("edit_file", { path: "list.txt", edits: [{ oldText: `line ${n};`, newText: `done ${n};` }] }),
      ),
    );
    expect(results.map(({ refusal }) => refusal?.code)).toEqual(Array.from({ length: 20 }, () => undefined));
    expect(readFileSync(join(world.workspace, "list.txt"), "utf8")).toBe(Array.from({ length: 20 }, (_, n) => `done ${n};\n`).join(""));
  });

  test("cancelling reaches a search that runs: its process is gone and the record says so", async () => {
    hugeFile("huge", 400);
    const client = await start(kind);
    const controller = new AbortController();
    const search = client.call("search_content", { path: "huge", pattern: "needle", outputMode: "count" }, { signal: controller.signal });
    const ended = expect(search).rejects.toThrow();
    await expect.poll(() => childrenOf(client).length, SOON).toBeGreaterThan(0);
    controller.abort();
    await ended;
    await expect.poll(() => childrenOf(client), SOON).toEqual([]);
    await expect.poll(async () => (await records()).find(({ kind }) => kind === "outcome")?.status, SOON).toBe("cancelled");
    expect((await client.call("read_text_file", READ)).isError).toBe(false);
  });

  test("cancelling reaches a write that runs: the file is as it was and nothing is left lying", async () => {
    const path = hugeFile("huge", 1);
    const client = await start(kind);
    const controller = new AbortController();
    const write = client.call("write_file", { path: "huge", content: "end\n", mode: "append" }, { signal: controller.signal });
    const ended = expect(write).rejects.toThrow();
    await expect.poll(temporaries, SOON).toHaveLength(1);
    controller.abort();
    await ended;
    await expect.poll(async () => (await records()).find(({ kind }) => kind === "outcome")?.status, SOON).toBe("cancelled");
    expect(temporaries()).toEqual([]);
    expect(statSync(path).size).toBe(1024 ** 3);
  });
});

describe("an answer of many files", () => {
  test.each(CLIENTS)("holds as much as eight single reads, and says where the rest is (%s)", async (kind) => {
    const client = await start(kind, "limits: { read: 1KiB }");
    const paths = Array.from({ length: 12 }, (_, index) => `many-${index}.txt`);
    for (const path of paths) world.put(path, `${path} `.repeat(200).slice(0, 1000));
    const { text, call, isError } = await client.call("read_multiple_files", { paths });
    expect([isError, call.truncated]).toEqual([false, true]);
    expect(paths.map((path) => text.includes(`${path}: Error - failed: the answer is full. Read it in another call.`))).toEqual(
      paths.map((_, index) => index > 8),
    );
    const rest = await client.call("read_multiple_files", { paths: paths.slice(9) });
    expect([rest.call.truncated, rest.text.includes("the answer is full")]).toEqual([undefined, false]);
  });
});
