/** Who gets in, through the built server: keys that another process ends, tokens of a real issuer, and an address that guesses. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import { AUDIENCE, makeKey as makeSigningKey, openIssuer, sign } from "../identity/world.ts";
import { makeKey, MODERN_HEADERS, modernCall, openSession, post, startHttp, toolCall } from "./world.ts";
import type { Served } from "./world.ts";

let world: World;
let served: Served | undefined;
beforeEach(() => {
  world = createWorld();
  world.put("a.txt", "hello\n");
});
afterEach(async () => {
  await served?.stop();
  served = undefined;
  world.remove();
});

const call = async (tool: string, args: object, key: string) =>
  post(served?.url ?? "", modernCall(1, tool, args), { authorization: `Bearer ${key}`, ...MODERN_HEADERS(tool) });

test("a key that another process revokes opens nothing any more; the challenge says why", async () => {
  const [key, other] = [await makeKey(world, "one"), await makeKey(world, "two")];
  served = await startHttp(world);
  expect((await call("read_text_file", { path: "a.txt" }, key)).status).toBe(200);
  expect((await world.run(["keys", "revoke", "one"])).code).toBe(0);
  let answer = await call("read_text_file", { path: "a.txt" }, key);
  // The table of keys is half a second old at most. The time itself is not asserted: the machine may be busy.
  while (answer.status === 200) answer = await call("read_text_file", { path: "a.txt" }, key);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe(
    `Bearer resource_metadata="${served.url}/.well-known/oauth-protected-resource", error="invalid_token", ` +
      'error_description="the key is wrong, revoked or expired: ask the operator for another (portcullis keys create)"',
  );
  expect((await call("read_text_file", { path: "a.txt" }, other)).status).toBe(200);
});

test("a token of the configured issuer is a principal for the policy and on record, and nothing else of it is", async () => {
  const [issuer, signing] = await Promise.all([openIssuer(), makeSigningKey("k1")]);
  await issuer.publish(signing);
  const config = join(world.root, "config.yaml");
  const policy = join(world.root, "policy.yaml");
  writeFileSync(config, `auth:\n  issuer: ${issuer.url}\n  audience: ${AUDIENCE}\n  roles: { staff: writer }\n`, { mode: 0o600 });
  writeFileSync(
    policy,
    `version: 1
extends: [local]
egress: { allow: ["127.0.0.1:${issuer.port}"] }
rules: [{ id: writers, effect: allow, op: write, path: "**", who: { role: writer, scope: "files:write" } }]
`,
    { mode: 0o600 },
  );
  served = await startHttp(world, ["--config", config, "--policy", policy]);
  const seconds = Math.floor(Date.now() / 1000);
  const token = async (claims: object) => sign(signing, issuer.url, { iat: seconds, exp: seconds + 300, ...claims });
  const write = async (claims: object) =>
    (await call("write_file", { path: `${Math.random()}.txt`, content: "x" }, await token(claims))).message;

  expect(await write({ groups: ["staff"], scope: "files:write" })).not.toHaveProperty("result.isError", true);
  expect(await write({ groups: ["staff"] })).toMatchObject({
    result: { _meta: { "io.portcullis/refusal": { code: "APPROVAL_REQUIRED" } } },
  });
  expect((await call("read_text_file", { path: "a.txt" }, await token({ aud: "https://other.example.com" }))).status).toBe(401);

  const metadata = await (await fetch(`${served.url}/.well-known/oauth-protected-resource`)).json();
  expect(metadata).toEqual({
    resource: `${served.url}/mcp`,
    authorization_servers: [issuer.url],
    scopes_supported: ["files:write", "metrics"],
    bearer_methods_supported: ["header"],
  });
  const { stdout } = await world.run(["audit", "query", "--json", "--principal", "oauth:alice", "--limit", "10"]);
  expect(stdout.match(/"kind":"outcome"/g)).toHaveLength(2);
  expect(stdout).not.toContain("eyJ");
  expect(JSON.stringify(served.log)).not.toContain("eyJ");

  await issuer.close();
});

test("keys in a file serve where no issuer can be reached, and no tool reads or writes that file", async () => {
  const signing = await makeSigningKey("k1");
  const { publicKey, kid, alg } = signing;
  world.put("keys.json", JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg }] }));
  const config = join(world.workspace, "server.yaml");
  const issuer = "https://idp.example.com";
  writeFileSync(config, `auth: { issuer: "${issuer}", audience: "${AUDIENCE}", jwks: keys.json }\n`, { mode: 0o600 });
  const policy = join(world.root, "policy.yaml");
  writeFileSync(policy, "version: 1\napprovals: { mode: auto-approve }\n", { mode: 0o600 });
  served = await startHttp(world, ["--config", config, "--policy", policy]);
  const seconds = Math.floor(Date.now() / 1000);
  const token = (of: typeof signing) => sign(of, issuer, { iat: seconds, exp: seconds + 300 });
  const ask = async (tool: string, args: object) => JSON.stringify((await call(tool, args, await token(signing))).message);
  expect(await ask("read_text_file", { path: "a.txt" })).toContain("hello");
  expect((await call("read_text_file", { path: "a.txt" }, await token(await makeSigningKey("k1")))).status).toBe(401);
  expect(await ask("read_text_file", { path: "keys.json" })).toContain('"code":"DENIED"');
  expect(await ask("write_file", { path: "keys.json", content: "{}" })).toContain('"code":"DENIED"');
  expect(await ask("write_file", { path: "other.json", content: "{}" })).not.toContain('"code"');
});

test("while the issuer is down a token is told to come again, a key goes on", async () => {
  const signing = await makeSigningKey("k1");
  const issuer = await openIssuer();
  await issuer.close();
  const config = join(world.root, "config.yaml");
  writeFileSync(config, `auth: { issuer: "${issuer.url}", audience: "${AUDIENCE}" }\n`, { mode: 0o600 });
  const key = await makeKey(world, "one");
  served = await startHttp(world, ["--config", config]);
  const answer = await call("read_text_file", { path: "a.txt" }, await sign(signing, issuer.url));
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "30"]);
  expect((await call("read_text_file", { path: "a.txt" }, key)).status).toBe(200);
});

// A token is taken for 30 s after its end, for clocks that differ: this one has four left.
test("a session ends with the token that opened it, and its stream with it", async () => {
  const [issuer, signing] = await Promise.all([openIssuer(), makeSigningKey("k1")]);
  await issuer.publish(signing);
  const config = join(world.root, "config.yaml");
  const auth = `auth: { issuer: "${issuer.url}", audience: "${AUDIENCE}" }\nhttp: { timeouts: { session: 1s } }\n`;
  writeFileSync(config, auth, { mode: 0o600 });
  const policy = join(world.root, "policy.yaml");
  writeFileSync(policy, `version: 1\nextends: [local]\negress: { allow: ["127.0.0.1:${issuer.port}"] }\n`, { mode: 0o600 });
  served = await startHttp(world, ["--config", config, "--policy", policy]);
  const seconds = Math.floor(Date.now() / 1000);
  const token = (claims: object) => sign(signing, issuer.url, { iat: seconds, exp: seconds + 300, ...claims });
  const session = await openSession(served.url, await token({ iat: seconds - 60, exp: seconds - 26 }));
  const stream = await fetch(`${served.url}/mcp`, { headers: { ...session, accept: "text/event-stream" } });
  expect(stream.status).toBe(200);
  // Reads until the server ends it.
  for await (const chunk of stream.body ?? []) expect(Buffer.from(chunk).toString()).toMatch(/^:/);
  const again = { ...session, authorization: `Bearer ${await token({})}` };
  expect((await post(served.url, toolCall(1, "read_text_file", { path: "a.txt" }), again)).status).toBe(404);
  await issuer.close();
});

test("a thousand wrong keys at once, each with another X-Forwarded-For: ten are looked at, the rest is shut out", async () => {
  served = await startHttp(world);
  const { url } = served;
  const guess = async (n: number) => {
    const headers = { authorization: `Bearer pc_${"x".repeat(40)}${n}`, "x-forwarded-for": `198.51.100.${n % 256}` };
    return (await fetch(`${url}/mcp`, { headers })).status;
  };
  const statuses: number[] = [];
  for (let batch = 0; batch < 1_000; batch += 50)
    statuses.push(...(await Promise.all(Array.from({ length: 50 }, (_, index) => guess(batch + index)))));
  expect([statuses.filter((status) => status === 401).length, statuses.filter((status) => status === 429).length]).toEqual([10, 990]);
});

test("after ten wrong keys an address gets no further, whatever it brings; what is open to all stays open", async () => {
  const key = await makeKey(world, "one");
  served = await startHttp(world);
  for (let n = 0; n < 10; n += 1) expect((await call("read_text_file", { path: "a.txt" }, `${key}${n}`)).status).toBe(401);
  const answer = await call("read_text_file", { path: "a.txt" }, key);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "300"]);
  expect((await fetch(`${served.url}/metrics`)).status).toBe(429);
  expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
});
