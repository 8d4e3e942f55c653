/** Answers that must not count: every row in both protocol eras, through the real clients. Each has a control: the same answer, rightly given, goes through. */
import Sqlite from "better-sqlite3";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CLIENTS, approveOnce, connect } from "./clients.ts";
import type { ClientKind, Connected, Person, Raw } from "./clients.ts";
import { createWorld, ENTRY } from "./world.ts";
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

const WRITE = { path: "a.txt", content: "after\n" };
const YES = { action: "accept", content: { decision: "approve_once" } };
const MODERN = "v2 SDK, 2026-07-28";
const content = () => readFileSync(join(world.workspace, "a.txt"), "utf8");

async function start(kind: ClientKind, person?: Person, args: readonly string[] = []): Promise<Connected> {
  const client = await connect(kind, world, { args, ...(person ? { person } : {}) });
  open.push(client);
  return client;
}

function policy(text: string): string[] {
  const file = join(world.root, "policy.yaml");
  writeFileSync(file, `version: 1\nextends: [local]\n${text}\n`, { mode: 0o600 });
  return ["--policy", file];
}

/** Servers and commands that start from now on have this clock. */
function brokenClock(): { set(milliseconds: number): void } {
  const file = join(world.root, "clock");
  writeFileSync(file, "0");
  Object.assign(world.env, {
    CLOCK_FILE: file,
    NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "clock.js")).href}`,
  });
  return { set: (milliseconds) => writeFileSync(file, String(milliseconds)) };
}

async function approver(): Promise<string> {
  return (await world.run(["keys", "create", "--name", "boss", "--role", "approver"])).stdout.trim();
}

interface Line {
  readonly kind: string;
  readonly status?: string;
  readonly tool?: string;
  readonly event?: string;
}

async function records(): Promise<Line[]> {
  const { stdout } = await world.run(["audit", "query", "--json", "--limit", "1000"]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** The tools/call of the write, with what a client could put beside it. */
const write = (client: Connected, more: Record<string, unknown> = {}): Promise<Raw> =>
  client.raw({ name: "write_file", arguments: WRITE, ...more });

/** Asks in the newer era and gives the state that came with the question. */
async function question(client: Connected, more: Record<string, unknown> = {}): Promise<string> {
  const { resultType, requestState = "" } = await write(client, more);
  expect(resultType).toBe("input_required");
  return requestState;
}

const answer = (requestState: string, response: unknown = YES) => ({ requestState, inputResponses: { approval: response } });

describe(`a state of ours, in ${MODERN}`, () => {
  test("goes through with its answer, once (control)", async () => {
    const client = await start(MODERN, approveOnce);
    const state = await question(client);
    expect((await write(client, answer(state))).isError).toBe(false);
    expect(content()).toBe("after\n");
    writeFileSync(join(world.workspace, "a.txt"), "before\n");
    expect((await write(client, answer(state))).refusal?.code).toBe("STALE_APPROVAL");
    expect(content()).toBe("before\n");
  });

  test.each<[string, (state: string) => Record<string, unknown>, string]>([
    ["forged: made up whole", () => answer(`apr_${"0".repeat(32)}.${"A".repeat(43)}`), "STALE_APPROVAL"],
    ["forged: the id of an open question with another seal", (state) => answer(`${state.slice(0, 37)}${"A".repeat(43)}`), "STALE_APPROVAL"],
    ["forged: only the id of an open question", (state) => answer(state.slice(0, 36)), "STALE_APPROVAL"],
    ["forged: an empty text", () => answer(""), "STALE_APPROVAL"],
    ["its answer lacks the required field", (state) => answer(state, { action: "accept", content: {} }), "APPROVAL_DECLINED"],
    ["its answer lacks the content", (state) => answer(state, { action: "accept" }), "APPROVAL_DECLINED"],
    ["its answer is unknown", (state) => answer(state, { action: "accept", content: { decision: "yes" } }), "APPROVAL_DECLINED"],
    ["its answer is no text", (state) => answer(state, { action: "accept", content: { decision: true } }), "APPROVAL_DECLINED"],
    ["its answer comes under another name", (state) => ({ requestState: state, inputResponses: { other: YES } }), "APPROVAL_DECLINED"],
    ["it comes without an answer", (state) => ({ requestState: state }), "APPROVAL_DECLINED"],
  ])("does nothing when it is %s", async (_name, forge, code) => {
    const client = await start(MODERN, approveOnce);
    const result = await write(client, forge(await question(client)));
    expect(result.refusal?.code).toBe(code);
    expect(content()).toBe("before\n");
    expect((await records()).findLast(({ kind }) => kind === "outcome")).toMatchObject({ status: "refused" });
  });

  test("does nothing for other arguments, or another tool", async () => {
    const client = await start(MODERN, approveOnce);
    const state = await question(client);
    const other = await write(client, { arguments: { ...WRITE, content: "evil\n" }, ...answer(state) });
    expect(other.refusal?.code).toBe("STALE_APPROVAL");
    const tool = await client.raw({ name: "delete_path", arguments: { path: "a.txt" }, ...answer(await question(client)) });
    expect(tool.refusal?.code).toBe("STALE_APPROVAL");
    expect(content()).toBe("before\n");
  });

  test("does nothing in another session of the same state directory", async () => {
    const [first, second] = [await start(MODERN, approveOnce), await start(MODERN, approveOnce)];
    const state = await question(first);
    expect((await write(second, answer(state))).refusal?.code).toBe("STALE_APPROVAL");
    expect(content()).toBe("before\n");
    expect((await write(first, answer(state))).isError).toBe(false);
  });

  test("does nothing for another principal", async () => {
    const client = await start(MODERN, approveOnce);
    const state = await question(client);
    const db = new Sqlite(join(world.state, "portcullis.db"));
    db.prepare("UPDATE approvals SET principal = 'mallory'").run();
    expect((await write(client, answer(state))).refusal?.code).toBe("STALE_APPROVAL");
    db.prepare("UPDATE approvals SET principal = 'local'").run();
    db.close();
    expect(content()).toBe("before\n");
    expect((await write(client, answer(state))).isError).toBe(false);
  });

  test("does nothing after its time", async () => {
    const client = await start(MODERN, approveOnce, policy("approvals: { timeout: 1ms }"));
    const state = await question(client);
    expect((await write(client, answer(state))).refusal?.code).toBe("STALE_APPROVAL");
    expect(content()).toBe("before\n");
  });

  test("does nothing after the server was started anew, and nothing after keys rotate-seal", async () => {
    const client = await start(MODERN, approveOnce);
    const state = await question(client);
    expect(await world.run(["keys", "rotate-seal"])).toMatchObject({ code: 0, stdout: expect.stringContaining("1 open question is void") });
    expect((await write(client, answer(state))).refusal?.code).toBe("STALE_APPROVAL");
    const next = await question(client);
    await client.close();
    const anew = await start(MODERN, approveOnce);
    expect((await write(anew, answer(next))).refusal?.code).toBe("STALE_APPROVAL");
    expect(content()).toBe("before\n");
  });
});

/** Runs a command at a terminal of its own (script(1) of util-linux) and types these lines. */
function atTerminal(args: readonly string[], typed: string): Promise<{ code: number; output: string }> {
  const line = [process.execPath, ENTRY, ...args, "--state", world.state].map((word) => `'${word}'`).join(" ");
  return new Promise((resolve) => {
    const child = execFile("script", ["-qec", line, "/dev/null"], { env: world.env }, (error, output) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output }),
    );
    child.stdin?.end(typed);
  });
}

describe("a person at a terminal", () => {
  test.each<[string, string, string, number, string]>([
    ["approves by typing yes", "approve", "yes\n", 0, "after\n"],
    ["approves nothing by typing y", "approve", "y\n", 1, "before\n"],
    ["approves nothing by typing nothing", "approve", "\n", 1, "before\n"],
    ["denies by typing yes", "deny", "yes\n", 0, "before\n"],
  ])("%s", async (_name, verb, typed, code, expected) => {
    const client = await start("v1 SDK");
    const id = (await write(client)).refusal?.approval?.id ?? "";
    const done = await atTerminal(["approvals", verb, id], typed);
    expect(done).toMatchObject({ code, output: expect.stringContaining("| +after") });
    await write(client);
    expect(content()).toBe(expected);
  });
});

describe.each(CLIENTS)("through %s", (kind) => {
  test.each<[string, Record<string, unknown>]>([
    ["without a state", { inputResponses: { approval: YES } }],
    ["with a made-up state", answer(`apr_${"0".repeat(32)}.${"A".repeat(43)}`)],
  ])("an answer that nobody asked for means nothing, %s", async (_name, more) => {
    const client = await start(kind);
    const result = await write(client, more);
    expect(["APPROVAL_REQUIRED", "STALE_APPROVAL"]).toContain(result.refusal?.code);
    expect(content()).toBe("before\n");
    expect(await records()).toContainEqual(expect.objectContaining({ kind: "outcome", status: "refused" }));
  });

  test("an approval id that is guessed answers nothing", async () => {
    const client = await start(kind);
    const id = (await write(client)).refusal?.approval?.id ?? "";
    const key = await approver();
    for (const guess of [`apr_${"0".repeat(32)}`, id.slice(0, -1), `${id}0`, "%", "' OR 1=1 --"])
      expect(await world.run(["approvals", "approve", guess, "--key", key])).toMatchObject({ code: 1, stdout: "" });
    expect((await write(client)).refusal?.code).toBe("APPROVAL_REQUIRED");
    expect(await world.run(["approvals", "approve", id, "--key", key])).toMatchObject({ code: 0 });
    expect((await write(client)).isError).toBe(false);
  });

  test("a file that changed after a parked yes is asked about anew", async () => {
    const client = await start(kind);
    const id = (await write(client)).refusal?.approval?.id ?? "";
    await world.run(["approvals", "approve", id, "--key", await approver()]);
    writeFileSync(join(world.workspace, "a.txt"), "changed\n");
    expect((await write(client)).refusal?.code).toBe("STALE_APPROVAL");
    const anew = (await write(client)).refusal;
    expect(anew?.code).toBe("APPROVAL_REQUIRED");
    expect(anew?.approval?.id).not.toBe(id);
    expect(content()).toBe("changed\n");
  });

  test("a parked yes outlives a restart and is worth one call", async () => {
    const client = await start(kind);
    const id = (await write(client)).refusal?.approval?.id ?? "";
    await client.close();
    await world.run(["approvals", "approve", id, "--key", await approver()]);
    const anew = await start(kind);
    expect((await write(anew)).isError).toBe(false);
    expect((await write(anew)).refusal?.code).toBe("APPROVAL_REQUIRED");
    expect(content()).toBe("after\n");
  });

  test("a parked yes is spent by one of two servers that are called at once", async () => {
    const clients = [await start(kind), await start(kind)];
    const key = await approver();
    for (let round = 0; round < 5; round += 1) {
      const args = { path: `new-${round}.txt`, content: "x\n", mode: "create" };
      const id = (await clients[0]?.call("write_file", args))?.refusal?.approval?.id ?? "";
      await world.run(["approvals", "approve", id, "--key", key]);
      const results = await Promise.all(clients.map((client) => client.call("write_file", args)));
      expect(results.filter(({ isError }) => !isError)).toHaveLength(1);
    }
  });

  test("a parked yes is void when the clock is set back, or when it has expired", async () => {
    const clock = brokenClock();
    const client = await start(kind);
    const key = await approver();
    const approve = async () => {
      const id = (await write(client)).refusal?.approval?.id ?? "";
      expect(await world.run(["approvals", "approve", id, "--key", key])).toMatchObject({ code: 0 });
    };
    await approve();
    clock.set(-3_600_000);
    expect((await write(client)).refusal?.code).toBe("STALE_APPROVAL");
    clock.set(0);
    await approve();
    clock.set(25 * 3_600_000);
    expect((await write(client)).refusal?.code).toBe("APPROVAL_REQUIRED");
    // Once expired it stays so, whatever the clock says later.
    clock.set(0);
    expect((await write(client)).refusal?.code).not.toBeUndefined();
    expect(content()).toBe("before\n");
  });

  test("an answer is void when the clock was set back between question and answer", async () => {
    const clock = brokenClock();
    const person: Person = () => {
      clock.set(-3_600_000);
      return { action: "accept", content: { decision: "approve_once" } };
    };
    const client = await start(kind, person);
    expect((await client.call("write_file", WRITE)).refusal?.code).toBe("STALE_APPROVAL");
    expect(content()).toBe("before\n");
  });

  test("without an answer in time nothing is done, and where a person may answer later it is parked", async () => {
    // The newer era's client answers by itself, too late; the older one's never does.
    const late = await start(
      kind,
      kind === MODERN ? approveOnce : () => new Promise(() => undefined),
      policy("approvals: { timeout: 1ms }"),
    );
    const result = await late.call("write_file", WRITE);
    expect(result.refusal?.code).toBe(kind === MODERN ? "STALE_APPROVAL" : "APPROVAL_REQUIRED");
    expect(content()).toBe("before\n");
  });

  test("approve_session is offered only where the policy remembers it, and a claim of it is no yes", async () => {
    const client = await start(
      kind,
      () => ({ action: "accept", content: { decision: "approve_session" } }),
      policy("approvals: { remember: [once] }"),
    );
    const result = await client.call("write_file", WRITE).catch((error: unknown) => error as Error);
    if (!(result instanceof Error)) expect(result.refusal?.code).toBe("APPROVAL_DECLINED");
    expect(content()).toBe("before\n");
    expect((await world.run(["approvals", "grants", "--json"])).stdout).toBe("");
  });

  test("a session grant is listed, can be revoked, and ends when the policy is replaced and with the session", async () => {
    let asked = 0;
    const person: Person = () => {
      asked += 1;
      return { action: "accept", content: { decision: "approve_session" } };
    };
    const args = policy("limits: { timeout: 50s }");
    const client = await start(kind, person, args);
    const writeNext = (n: number) => client.call("write_file", { ...WRITE, content: `${n}\n` });
    const grants = async (): Promise<Record<string, unknown>[]> => {
      const { stdout } = await world.run(["approvals", "grants", "--json"]);
      return stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    await writeNext(1);
    await writeNext(2);
    expect(asked).toBe(1);
    const given = await grants();
    expect(given).toHaveLength(1);
    expect(given[0]).toMatchObject({
      tool: "write_file",
      principal: "local",
      title: "overwrite a.txt",
      policy: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(await world.run(["approvals", "grants", "revoke", String(given[0]?.grant)])).toMatchObject({ code: 0 });
    await writeNext(3);
    expect(asked).toBe(2);
    await writeNext(4);
    expect(asked).toBe(2);
    policy("limits: { timeout: 40s }");
    await expect.poll(grants, { timeout: 5_000 }).toEqual([]);
    await writeNext(5);
    expect(asked).toBe(3);
    expect(await grants()).toHaveLength(1);
    await client.close();
    await expect.poll(grants, { timeout: 5_000 }).toEqual([]);
  });
});
