/** What a flood leaves behind: nothing. Sessions and connections are capped, the cap of one harms no other, and what has ended is forgotten. */
import { once } from "node:events";
import { createServer, get } from "node:http";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Connections } from "../../src/transport/http/connections.ts";
import { LegacySessions } from "../../src/transport/http/sessions.ts";
import { buildServer } from "../../src/transport/mcp.ts";
import type { Serving } from "../../src/transport/mcp.ts";
import { JSON_HEADERS, initialize, toolCall } from "./world.ts";

describe("10,000 initialize of one principal", () => {
  const serving: Serving = {
    version: "0",
    instructions: "",
    transport: "http",
    caller: (_, who) => ({ principal: who?.principal ?? principal("nobody"), session: who?.session ?? "" }),
    newCallId: () => "call",
    listTools: async () => [],
    hasTool: () => true,
    // A call that never ends by itself.
    guard: (call) => new Promise((_, reject) => call.signal.addEventListener("abort", () => reject(new Error("cancelled")))),
  };
  const principal = (id: string) => ({ id, scopes: [] });
  const request = (session?: string, method = "POST") =>
    new Request("http://127.0.0.1/mcp", { method, headers: { ...JSON_HEADERS, ...(session ? { "mcp-session-id": session } : {}) } });
  const ended = new Set<string>();
  let opened = 0;
  const sessions = new LegacySessions({
    build: (era) => buildServer(serving, era),
    newSession: () => `sess_${(opened += 1)}`,
    endSession: (id) => ended.add(id),
    onError: (error) => expect(error).toBeUndefined(),
    holds: () => true,
    idle: 60_000,
    clock: () => 0,
    now: () => 0,
  });
  const open = async (id: string) => await sessions.post(request(), initialize() as never, { principal: principal(id) });

  test("open 2,000 sessions and are refused from then on, with when to come back; another principal still gets in", async () => {
    const statuses = new Map<number, number>();
    for (let n = 0; n < 10_000; n += 1) {
      const response = await open("flood");
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status === 429 && n === 9_999) expect(response.headers.get("retry-after")).toBe("60");
      await response.body?.cancel();
    }
    expect(statuses).toEqual(
      new Map([
        [200, 2_000],
        [429, 8_000],
      ]),
    );
    expect((await open("other")).status).toBe(200);
    expect(sessions.size).toBe(2_001);
  });

  test("the place of one that has ended is free again", async () => {
    await sessions.handle(request("sess_1", "DELETE"), { principal: principal("flood") });
    expect((await open("flood")).status).toBe(200);
    expect((await open("flood")).status).toBe(429);
  });

  test("leave nothing once they have ended, whatever was running in them, and all of the room is there again", async () => {
    const running = sessions.post(request("sess_2"), toolCall(1, "run_command", {}) as never, { principal: principal("flood") });
    for (let n = 1; n <= opened; n += 1)
      for (const id of ["flood", "other"]) await sessions.handle(request(`sess_${n}`, "DELETE"), { principal: principal(id) });
    expect(await (await running).text()).toBe("");
    expect({ open: sessions.size, ended: ended.size }).toEqual({ open: 0, ended: opened });
    for (let n = 0; n < 2_000; n += 1) expect((await open("flood")).status).toBe(200);
    await sessions.close();
    expect({ open: sessions.size, ended: ended.size }).toEqual({ open: 0, ended: opened });
  });
});

describe("a flood of idle connections", () => {
  const cleanUp: (() => void)[] = [];
  afterEach(() => {
    for (const work of cleanUp.splice(0)) work();
  });

  test("is held at the limit by ending idle ones; those that work go on and a new client gets in", async () => {
    const most = 20;
    const connections = new Connections(most);
    const held: ServerResponse[] = [];
    const server = createServer((_, response) => {
      if (held.length < 5) held.push(response);
      else response.end("answered");
    });
    server.on("connection", (socket) => connections.add(socket));
    server.on("request", (incoming, response) => connections.busy(incoming.socket, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    cleanUp.push(() => server.close().closeAllConnections());
    const text = (): Promise<string> =>
      new Promise((resolve, reject) => {
        get({ port, host: "127.0.0.1", agent: false }, (response) => {
          response.setEncoding("utf8").on("data", resolve);
        }).on("error", reject);
      });
    const working = Array.from({ length: 5 }, text);
    while (held.length < 5) await new Promise(setImmediate);

    const idle: Socket[] = Array.from({ length: 200 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
    cleanUp.push(() => idle.forEach((socket) => socket.destroy()));
    let closed = 0;
    await new Promise<void>((resolve) => {
      for (const socket of idle)
        socket.on("close", () => {
          if ((closed += 1) === 200 - (most - 5)) resolve();
        });
    });

    expect(await text()).toBe("answered");
    for (const response of held) response.end("finished");
    expect(await Promise.all(working)).toEqual(Array.from({ length: 5 }, () => "finished"));
  });
});
