/** Tries of those who hold a key with few rights, or none, against what belongs to others and against the memory of the server. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { trimGreeting } from "../../src/transport/http/greeting.ts";
import { listen } from "../../src/transport/http/listen.ts";
import { shortCopy } from "../../src/transport/mcp.ts";
import { makeCertificate } from "../egress/certificate.ts";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import {
  JSON_HEADERS,
  MODERN_HEADERS,
  initialize,
  makeKey,
  modernCall,
  openSession,
  post,
  requestText,
  startHttp,
  toolCall,
} from "./world.ts";
import type { Served } from "./world.ts";

let world: World;
let served: Served;
const keys: Record<string, string> = {};
beforeAll(async () => {
  world = createWorld();
  world.put("a.txt", "hello\n");
  world.share();
  served = await startHttp(world);
  for (const name of ["mallory", "alice"]) keys[name] = await makeKey(world, name);
  for (const name of ["boss", "chief"]) keys[name] = await makeKey(world, name, "--role", "approver");
});
afterAll(async () => {
  expect(await served.stop()).toBe(0);
  world.remove();
});

const bearer = (who: string) => ({ authorization: `Bearer ${keys[who]}` });
interface Told {
  readonly requestState?: string;
  readonly structuredContent?: { readonly id?: string };
  readonly _meta?: { readonly "io.portcullis/refusal"?: { readonly code: string; readonly approval?: { readonly id: string } } };
}

interface Try {
  readonly state?: string | undefined;
  readonly decision?: string;
  readonly client?: string;
  readonly asks?: boolean;
}

/** A call of 2026-07-28 with an answer to an earlier question; gives its refusal's code, `asked` or `done`. */
async function call(who: string, tool: string, args: object, { state, decision = "approve_once", client = "same", asks = true }: Try = {}) {
  const message = modernCall(1, tool, args, asks ? { elicitation: {} } : {});
  message.params._meta["io.modelcontextprotocol/clientInfo"].name = client;
  const answer =
    state === undefined ? {} : { requestState: state, inputResponses: { approval: { action: "accept", content: { decision } } } };
  Object.assign(message.params, answer);
  const told = (await post(served.url, message, { ...bearer(who), ...MODERN_HEADERS(tool) })).message?.result as Told;
  const refusal = told._meta?.["io.portcullis/refusal"];
  return { told, refusal, is: refusal?.code ?? (told.requestState === undefined ? "done" : "asked") };
}

describe("a question of somebody else", () => {
  const write = { path: "new.txt", content: "1\n" };
  let state: string | undefined;
  beforeAll(async () => {
    state = (await call("alice", "write_file", write)).told.requestState;
  });

  test.each<[string, string, object, Try]>([
    ["by another principal under the same client name", "mallory", write, {}],
    ["by another client of the same principal", "alice", write, { client: "other" }],
    ["for other arguments", "alice", { ...write, content: "2\n" }, {}],
    ["with a state that is cut", "alice", write, { state: "apr_" }],
  ])("is not answered %s", async (_name, who, args, tried) => {
    expect((await call(who, "write_file", args, { state, ...tried })).is).toBe("STALE_APPROVAL");
  });

  test("is answered once by whoever was asked, and never again (control)", async () => {
    const { requestState: own } = (await call("alice", "write_file", write)).told;
    expect((await call("alice", "write_file", write, { state: own })).is).toBe("done");
    expect((await call("alice", "write_file", write, { state: own })).is).toBe("STALE_APPROVAL");
  });
});

test("a yes for a session is worth nothing to another principal, nor to another client", async () => {
  const write = (content: string) => ({ path: "a.txt", content });
  const { requestState: state } = (await call("alice", "write_file", write("1"))).told;
  expect((await call("alice", "write_file", write("1"), { state, decision: "approve_session" })).is).toBe("done");
  expect((await call("alice", "write_file", write("2"))).is).toBe("done");
  expect((await call("mallory", "write_file", write("3"))).is).toBe("asked");
  expect((await call("alice", "write_file", write("4"), { client: "other" })).is).toBe("asked");
});

test("the key that made a call can't approve it, also that of an approver; another approver's can", async () => {
  const args = { path: "boss.txt", content: "1\n" };
  const id = (await call("boss", "write_file", args, { asks: false })).refusal?.approval?.id ?? "";
  const own = await world.run(["approvals", "approve", id, "--key", keys.boss ?? ""]);
  expect([own.code, own.stderr]).toEqual([1, expect.stringContaining("made the call itself")]);
  expect((await call("boss", "write_file", args, { asks: false })).is).toBe("APPROVAL_REQUIRED");
  expect((await world.run(["approvals", "approve", id, "--key", keys.chief ?? ""])).code).toBe(0);
  expect((await call("mallory", "write_file", args, { asks: false })).is).toBe("APPROVAL_REQUIRED");
  expect((await call("boss", "write_file", args, { asks: false })).is).toBe("done");
});

test("a key that is revoked takes its sessions with it, also one whose stream is open; those of others go on", async () => {
  keys.eve = await makeKey(world, "eve");
  const [session, other] = [await openSession(served.url, keys.eve), await openSession(served.url, keys.alice)];
  const stream = (headers: object) => fetch(`${served.url}/mcp`, { headers: { ...headers, accept: "text/event-stream" } });
  const [own, others] = [await stream(session), await stream(other)];
  expect((await call("eve", "list_allowed_directories", {})).is).toBe("done");
  expect((await world.run(["keys", "revoke", "eve"])).code).toBe(0);
  expect(await own.text()).toBe("");
  let open: string[];
  do {
    const lines = (await world.run(["sessions", "list", "--json"])).stdout.trim().split("\n");
    const sessions = lines.map((line) => JSON.parse(line) as { principal: string; status: string });
    open = sessions.filter(({ status }) => status === "open").map(({ principal }) => principal);
  } while (open.includes("key:eve"));
  expect(open).toContain("key:alice");
  expect((await post(served.url, toolCall(1, "list_allowed_directories", {}), other)).status).toBe(200);
  await others.body?.cancel();
});

describe("a message made to overwhelm", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const members = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":1`).join(",");
  const text = (tool: string, args: string) => JSON.stringify(modernCall(1, tool, [])).replace('"arguments":[]', `"arguments":${args}`);
  const rows: readonly [string, string, string][] = [
    ["100,000 lists in one another", "read_text_file", `{"path":"a.txt","x":${nested(100_000)}}`],
    ["lists just too deep, in arguments that are explained", "explain_policy", `{"tool":"read_text_file","args":{"x":${nested(98)}}}`],
    ["60,000 names", "explain_policy", `{"tool":"read_text_file","args":{${members(60_000)}}}`],
    ["two million numbers", "read_multiple_files", `{"paths":[${"1,".repeat(2_000_000)}1]}`],
  ];
  test.each(rows)("is no message: %s", async (_name, tool, args) => {
    const { status, message } = await post(served.url, text(tool, args), { ...bearer("mallory"), ...MODERN_HEADERS(tool) });
    expect([status, message?.error]).toEqual([400, { code: -32_600, message: expect.stringContaining("send less at once") as string }]);
  });

  test("is judged and recorded when it is just within the bounds (control)", async () => {
    const args = `{"tool":"read_text_file","args":{"x":${nested(90)},${members(40_000)}}}`;
    const { message } = await post(served.url, text("explain_policy", args), { ...bearer("mallory"), ...MODERN_HEADERS("explain_policy") });
    const callId = /"callId":"(call_[0-9a-f]+)"/.exec(JSON.stringify(message))?.[1];
    const records = (await world.run(["audit", "query", "--json", "--tool", "explain_policy"])).stdout.trim().split("\n");
    const kinds = records.map((line) => JSON.parse(line) as { kind: string; callId: string }).filter((record) => record.callId === callId);
    expect(kinds.map(({ kind }) => kind)).toEqual(["intent", "outcome"]);
  });

  test.each([
    ["id", { ...initialize(), id: "i".repeat(1_001) }],
    ["progress token", { ...initialize(), params: { ...initialize().params, _meta: { progressToken: "t".repeat(1_001) } } }],
  ])("is none with 1,001 characters of %s, which every answer and notice would repeat", async (_name, message) => {
    expect((await post(served.url, message, bearer("mallory"))).status).toBe(400);
  });
});

describe("what a client says of itself", () => {
  test("is kept as far as it is read, and what isn't well-formed is left for the SDK to refuse", () => {
    const long = "x".repeat(1_000);
    const greet = (params: object) => trimGreeting({ ...initialize(), jsonrpc: "2.0", params: { ...params } });
    expect(
      greet({
        protocolVersion: "2025-11-25",
        capabilities: { elicitation: { form: { long } }, experimental: { long } },
        clientInfo: { name: long, version: "1", icons: [long] },
      }),
    ).toEqual({
      ...initialize(),
      params: {
        protocolVersion: "2025-11-25",
        capabilities: { elicitation: { form: {} } },
        clientInfo: { name: long.slice(0, 100), version: "1" },
      },
    });
    expect(greet({ capabilities: { elicitation: {} }, clientInfo: 1 })).toMatchObject({
      params: { capabilities: { elicitation: {} }, clientInfo: 1 },
    });
  });

  test("doesn't keep a megabyte in memory for its first hundred characters; a slice would (control)", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const grown = (copy: (text: string) => string): number => {
      collect();
      const before = process.memoryUsage().heapUsed;
      const kept = Array.from({ length: 40 }, (_, index) => copy(JSON.parse(`"${String(index).padEnd(1_000_000, "n")}"`) as string));
      collect();
      return kept.length > 0 ? Math.round((process.memoryUsage().heapUsed - before) / 1_000_000) : 0;
    };
    expect(grown((text) => text.slice(0, 100))).toBeGreaterThan(30);
    expect(grown(shortCopy)).toBeLessThan(10);
  });
});

describe("a flood", () => {
  const sockets: Socket[] = [];
  const open = (port: number): Socket => {
    const socket = connectTcp(port, "127.0.0.1").on("error", () => undefined);
    sockets.push(socket);
    return socket;
  };
  afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

  test("of bodies that don't end is stopped at 64 MiB of one principal; another one is served meanwhile", async () => {
    const head = (who: string): (readonly [string, string])[] => [
      ["Host", `127.0.0.1:${served.port}`],
      ["Authorization", bearer(who).authorization],
      ["Content-Type", "application/json"],
      ["Accept", JSON_HEADERS.accept],
      ["Content-Length", "9500000"],
    ];
    const refused = Array.from({ length: 10 }, async () => {
      const socket = open(served.port).setEncoding("utf8");
      socket.write(requestText("POST", "/mcp", head("mallory")) + "x".repeat(9_000_000));
      return String((await once(socket, "data"))[0]);
    });
    expect(await Promise.any(refused)).toMatch(/^HTTP\/1\.1 429 [\s\S]*retry-after: 10/i);
    expect((await call("alice", "list_allowed_directories", {})).is).toBe("done");
  });

  test("of TLS connections without a handshake makes room for one that has something to say", async () => {
    const { cert, key } = makeCertificate("localhost", "valid");
    writeFileSync(join(world.root, "cert.pem"), cert);
    writeFileSync(join(world.root, "key.pem"), key, { mode: 0o600 });
    const config = join(world.root, "tls.yaml");
    writeFileSync(config, "http: { tls: { cert: cert.pem, key: key.pem } }\n", { mode: 0o600 });
    const narrow = await startHttp(world, ["--config", config], "0", ["prlimit", "--nofile=300:300"]);
    try {
      // More than there are descriptors; the first of them had to go when the last ones came.
      const silent = Array.from({ length: 400 }, () => open(narrow.port));
      await Promise.all(silent.slice(0, 100).map((socket) => once(socket.resume(), "close")));
      const client = connectTls({ port: narrow.port, host: "127.0.0.1", ca: cert, servername: "localhost" });
      sockets.push(client);
      client.write(requestText("GET", "/healthz", [["Host", `localhost:${narrow.port}`]]));
      expect(String((await once(client.setEncoding("utf8"), "data"))[0])).toContain("200 OK");
    } finally {
      expect(await narrow.stop()).toBe(0);
    }
  });

  test("of answers that nobody reads is let go after the idle time; a call that takes longer than that is not (control)", async () => {
    const stalled = Promise.withResolvers<void>();
    const body = "x".repeat(40 * 1024 * 1024);
    const listening = await listen(
      async (request, { incoming }) => {
        if (new URL(request.url).pathname === "/unread") {
          incoming.socket.once("close", () => stalled.resolve());
          return new Response(body);
        }
        await stalled.promise;
        return new Response("took its time");
      },
      () => undefined,
      { host: "127.0.0.1", port: 0, tls: undefined, timeouts: { header: 5_000, request: 5_000, idle: 250 } },
    );
    try {
      const slow = fetch(`http://127.0.0.1:${listening.port}/slow`);
      open(listening.port)
        .pause()
        .write(requestText("GET", "/unread", [["Host", "localhost"]]));
      await stalled.promise;
      expect(await (await slow).text()).toBe("took its time");
    } finally {
      listening.destroy();
    }
  });
});
