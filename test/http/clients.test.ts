/** Real clients over HTTP, in both eras: the same tools, the same gate, the same questions as over stdio; and a session of its own for each. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CLIENTS, connect, connectHttp } from "../e2e/clients.ts";
import type { Connected } from "../e2e/clients.ts";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import { MODERN_HEADERS, makeKey, modernCall, openSession, post, startHttp, toolCall } from "./world.ts";
import type { Served } from "./world.ts";

let world: World;
let served: Served;
let key: string;
let open: Connected[] = [];
beforeAll(async () => {
  world = createWorld();
  world.put("a.txt", "hello\n");
  world.share();
  const policy = join(world.root, "policy.yaml");
  const rules = [
    '- { id: team-only, effect: deny, tool: "create_directory", who: { key: stranger }, why: not for strangers }',
    '- { id: scoped, effect: allow, tool: "move_file", who: { scope: "files:move" }, why: may move }',
  ];
  writeFileSync(policy, `version: 1\nextends: [local]\nrules:\n${rules.map((rule) => `  ${rule}\n`).join("")}`, { mode: 0o600 });
  served = await startHttp(world, ["--policy", policy]);
  key = await makeKey(world, "team");
});
afterEach(async () => {
  for (const client of open) await client.close();
  open = [];
});
afterAll(async () => {
  await served.stop();
  world.remove();
});

async function attach(...[kind, options]: [(typeof CLIENTS)[number], Parameters<typeof connectHttp>[2]?]): Promise<Connected> {
  const client = await connectHttp(kind, served.url, { key, ...options });
  open.push(client);
  return client;
}

describe.each(CLIENTS)("%s over HTTP", (kind) => {
  test("lists the tools that stdio lists", async () => {
    const client = await attach(kind);
    const stdio = await connect(kind, world);
    open.push(stdio);
    expect(await client.tools()).toEqual(await stdio.tools());
  });

  test("reads, and the call is on record under its key", async () => {
    const client = await attach(kind);
    const result = await client.call("read_text_file", { path: "a.txt" });
    expect(result.text).toContain("hello");
    const { stdout } = await world.run(["audit", "query", "--json", "--principal", "key:team", "--limit", "1"]);
    expect(JSON.parse(stdout)).toMatchObject({ callId: result.call.callId, principal: "key:team", status: "done" });
  });

  test("puts a write to the person in the client, and does it after a yes", async () => {
    const shown: string[] = [];
    const person = (message: string) => {
      shown.push(message);
      return { action: "accept" as const, content: { decision: "approve_once" } };
    };
    const client = await attach(kind, { person });
    const name = `made-${CLIENTS.indexOf(kind)}.txt`;
    const result = await client.call("write_file", { path: name, content: "new\n" });
    expect(result.isError).toBe(false);
    expect(shown[0]).toContain("+new");
    expect(readFileSync(join(world.workspace, name), "utf8")).toBe("new\n");
  });

  test("parks a write where the client can't ask", async () => {
    const client = await attach(kind);
    const result = await client.call("write_file", { path: "parked.txt", content: "x" });
    expect(result.refusal?.code).toBe("APPROVAL_REQUIRED");
  });

  test("a key can't approve its own call, another approver's can, and the identical call goes through once", async () => {
    const name = `approving-${CLIENTS.indexOf(kind)}`;
    const [own, other] = [await makeKey(world, name, "--role", "approver"), await makeKey(world, `${name}-other`, "--role", "approver")];
    const client = await connectHttp(kind, served.url, { key: own });
    open.push(client);
    const write = () => client.call("write_file", { path: `${name}.txt`, content: "x" });
    const id = (await write()).refusal?.approval?.id ?? "";
    const self = await world.run(["approvals", "approve", id, "--key", own]);
    expect([self.code, self.stderr]).toEqual([1, expect.stringContaining("made the call itself")]);
    expect((await world.run(["approvals", "approve", id, "--key", other])).code).toBe(0);
    expect((await write()).isError).toBe(false);
    expect((await write()).refusal?.code).toBe("APPROVAL_REQUIRED");
  });

  test("runs a command in the sandbox", async () => {
    const client = await attach(kind);
    const result = await client.call("run_command", { command: "cat a.txt" });
    expect(result.text).toContain("hello");
    expect(result.call.sandbox).toMatchObject({ backend: "bwrap" });
  });

  test("a tool that is denied to a principal is not listed to it, and refused when it calls it anyway", async () => {
    const stranger = connectHttp(kind, served.url, {
      key: await makeKey(world, kind === "v1 SDK" ? "stranger" : `stranger-${CLIENTS.indexOf(kind)}`),
    });
    const client = await stranger;
    open.push(client);
    const hidden = kind === "v1 SDK";
    expect((await client.tools()).some(({ name }) => name === "create_directory")).toBe(!hidden);
    const result = await client.call("create_directory", { path: `dir-${CLIENTS.indexOf(kind)}` });
    expect(result.refusal?.code).toBe(hidden ? "DENIED" : "APPROVAL_REQUIRED");
  });

  test("a rule for a scope holds for the key that has it", async () => {
    world.put("from.txt", "x");
    const mover = await connectHttp(kind, served.url, {
      key: await makeKey(world, `mover-${CLIENTS.indexOf(kind)}`, "--scopes", "files:move"),
    });
    open.push(mover);
    expect((await mover.call("move_file", { source: "from.txt", destination: `to-${CLIENTS.indexOf(kind)}.txt` })).isError).toBe(false);
  });

  test("each client has a session of its own", async () => {
    const [one, two] = [await attach(kind), await attach("v1 SDK")];
    await Promise.all([one.call("read_text_file", { path: "a.txt" }), two.call("read_text_file", { path: "a.txt" })]);
    const { stdout } = await world.run(["audit", "query", "--json", "--limit", "4"]);
    const sessions = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { session: string }).session);
    expect(new Set(sessions).size).toBe(2);
  });
});

describe("sessions of 2026-07-28", () => {
  test("a principal and its client are one session over many requests, and another client is another", async () => {
    const call = async (client: string) => {
      const message = modernCall(1, "read_text_file", { path: "a.txt" });
      message.params._meta["io.modelcontextprotocol/clientInfo"] = { name: client, version: "1" };
      await post(served.url, message, { authorization: `Bearer ${key}`, ...MODERN_HEADERS("read_text_file") });
      const { stdout } = await world.run(["audit", "query", "--json", "--limit", "1"]);
      return (JSON.parse(stdout) as { session: string }).session;
    };
    const [first, again, other] = [await call("one"), await call("one"), await call("two")];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });
});

describe("cancelling", () => {
  const slow = { command: "sleep 30" };
  const outcome = async (id: string) => {
    const line = await served.line(({ session, tool }) => session === id && tool === "run_command");
    return line.status;
  };

  test.each(["closing the stream", "notifications/cancelled"])("%s ends the call of an older client, with its processes", async (how) => {
    const session = await openSession(served.url, key);
    const leave = new AbortController();
    const running = post(served.url, toolCall(7, "run_command", slow), session, leave.signal).catch(() => undefined);
    await started(session["mcp-session-id"] ?? "");
    if (how === "closing the stream") leave.abort();
    else await post(served.url, { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } }, session);
    await running;
    expect(await outcome(session["mcp-session-id"] ?? "")).toBe("cancelled");
  });

  test("closing the stream ends a call of 2026-07-28", async () => {
    const client = `leaver-${served.log.length}`;
    const message = modernCall(1, "run_command", slow);
    message.params._meta["io.modelcontextprotocol/clientInfo"] = { name: client, version: "1" };
    const leave = new AbortController();
    const running = post(served.url, message, { authorization: `Bearer ${key}`, ...MODERN_HEADERS("run_command") }, leave.signal).catch(
      () => undefined,
    );
    const session = await started();
    leave.abort();
    await running;
    expect(await outcome(session)).toBe("cancelled");
  });

  test("a deleted session cancels what runs in it", async () => {
    const session = await openSession(served.url, key);
    const running = post(served.url, toolCall(7, "run_command", slow), session).catch(() => undefined);
    await started(session["mcp-session-id"] ?? "");
    const ended = await fetch(`${served.url}/mcp`, { method: "DELETE", headers: session });
    expect(ended.status).toBe(200);
    await running;
    expect(await outcome(session["mcp-session-id"] ?? "")).toBe("cancelled");
  });

  /** Waits until the intent of a running command is on record; gives its session. */
  async function started(of?: string): Promise<string> {
    for (;;) {
      const { stdout } = await world.run(["audit", "query", "--json", "--tool", "run_command", "--limit", "1"]);
      const newest = JSON.parse(stdout || "{}") as { kind?: string; session?: string };
      if (newest.kind === "intent" && newest.session !== undefined && (of === undefined || newest.session === of)) return newest.session;
    }
  }
});
