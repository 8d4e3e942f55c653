/** What must not get through, with the exact answer, and the server that goes on serving everybody else. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
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
  sendRaw,
  startHttp,
  toolCall,
} from "./world.ts";
import type { Served } from "./world.ts";

let world: World;
let served: Served;
let key: string;
let auth: { authorization: string };
beforeAll(async () => {
  world = createWorld();
  world.put("a.txt", "hello\n");
  world.share();
  const config = join(world.root, "config.yaml");
  writeFileSync(config, "http: { timeouts: { header: 1s, request: 2s, session: 2s } }\n", { mode: 0o600 });
  served = await startHttp(world, ["--config", config]);
  key = await makeKey(world, "client");
  auth = { authorization: `Bearer ${key}` };
});
afterEach(async () => {
  // Whatever was sent: others are served as before.
  const { message } = await post(served.url, modernCall(1, "read_text_file", { path: "a.txt" }), {
    ...auth,
    ...MODERN_HEADERS("read_text_file"),
  });
  expect(JSON.stringify(message)).toContain("hello");
});
afterAll(async () => {
  expect(await served.stop()).toBe(0);
  world.remove();
});

const codeOf = (message: Record<string, unknown> | undefined) => (message?.error as { code: number } | undefined)?.code;

const head = (more: readonly (readonly [string, string])[] = []): (readonly [string, string])[] => [
  ["Host", `127.0.0.1:${served.port}`],
  ["Authorization", auth.authorization],
  ["Content-Type", "application/json"],
  ["Accept", JSON_HEADERS.accept],
  ...more,
];

describe("the door", () => {
  const paths = ["/mcp", "/healthz", "/readyz", "/metrics", "/console/", "/.well-known/oauth-protected-resource", "/nowhere"];
  test.each(["GET", "POST", "DELETE", "OPTIONS", "PUT", "HEAD"])("checks Host and Origin of %s on every path", async (method) => {
    for (const path of paths) {
      const strange = await sendRaw(served.port, requestText(method, path, [["Host", "evil.example"]]));
      const page = await sendRaw(served.port, requestText(method, path, [...head(), ["Origin", "http://evil.example"]]));
      expect([path, strange.status, page.status, page.headers["access-control-allow-origin"]]).toEqual([path, 403, 403, undefined]);
    }
  });

  test.each(["Host", "Origin", "Authorization", "Content-Type", "Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"])(
    "refuses two headers %s",
    async (name) => {
      const value = head().find(([known]) => known === name)?.[1] ?? "x";
      const others = head().filter(([known]) => known !== name);
      const { status, body } = await sendRaw(served.port, requestText("POST", "/mcp", [...others, [name, value], [name, value]], "{}"));
      expect([status, body]).toEqual([400, expect.stringContaining("came twice")]);
    },
  );

  test.each([
    ["a whole URL as the path", "GET http://evil.example/healthz HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n", 400],
    ["no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
    ["two lengths", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400],
    [
      "a length and chunks",
      "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a header with a bare line feed", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX: a\nAuthorization: x\r\n\r\n", 400],
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400],
    ["20 KiB of headers", `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
  ])("refuses %s", async (_name, text, status) => {
    expect((await sendRaw(served.port, text.replaceAll("PORT", String(served.port)))).status).toBe(status);
  });

  test("answers a client that has closed its side", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connectTcp(served.port, "127.0.0.1");
      let text = "";
      socket.on("data", (chunk) => (text += String(chunk)));
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
      socket.end(requestText("GET", "/healthz", [["Host", `127.0.0.1:${served.port}`]]));
    });
    expect(answer).toContain("200 OK");
  });
});

describe("bodies", () => {
  test.each([
    ["no content type", undefined],
    ["text/plain", "text/plain"],
    ["a form", "application/x-www-form-urlencoded"],
    ["a name that begins alike", "application/json-seq"],
    ["two types in one", "text/plain, application/json"],
  ])("wants JSON, not %s", async (_name, type) => {
    const headers = head().filter(([name]) => name !== "Content-Type");
    const text = requestText(
      "POST",
      "/mcp",
      type === undefined ? headers : [...headers, ["Content-Type", type]],
      JSON.stringify(initialize()),
    );
    expect((await sendRaw(served.port, text)).status).toBe(415);
  });

  test.each(["gzip", "br", "deflate", "identity, gzip"])("unpacks nothing (%s)", async (encoding) => {
    expect((await sendRaw(served.port, requestText("POST", "/mcp", head([["Content-Encoding", encoding]]), "x"))).status).toBe(415);
  });

  test("refuses 11 MiB by their length, before they come", async () => {
    const text = requestText("POST", "/mcp", head([["Content-Length", String(11 * 1024 * 1024)]]));
    expect((await sendRaw(served.port, text)).status).toBe(413);
  });

  test("refuses 11 MiB in chunks of unknown number, while reading", async () => {
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
    const text = `${requestText("POST", "/mcp", head([["Transfer-Encoding", "chunked"]]))}${chunk.repeat(176)}`;
    expect((await sendRaw(served.port, text)).status).toBe(413);
  });

  test("takes a message just under the limit", async () => {
    const { status, message } = await post(served.url, initialize(1, "x".repeat(10 * 1024 * 1024 - 1000)), auth);
    expect([status, message?.error]).toEqual([200, undefined]);
  });

  test.each([
    ["nothing", "", -32700],
    ["half a message", '{"jsonrpc":"2.0","id":1,"method":"ini', -32700],
    ["a batch", JSON.stringify([initialize()]), -32600],
    ["a string", '"initialize"', -32600],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
    ["a fraction as id", '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600],
    ["a result and an error", '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', -32600],
    ["parameters in a list", '{"jsonrpc":"2.0","id":1,"method":"initialize","params":[1]}', -32600],
  ])("says what is wrong with %s", async (_name, body, code) => {
    const { status, message } = await post(served.url, body, auth);
    expect([status, codeOf(message)]).toEqual([400, code]);
  });
});

describe("headers of 2026-07-28", () => {
  const good = MODERN_HEADERS("read_text_file");
  test.each([
    ["another method than the body", { ...good, "mcp-method": "tools/list" }],
    ["another tool than the body", { ...good, "mcp-name": "write_file" }],
    ["another version than the body", { ...good, "mcp-protocol-version": "2025-11-25" }],
    ["no version", { "mcp-method": "tools/call", "mcp-name": "read_text_file" }],
  ])("refuses %s", async (_name, headers) => {
    const { status, message } = await post(served.url, modernCall(1, "read_text_file", { path: "a.txt" }), { ...auth, ...headers });
    expect([status, codeOf(message)]).toEqual([400, -32_020]);
  });
});

describe("slow clients", () => {
  const closed = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connectTcp(served.port, "127.0.0.1");
      let text = "";
      const drip = setInterval(() => socket.write("x"), 100);
      socket.on("data", (chunk) => (text += String(chunk)));
      socket.on("close", () => {
        clearInterval(drip);
        resolve(text.slice(0, 12));
      });
      socket.on("error", (error: NodeJS.ErrnoException) =>
        error.code === "EPIPE" || error.code === "ECONNRESET" ? undefined : reject(error),
      );
      socket.write(bytes);
    });

  test("headers that never end are ended by the header timeout", async () => {
    expect(await closed("GET /healthz HTTP/1.1\r\nX-Slow: ")).toBe("HTTP/1.1 408");
  });

  test("a body that never ends is ended by the request timeout", async () => {
    const text = requestText("POST", "/mcp", head([["Content-Length", "100000"]]));
    expect(["HTTP/1.1 408", "HTTP/1.1 400"]).toContain(await closed(text));
  });

  test("a connection that says nothing is ended by the header timeout", async () => {
    const text = await new Promise<string>((resolve) => {
      const socket = connectTcp(served.port, "127.0.0.1");
      let seen = "";
      socket.on("data", (chunk) => (seen += String(chunk)));
      socket.on("close", () => resolve(seen));
    });
    expect(text).toContain("408");
  });
});

describe("sessions of older clients", () => {
  test("belong to whoever opened them: nobody else can use or end them", async () => {
    const other = { authorization: `Bearer ${await makeKey(world, "other")}` };
    const session = await openSession(served.url, key);
    const id = { "mcp-session-id": session["mcp-session-id"] ?? "" };
    const stolen = await post(served.url, toolCall(1, "read_text_file", { path: "a.txt" }), { ...other, ...id });
    const listened = await fetch(`${served.url}/mcp`, { headers: { ...other, ...id, accept: "text/event-stream" } });
    const ended = await fetch(`${served.url}/mcp`, { method: "DELETE", headers: { ...other, ...id } });
    expect([stolen.status, listened.status, ended.status]).toEqual([404, 404, 404]);
    expect((await post(served.url, toolCall(1, "read_text_file", { path: "a.txt" }), session)).status).toBe(200);
  });

  test("a request id is not used twice while the first is running", async () => {
    const session = await openSession(served.url, key);
    const leave = new AbortController();
    const first = post(served.url, toolCall(7, "run_command", { command: "sleep 20" }), session, leave.signal).catch(() => undefined);
    let second: Awaited<ReturnType<typeof post>>;
    // Whichever of the two comes in first runs; the other one is told.
    do second = await post(served.url, toolCall(7, "list_allowed_directories", {}), session);
    while (second.status === 200);
    expect([second.status, second.message?.error]).toEqual([400, { code: -32_600, message: "a request with this id is still running" }]);
    leave.abort();
    await first;
  });

  test("answers of two sessions with the same ids don't cross", async () => {
    world.put("b.txt", "second\n");
    const [one, two] = [await openSession(served.url, key), await openSession(served.url, key)];
    const texts = await Promise.all(
      [one, two].map(async (session, index) => {
        const { message } = await post(served.url, toolCall(7, "read_text_file", { path: index === 0 ? "a.txt" : "b.txt" }), session);
        return JSON.stringify(message);
      }),
    );
    expect(texts).toEqual([expect.stringContaining("hello"), expect.stringContaining("second")]);
  });

  test("to cancel what never was does nothing", async () => {
    const session = await openSession(served.url, key);
    const { status } = await post(served.url, { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 99 } }, session);
    expect(status).toBe(202);
    expect((await post(served.url, toolCall(1, "read_text_file", { path: "a.txt" }), session)).status).toBe(200);
  });

  test.each([
    ["GET without a session", "GET", {}, 400],
    ["DELETE without a session", "DELETE", {}, 400],
    ["GET of a session that never was", "GET", { "mcp-session-id": "sess_00000000000000000000000000000000" }, 404],
    ["DELETE of a session that never was", "DELETE", { "mcp-session-id": "../../etc/passwd" }, 404],
    ["PUT", "PUT", {}, 405],
    ["PATCH", "PATCH", {}, 405],
  ] as const)("%s is refused", async (_name, method, headers, status) => {
    const response = await fetch(`${served.url}/mcp`, { method, headers: { ...auth, accept: "text/event-stream", ...headers } });
    expect(response.status).toBe(status);
  });

  test("ends when nothing has come for a while, with its record", async () => {
    const session = await openSession(served.url, key);
    await post(served.url, toolCall(1, "read_text_file", { path: "a.txt" }), session);
    const id = session["mcp-session-id"] ?? "";
    let status: unknown;
    do status = (JSON.parse((await world.run(["sessions", "show", id, "--json"])).stdout) as { status: string }).status;
    while (status === "open");
    expect(status).toBe("ended");
    expect((await post(served.url, toolCall(2, "read_text_file", { path: "a.txt" }), session)).status).toBe(404);
  });
});

describe("where to listen", () => {
  test.each([
    ["a port that is in use", () => ["--http", String(served.port)], "is in use"],
    ["a port out of range", () => ["--http", "70000"], "is no place to listen"],
    ["a word", () => ["--http", "everywhere"], "is no place to listen"],
    ["everybody without keys", () => ["--http", "0.0.0.0:0", "--no-auth"], "only for loopback"],
    ["stdio without keys", () => ["--no-auth"], "goes with --http"],
    ["an address that isn't ours", () => ["--http", "192.0.2.1:0"], "no address of this machine"],
  ])("%s is a usage error with the mend", async (_name, args, words) => {
    const { code, stderr } = await world.run(["serve", "--workspace", world.workspace, ...args()]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });

  test.each([
    ["http: { listne: 1 }", 'unknown key "listne" - did you mean "listen"?'],
    ["http: { timeouts: { header: 10 } }", "`http.timeouts.header`: must carry its unit, such as 30s"],
    ["http: { timeouts: { haeder: 10s } }", 'did you mean "header"?'],
    ["http: { listen: 0, hosts: ['a b'] }", "is no host"],
    ["http: { listen: 0, origins: ['https://a.example/path'] }", "is no origin"],
    ["http: { listen: 0, trust_proxy: [everyone] }", "is no address or network"],
    ["http: { listen: 0, tls: { cert: none.pem, key: none.pem } }", "can't be read"],
    ["http: { listen: 0, tls: { cert: broken.yaml, key: broken.yaml } }", "broken.yaml holds no certificate in PEM"],
  ])("the config file %s is refused with the mend", async (text, words) => {
    const config = join(world.root, "broken.yaml");
    writeFileSync(config, text, { mode: 0o600 });
    const { code, stderr } = await world.run(["serve", "--workspace", world.workspace, "--config", config]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});

test("a full disk turns readiness red, and green again when there is room", async () => {
  const limit = (size: string) => execFileSync("prlimit", ["--pid", String(served.pid), `--fsize=${size}`]);
  const ready = async () => {
    const response = await fetch(`${served.url}/readyz`);
    return [response.status, await response.json()];
  };
  expect(await ready()).toEqual([200, { status: "ready" }]);
  limit("4096:unlimited");
  const { message } = await post(served.url, modernCall(1, "read_text_file", { path: "a.txt" }), {
    ...auth,
    ...MODERN_HEADERS("read_text_file"),
  });
  expect(JSON.stringify(message)).toContain("AUDIT_UNAVAILABLE");
  expect(await ready()).toEqual([503, { status: "not ready", problems: ["audit"] }]);
  limit("unlimited:unlimited");
  expect(await ready()).toEqual([200, { status: "ready" }]);
});
