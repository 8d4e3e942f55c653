/** The network of a sandboxed command: what egress.allow lists, through the door that records it, and nothing else. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approveOnce, connect } from "./clients.ts";
import type { Connected } from "./clients.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
let server: Server;
let other: Server;
let client: Connected;
const heard: string[] = [];
const portOf = (one: Server): number => (one.address() as AddressInfo).port;

async function serve(): Promise<Server> {
  const one = createServer((request, response) => {
    heard.push(`${request.method} ${request.headers.host}${request.url}`);
    response.end("reached");
  });
  await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
  return one;
}

beforeAll(async () => {
  world = createWorld();
  [server, other] = [await serve(), await serve()];
  const policy = join(world.root, "policy.yaml");
  const lines = [
    "version: 1",
    "extends: [local]",
    "sandbox: { network: allowlist }",
    `egress: { allow: ["127.0.0.1:${portOf(server)}"] }`,
    "rules:",
    "  - { id: node, effect: allow, run: ['node -e <any>'], why: fixture of this test }",
    "  - { id: offline, effect: allow, run: ['node -p <any>'], sandbox: { network: none }, why: fixture of this test }",
  ];
  // The profile says none, and the tightest wins: a file of its own, without it.
  writeFileSync(policy, lines.filter((line) => !line.startsWith("extends")).join("\n"), { mode: 0o600 });
  world.share();
  client = await connect("v2 SDK, 2026-07-28", world, { args: ["--policy", policy], person: approveOnce });
});
afterAll(async () => {
  await client.close();
  server.close();
  other.close();
  world.remove();
});

const get = (url: string): string =>
  `http.get('${url}', async (r) => console.log(r.statusCode, (await r.toArray()).join(''))).on('error', (e) => console.log('failed', e.code))`;
const run = (...argv: string[]) => client.call("run_command", { argv });

describe("a command with an allowlisted network", () => {
  test("reaches what is listed, and the record has it with the call", async () => {
    const result = await run("node", "-e", get(`http://127.0.0.1:${portOf(server)}/x`));
    expect(result).toMatchObject({ structured: { stdout: "200 reached\n" }, call: { sandbox: { network: "allowlist" } } });
    expect(heard).toEqual([`GET 127.0.0.1:${portOf(server)}/x`]);
    const records = (await world.run(["audit", "export"])).stdout.split("\n").filter((line) => line.includes("egress_"));
    expect(records.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { callId: result.call.callId, details: { method: "GET", host: "127.0.0.1", port: portOf(server) } },
      { callId: result.call.callId, details: { received: expect.any(Number) } },
    ]);
  });

  test.each<[string, () => string]>([
    ["another port", () => `http://127.0.0.1:${portOf(other)}/`],
    ["a name that means the same place", () => `http://localhost:${portOf(other)}/`],
    ["what a person would be asked about", () => "http://example.com/"],
  ])("does not reach %s", async (_name, url) => {
    heard.length = 0;
    expect((await run("node", "-e", get(url()))).structured?.["stdout"]).toMatch(/^(403 portcullis: |failed )/);
    expect(heard).toEqual([]);
  });

  test("does not get around the door", async () => {
    const direct = `require('net').connect(${portOf(server)}, '127.0.0.1').on('error', (e) => console.log(e.code))`;
    expect((await run("node", "-e", direct)).structured?.["stdout"]).toBe("ECONNREFUSED\n");
  });

  test("has none where the rule that allows it says so", async () => {
    const result = await run("node", "-p", `process.env.HTTP_PROXY ?? 'none'`);
    expect(result).toMatchObject({ structured: { stdout: "none\n" }, call: { sandbox: { network: "none" } } });
  });

  test("leaves no socket behind", () => {
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("portcullis-net-"))).toEqual([]);
  });
});
