/** From the start to the end: who gets in and how, what is open to all, certificates, proxies, pages of other origins, readiness, and an end that cuts nobody off. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeCertificate } from "../egress/certificate.ts";
import { ENTRY, createWorld } from "../e2e/world.ts";
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
let running: Served[];
beforeEach(() => {
  world = createWorld();
  world.put("a.txt", "hello\n");
  world.share();
  running = [];
});
afterEach(async () => {
  for (const served of running) await served.stop();
  world.remove();
});

async function start(args: readonly string[] = [], listen = "0"): Promise<Served> {
  const served = await startHttp(world, args, listen);
  running.push(served);
  return served;
}

function config(text: string): string[] {
  const file = join(world.root, "config.yaml");
  writeFileSync(file, text, { mode: 0o600 });
  return ["--config", file];
}

const statusOf = async (url: string, headers: Record<string, string> = {}) => (await fetch(url, { headers })).status;
const read = (url: string, authorization?: string) =>
  post(url, modernCall(1, "read_text_file", { path: "a.txt" }), {
    ...(authorization ? { authorization } : {}),
    ...MODERN_HEADERS("read_text_file"),
  });

describe("who gets in", () => {
  test("without a key everything is refused, the log says why and how, and a key that is made then works at once", async () => {
    const served = await start();
    const { remedy } = await served.line(({ msg }) => String(msg).includes("no key is configured"));
    expect(remedy).toBe(`${process.execPath} ${ENTRY} keys create --name NAME --state ${world.state}`);
    expect((await read(served.url)).status).toBe(401);
    const made = await new Promise<string>((resolve) =>
      execFile(...splitCommand(String(remedy), "first"), (_error, stdout) => resolve(stdout.trim())),
    );
    expect((await read(served.url, `Bearer ${made}`)).status).toBe(200);
  });

  test("healthz, readyz and the metadata are open, the rest wants a key and says so", async () => {
    const served = await start();
    const found = await Promise.all(
      ["/healthz", "/readyz", "/.well-known/oauth-protected-resource", "/mcp", "/metrics", "/console/", "/nowhere"].map(async (path) => {
        const response = await fetch(`${served.url}${path}`);
        return [path, response.status, response.headers.get("www-authenticate")?.split(" ")[0]];
      }),
    );
    expect(found).toEqual([
      ["/healthz", 200, undefined],
      ["/readyz", 200, undefined],
      ["/.well-known/oauth-protected-resource", 200, undefined],
      ["/mcp", 401, "Bearer"],
      ["/metrics", 401, "Bearer"],
      ["/console/", 401, "Bearer"],
      ["/nowhere", 401, "Bearer"],
    ]);
  });

  test("metrics want the scope metrics or the role approver; a key with neither gets 403 with the scope it lacks", async () => {
    const served = await start();
    const keys = {
      plain: await makeKey(world, "plain"),
      scoped: await makeKey(world, "scoped", "--scopes", "metrics"),
      approver: await makeKey(world, "boss", "--role", "approver"),
    };
    const [plain, scoped, approver] = await Promise.all(
      Object.values(keys).map((key) => fetch(`${served.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })),
    );
    expect([plain?.status, scoped?.status, approver?.status]).toEqual([403, 200, 200]);
    expect(plain?.headers.get("www-authenticate")).toContain('scope="metrics"');
    expect(scoped?.headers.get("content-type")).toContain("text/plain");
  });

  test("a revoked key stops working within a second, also in a session that is open", async () => {
    const served = await start();
    const key = await makeKey(world, "gone");
    const session = await openSession(served.url, key);
    expect((await read(served.url, `Bearer ${key}`)).status).toBe(200);
    await world.run(["keys", "revoke", "gone"]);
    const revoked = performance.now();
    let status: number;
    do ({ status } = await read(served.url, `Bearer ${key}`));
    while (status === 200 && performance.now() - revoked < 1_000);
    expect(status).toBe(401);
    expect((await post(served.url, toolCall(1, "read_text_file", { path: "a.txt" }), session)).status).toBe(401);
  });

  test("with --no-auth everybody on the machine is the local user", async () => {
    const served = await start(["--no-auth"]);
    expect((await read(served.url)).status).toBe(200);
    const { stdout } = await world.run(["audit", "query", "--json", "--limit", "1"]);
    expect(JSON.parse(stdout)).toMatchObject({ principal: "local", tool: "read_text_file" });
  });
});

describe("names and origins", () => {
  test("a host and an origin that the operator lists get in, and the page may read the answer", async () => {
    const served = await start(["--no-auth", ...config('http: { hosts: [mcp.example.org], origins: ["https://app.example.org"] }')]);
    const headers: [string, string][] = [
      ["Host", "mcp.example.org"],
      ["Origin", "https://app.example.org"],
    ];
    const flight = requestText("OPTIONS", "/mcp", [...headers, ["Access-Control-Request-Method", "POST"]]);
    const asked = await sendRaw(served.port, `${flight.trimEnd()}\r\nConnection: close\r\n\r\n`);
    expect([asked.status, asked.headers["access-control-allow-origin"]]).toEqual([204, "https://app.example.org"]);
    expect(asked.headers["access-control-allow-headers"]).toContain("mcp-session-id");
    const call = await sendRaw(
      served.port,
      requestText("POST", "/mcp", [...headers, ...Object.entries(JSON_HEADERS)], JSON.stringify(initialize())),
    );
    expect([call.status, call.headers["access-control-allow-origin"]]).toEqual([200, "https://app.example.org"]);
    expect(call.headers["access-control-expose-headers"]).toContain("mcp-session-id");
  });

  test("on every address, as in a container, loopback names count with any port and others don't", async () => {
    await makeKey(world, "any");
    const served = await start([], "0.0.0.0:0");
    const status = async (host: string) => (await sendRaw(served.port, requestText("GET", "/healthz", [["Host", host]]))).status;
    const found = await Promise.all(
      ["localhost:9000", "127.0.0.1:9000", `127.0.0.1:${served.port}`, "0.0.0.0:9000", "evil.example"].map(status),
    );
    expect(found).toEqual([200, 200, 200, 403, 403]);
  });

  test("PORTCULLIS_HTTP and PORTCULLIS_HTTP_HOSTS say the same as flag and file", async () => {
    Object.assign(world.env, { PORTCULLIS_HTTP_HOSTS: "mcp.example.org, other.example" });
    const served = await start(["--no-auth"]);
    const { status } = await sendRaw(served.port, requestText("GET", "/healthz", [["Host", "other.example:1234"]]));
    expect(status).toBe(200);
  });
});

test.each([
  ["an empty key", () => "", "key.pem holds no private key without a passphrase in PEM"],
  ["the key of another certificate", () => makeCertificate("localhost", "valid").key, "key.pem is not the key of the certificate in "],
])("a certificate with %s starts nothing", async (_name, key, words) => {
  writeFileSync(join(world.root, "cert.pem"), makeCertificate("localhost", "valid").cert);
  writeFileSync(join(world.root, "key.pem"), key(), { mode: 0o600 });
  const args = config("http: { listen: 0, tls: { cert: cert.pem, key: key.pem } }");
  const { code, stderr } = await world.run(["serve", "--workspace", world.workspace, ...args]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});

test("with a certificate it speaks TLS, and nothing else", async () => {
  const { cert, key } = makeCertificate("localhost", "valid");
  writeFileSync(join(world.root, "cert.pem"), cert);
  writeFileSync(join(world.root, "key.pem"), key, { mode: 0o600 });
  const served = await start(["--no-auth", ...config("http: { tls: { cert: cert.pem, key: key.pem } }")]);
  expect(served.url).toMatch(/^https:/);
  const status = await new Promise((resolve, reject) => {
    const asked = httpsRequest(
      {
        host: "127.0.0.1",
        servername: "localhost",
        port: served.port,
        path: "/healthz",
        ca: cert,
        headers: { host: `localhost:${served.port}` },
      },
      (response) => {
        response.resume();
        resolve([response.statusCode, response.headers["strict-transport-security"] !== undefined]);
      },
    );
    asked.on("error", reject).end();
  });
  expect(status).toEqual([200, true]);
  expect((await sendRaw(served.port, requestText("GET", "/healthz", [["Host", "localhost"]]))).status).toBe(0);
});

describe("readiness", () => {
  test("a broken policy turns it red, the last good one goes on, and a mended one turns it green", async () => {
    const policy = join(world.root, "policy.yaml");
    writeFileSync(policy, "version: 1\nextends: [local]\n", { mode: 0o600 });
    const served = await start(["--no-auth", "--policy", policy]);
    const become = async (status: number) => {
      while ((await statusOf(`${served.url}/readyz`)) !== status);
    };
    await become(200);
    writeFileSync(policy, "version: 1\nrulse: []\n");
    await become(503);
    expect(await (await fetch(`${served.url}/readyz`)).json()).toEqual({ status: "not ready", problems: ["policy"] });
    expect((await read(served.url)).status).toBe(200);
    writeFileSync(policy, "version: 1\nextends: [local]\nname: mended\n");
    await become(200);
  });
});

describe("the end", () => {
  test("what runs may finish, its answer arrives, and the process ends with 0", async () => {
    const served = await start(["--no-auth"]);
    const session = await openSession(served.url);
    const answer = post(served.url, toolCall(1, "run_command", { command: "sleep 1" }), session);
    while (!(await world.run(["audit", "query", "--json", "--tool", "run_command"])).stdout.includes('"intent"'));
    running = [];
    const code = await served.stop();
    const { status, message } = await answer;
    expect([code, status, message?.result]).toEqual([
      0,
      200,
      expect.objectContaining({ structuredContent: expect.objectContaining({ exitCode: 0 }) }),
    ]);
    const { stdout } = await world.run(["sessions", "show", session["mcp-session-id"] ?? "", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "ended" });
  });

  test("what takes longer than the shutdown time is cancelled and on record", async () => {
    const served = await start(["--no-auth", ...config("http: { timeouts: { shutdown: 200ms } }")]);
    const session = await openSession(served.url);
    const answer = post(served.url, toolCall(1, "run_command", { command: "sleep 50" }), session).catch(() => undefined);
    while (!(await world.run(["audit", "query", "--json", "--tool", "run_command"])).stdout.includes('"intent"'));
    running = [];
    expect(await served.stop()).toBe(0);
    await answer;
    const { stdout } = await world.run(["audit", "query", "--json", "--tool", "run_command"]);
    expect(stdout).toContain('"status":"cancelled"');
  });
});

describe("portcullis start", () => {
  test("the first run makes a key and shows it once with snippets that work; the second shows none", async () => {
    const run = async () => {
      const child = spawn(process.execPath, [ENTRY, "start", "--state", world.state, "--http", "0"], {
        cwd: world.workspace,
        env: world.env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      let out = "";
      child.stdout.setEncoding("utf8");
      for await (const chunk of child.stdout) {
        out += chunk;
        if (out.includes(" connect ") && out.endsWith("\n")) break;
      }
      const [, url = ""] = /at (http:\/\/127\.0\.0\.1:\d+) /.exec(out) ?? [];
      const [key] = /pc_[\w-]{43}/.exec(out) ?? [];
      const { status } = await read(url, `Bearer ${key ?? ""}`);
      const exited = once(child, "exit");
      child.kill("SIGINT");
      const another = out.includes(`keys create --name NAME --state ${world.state}\n`);
      return { key, status, code: (await exited)[0] as number, keys: out.split(key ?? "\0").length - 1, another };
    };
    const first = await run();
    expect(first).toEqual({ key: expect.stringMatching(/^pc_/), status: 200, code: 0, keys: 3, another: false });
    expect(await run()).toEqual({ key: undefined, status: 401, code: 0, keys: 0, another: true });
    expect(readFileSync(join(world.state, "portcullis.db"), "latin1")).not.toContain(first.key);
  });
});

/** A command line without quoting, NAME replaced, as execFile takes it. */
function splitCommand(line: string, name: string): [string, string[]] {
  const [command = "", ...args] = line.split(" ").map((word) => (word === "NAME" ? name : word));
  return [command, args];
}
