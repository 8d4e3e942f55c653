import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exportSPKI } from "jose";
import { AUDIENCE, makeKey, NOW, openHall, openIssuer, sign } from "./world.ts";
import type { Hall, Issuer, SigningKey } from "./world.ts";

const ROLES = { "portcullis-approvers": "approver", staff: "member" };
const now = NOW / 1000;

let issuer: Issuer;
let key: SigningKey;
let foreign: SigningKey;
let hall: Hall;

beforeAll(async () => {
  issuer = await openIssuer();
  [key, foreign] = await Promise.all([makeKey("k1"), makeKey("k1")]);
  await issuer.publish(key);
});
afterAll(async () => issuer.close());
beforeEach(() => {
  hall = openHall(
    { issuer: issuer.url, audience: AUDIENCE, roles: ROLES },
    `version: 1\negress: { allow: ["127.0.0.1:${issuer.port}"] }\nrules: []\n`,
  );
  issuer.requests.length = 0;
});
afterEach(() => hall.close());

const bearer = async (claims: object = {}, header: object = {}) => `Bearer ${await sign(key, issuer.url, { ...claims }, { ...header })}`;

const part = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

describe("a token of the issuer", () => {
  test("is its subject until it ends; metadata and keys are fetched once", async () => {
    const alice = { kind: "known", principal: { id: "oauth:alice", user: "alice", scopes: [] }, expiresAt: NOW + 330_000 };
    expect(await hall.authenticate(await bearer())).toEqual(alice);
    expect(await hall.authenticate(await bearer())).toEqual(alice);
    expect(issuer.requests).toEqual(["/.well-known/oauth-authorization-server", "/keys"]);
    expect(hall.hops).toMatchObject([
      { method: "GET", host: "127.0.0.1", port: issuer.port, status: 200 },
      { method: "GET", host: "127.0.0.1", port: issuer.port, status: 200 },
    ]);
  });

  test.each(["RS256", "PS384", "ES512", "EdDSA"])("may be signed with %s", async (alg) => {
    const other = await makeKey("k2", alg);
    await issuer.publish(key, other);
    expect(await hall.authenticate(`Bearer ${await sign(other, issuer.url)}`)).toMatchObject({ kind: "known" });
    await issuer.publish(key);
  });

  test.each<[string, object, object]>([
    ["scopes in `scope`", { scope: "repo:read  metrics repo:read" }, { scopes: ["repo:read", "metrics"] }],
    ["scopes in `scp`", { scp: ["repo:read", "metrics"] }, { scopes: ["repo:read", "metrics"] }],
    ["scopes in `scp` as one string", { scp: "a b" }, { scopes: ["a", "b"] }],
    ["scopes in both, of which `scope` counts", { scope: "a", scp: ["b"] }, { scopes: ["a"] }],
    ["a role by `roles`", { roles: ["portcullis-approvers"] }, { role: "approver" }],
    ["a role by `groups`", { groups: ["x", "staff"] }, { role: "member" }],
    ["a role by `entitlements` as one string", { entitlements: "staff" }, { role: "member" }],
    ["two roles, of which the first of the configuration counts", { groups: ["staff", "portcullis-approvers"] }, { role: "approver" }],
    ["a subject that looks like a key's principal", { sub: "key:ci" }, { id: "oauth:key:ci", user: "key:ci" }],
    ["a subject that is called as the local person", { sub: "local" }, { id: "oauth:local", user: "local" }],
    ["the audience among others", { aud: ["https://other.example.com", AUDIENCE] }, { id: "oauth:alice" }],
  ])("says %s", async (_name, claims, expected) => {
    expect(await hall.authenticate(await bearer(claims))).toMatchObject({ kind: "known", principal: expected });
  });

  test.each<[string, object]>([
    ["a role that nobody mapped", { roles: ["approver"] }],
    ["a role named like a property of every object", { roles: ["constructor", "__proto__", "toString"] }],
    ["a role in a claim of its own", { role: "portcullis-approvers" }],
    ["a role inside of something else", { roles: { 0: "staff" } }],
  ])("gets no role by %s", async (_name, claims) => {
    const verdict = await hall.authenticate(await bearer(claims));
    expect(verdict).toMatchObject({ kind: "known", principal: { id: "oauth:alice" } });
    expect(verdict).not.toHaveProperty("principal.role");
  });

  test.each<[string, object, object]>([
    ["no typ", {}, {}],
    ["typ JWT", {}, { typ: "JWT" }],
    ["typ at+jwt", {}, { typ: "at+jwt" }],
    ["typ application/at+JWT", {}, { typ: "application/at+JWT" }],
    ["no iat", { iat: undefined }, {}],
    ["a clock half a minute ahead", { iat: now + 30, nbf: now + 30 }, {}],
    ["an end half a minute ago", { exp: now - 29 }, {}],
    ["places for its keys that nobody asks", {}, { jku: "http://127.0.0.1:9/keys", x5u: "http://127.0.0.1:9/cert", x5t: "x" }],
  ])("is taken with %s", async (_name, claims, header) => {
    expect(await hall.authenticate(await bearer(claims, header))).toMatchObject({ kind: "known" });
    expect(hall.hops.every(({ port }) => port === issuer.port)).toBe(true);
  });
});

describe("a token is wrong", () => {
  test.each<[string, object, object, string]>([
    ["of another issuer", { iss: "https://idp.example.net" }, {}, "the token is of another issuer (iss)"],
    ["of the issuer with a slash more", { iss: "SLASH" }, {}, "the token is of another issuer (iss)"],
    ["of no issuer", { iss: undefined }, {}, "the token is of another issuer (iss)"],
    ["for another audience", { aud: "https://other.example.com" }, {}, "the token is for another audience (aud)"],
    ["for an audience that only begins as ours", { aud: `${AUDIENCE}/x` }, {}, "the token is for another audience (aud)"],
    ["for an audience in another case", { aud: AUDIENCE.toUpperCase() }, {}, "the token is for another audience (aud)"],
    ["for no audience", { aud: undefined }, {}, "the token is for another audience (aud)"],
    ["for an empty list", { aud: [] }, {}, "the token is for another audience (aud)"],
    ["without an end", { exp: undefined }, {}, "the token has no expiry that can be read (exp)"],
    ["with an end that is text", { exp: "2099" }, {}, "the token has no expiry that can be read (exp)"],
    ["with an end beyond all dates", { exp: 1e300 }, {}, "the token never expires (exp)"],
    ["not valid yet", { nbf: now + 31 }, {}, "the token is not valid yet (nbf)"],
    ["issued in the future", { iat: now + 31 }, {}, "the token was issued in the future (iat)"],
    ["without a subject", { sub: undefined }, {}, "the token names nobody (sub)"],
    ["with an empty subject", { sub: "" }, {}, "the token names nobody that can be recorded (sub, 1 to 255 plain characters)"],
    ["with a subject that is a number", { sub: 7 }, {}, "the token names nobody that can be recorded (sub, 1 to 255 plain characters)"],
    ["with a subject of two lines", { sub: "a\nb" }, {}, "the token names nobody that can be recorded (sub, 1 to 255 plain characters)"],
    [
      "with a subject that turns around",
      { sub: "a\u202eb" },
      {},
      "the token names nobody that can be recorded (sub, 1 to 255 plain characters)",
    ],
    [
      "with a subject without end",
      { sub: "a".repeat(256) },
      {},
      "the token names nobody that can be recorded (sub, 1 to 255 plain characters)",
    ],
    ["with scopes that are a number", { scope: 7 }, {}, "the scopes of the token can't be read (scope, scp)"],
    ["with a scope that has quotes", { scp: ['a"b'] }, {}, "the scopes of the token can't be read (scope, scp)"],
    ["of another kind", {}, { typ: "logout+jwt" }, "the token is of another kind (typ): an access token is at+jwt or JWT"],
    ["of a kind that ends as ours", {}, { typ: "dpop+jwt" }, "the token is of another kind (typ): an access token is at+jwt or JWT"],
    ["signed with a key that names a file", {}, { kid: "../../etc/passwd" }, "the token is signed with a key that the issuer doesn't have"],
    ["signed with a key that names a table", {}, { kid: "' OR 1=1 --" }, "the token is signed with a key that the issuer doesn't have"],
  ])("%s", async (_name, claims, header, description) => {
    const iss = (claims as { iss?: string }).iss === "SLASH" ? { iss: `${issuer.url}/` } : {};
    expect(await hall.authenticate(await bearer({ ...claims, ...iss }, header))).toEqual({
      kind: "unknown",
      error: "invalid_token",
      description: `${description}: get another token from the issuer`,
    });
  });

  test.each<[string, () => Promise<string>]>([
    ["unsigned", async () => `${part({ alg: "none" })}.${(await sign(key, issuer.url)).split(".")[1]}.`],
    ["unsigned, in capitals", async () => `${part({ alg: "None" })}.${(await sign(key, issuer.url)).split(".")[1]}.`],
    [
      "signed with the public key as a secret",
      async () => sign({ alg: "HS256", kid: "k1", privateKey: new TextEncoder().encode(await exportSPKI(key.publicKey)) }, issuer.url),
    ],
    ["signed with a key of the same name of somebody else", async () => sign(foreign, issuer.url)],
    [
      "with the key that it was signed with inside",
      async () => sign(foreign, issuer.url, {}, { jwk: await crypto.subtle.exportKey("jwk", foreign.publicKey) }),
    ],
    [
      "with another payload",
      async () =>
        (await sign(key, issuer.url)).replace(/\.[^.]*\./, `.${part({ iss: issuer.url, aud: AUDIENCE, sub: "root", exp: now + 300 })}.`),
    ],
    ["cut by one character", async () => (await sign(key, issuer.url)).slice(0, -1)],
    ["with one character more", async () => `${await sign(key, issuer.url)}A`],
    ["without a signature", async () => (await sign(key, issuer.url)).replace(/[^.]*$/, "")],
    ["of two parts", async () => (await sign(key, issuer.url)).replace(/\.[^.]*$/, "")],
    ["of five parts", async () => `${await sign(key, issuer.url)}.a.b`],
    ["of dots alone", async () => "..."],
    ["whose header is no JSON", async () => (await sign(key, issuer.url)).replace(/^[^.]*/, part("{"))],
    ["whose header is a list", async () => (await sign(key, issuer.url)).replace(/^[^.]*/, part([]))],
    [
      "with a critical extension",
      async () => (await sign(key, issuer.url)).replace(/^[^.]*/, part({ alg: "ES256", kid: "k1", crit: ["x"], x: 1 })),
    ],
    ["of 100 kB", async () => sign(key, issuer.url, { padding: "a".repeat(100_000) })],
    ["with control characters", async () => `${await sign(key, issuer.url)}\r\nx`],
  ])("%s", async (_name, make) => {
    expect(await hall.authenticate(`Bearer ${await make()}`)).toMatchObject({ kind: "unknown", error: "invalid_token" });
  });

  test("with a critical extension that a library knows (RFC 7797)", async () => {
    const token = await sign(key, issuer.url, {}, { b64: true, crit: ["b64"] });
    expect(await hall.authenticate(`Bearer ${token}`)).toMatchObject({
      description: "the token has critical extensions (crit), which are not accepted: get another token from the issuer",
    });
  });

  test("and counts as a wrong key; one that has expired doesn't, it is no guess", async () => {
    for (let n = 0; n < 20; n += 1)
      expect(await hall.authenticate(await bearer({ exp: now - 31 }))).toEqual({
        kind: "unknown",
        error: "invalid_token",
        description: "the token has expired: get a new one",
      });
    for (let n = 0; n < 10; n += 1) await hall.authenticate(`Bearer ${await sign(foreign, issuer.url)}`);
    expect(await hall.authenticate(await bearer())).toMatchObject({ kind: "limited" });
  });
});

test("keys go on beside tokens", async () => {
  const secret = hall.keys.create({ name: "ci", scopes: [] }, NOW);
  expect(await hall.authenticate(`Bearer ${secret}`)).toMatchObject({ kind: "known", principal: { id: "key:ci" } });
  expect(issuer.requests).toEqual([]);
});
