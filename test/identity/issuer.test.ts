import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeCertificate } from "../egress/certificate.ts";
import { serveTls } from "../egress/world.ts";
import { AUDIENCE, makeKey, openHall, openIssuer, sign } from "./world.ts";
import type { Hall, Issuer, SigningKey } from "./world.ts";

let issuer: Issuer;
let key: SigningKey;
const halls: Hall[] = [];
beforeEach(async () => {
  [issuer, key] = await Promise.all([openIssuer(), makeKey("k1")]);
  await issuer.publish(key);
});
afterEach(async () => {
  for (const hall of halls.splice(0)) hall.close();
  await issuer.close();
});

function enter(auth: { readonly issuer?: string; readonly jwks?: string } = {}, allow = [`127.0.0.1:${issuer.port}`]): Hall {
  const hall = openHall(
    { issuer: issuer.url, audience: AUDIENCE, roles: {}, ...auth },
    `version: 1\negress: { allow: ${JSON.stringify(allow)} }\nrules: []\n`,
  );
  halls.push(hall);
  return hall;
}

const come = async (hall: Hall, by = key, iss = issuer.url, from = "192.0.2.1") => hall.authenticate(`Bearer ${await sign(by, iss)}`, from);

describe("the keys of the issuer", () => {
  test.each([
    ["RFC 8414, behind the origin", "", "/.well-known/oauth-authorization-server"],
    ["OpenID Connect, behind the origin", "", "/.well-known/openid-configuration"],
    ["RFC 8414, before the path", "/realms/a", "/.well-known/oauth-authorization-server/realms/a"],
    ["OpenID Connect, before the path", "/realms/a", "/.well-known/openid-configuration/realms/a"],
    ["OpenID Connect, behind the path", "/realms/a", "/realms/a/.well-known/openid-configuration"],
    ["OpenID Connect, for an issuer with a slash at its end", "/", "/.well-known/openid-configuration"],
  ])("are found by %s", async (_name, path, place) => {
    const url = `http://127.0.0.1:${issuer.port}${path}`;
    issuer.documents.delete("/.well-known/oauth-authorization-server");
    issuer.documents.set(place, { body: JSON.stringify({ issuer: url, jwks_uri: `${new URL(url).origin}/keys` }) });
    expect(await come(enter({ issuer: url }), key, url)).toMatchObject({ kind: "known" });
  });

  test("are fetched from where the configuration says, and metadata not at all", async () => {
    issuer.documents.clear();
    await issuer.publish(key);
    expect(
      await come(enter({ jwks: `${issuer.url}/keys`, issuer: "https://idp.example.com" }), key, "https://idp.example.com"),
    ).toMatchObject({ kind: "known" });
    expect(issuer.requests).toEqual(["/keys"]);
  });

  test("that are new are found within half a minute, and tokens that name unknown ones make us fetch no more than that", async () => {
    const hall = enter();
    const [next, unknown] = await Promise.all([makeKey("k2"), makeKey("k9")]);
    expect((await come(hall)).kind).toBe("known");
    await issuer.publish(key, next);
    expect((await come(hall, next)).kind).toBe("unknown");
    for (let second = 0; second < 300; second += 1) {
      hall.time.clock += 1_000;
      await Promise.all([0, 1, 2].map((n) => come(hall, unknown, issuer.url, `198.51.100.${(second % 80) * 3 + n}`)));
      if (second >= 29) expect((await come(hall, next)).kind).toBe("known");
    }
    expect(issuer.requests.filter((path) => path === "/keys")).toHaveLength(11);
  });

  test("that were withdrawn are no longer good after ten minutes", async () => {
    const hall = enter();
    const next = await makeKey("k2");
    expect((await come(hall)).kind).toBe("known");
    await issuer.publish(next);
    hall.time.clock += 599_999;
    expect((await come(hall)).kind).toBe("known");
    hall.time.clock += 1;
    expect(await come(hall)).toMatchObject({
      description: "the token is signed with a key that the issuer doesn't have: get another token from the issuer",
    });
    expect((await come(hall, next)).kind).toBe("known");
  });

  test("serve for an hour while the issuer is down, which is asked every half minute; then nobody gets in until it is back", async () => {
    const hall = enter();
    expect((await come(hall)).kind).toBe("known");
    issuer.documents.set("/keys", { status: 500, body: "" });
    for (let minutes = 1; minutes < 60; minutes += 1) {
      hall.time.clock += 60_000;
      expect((await come(hall)).kind).toBe("known");
    }
    hall.time.clock += 60_000;
    expect(await come(hall)).toEqual({
      kind: "unavailable",
      retryAfter: 30,
      description: "the keys of the issuer can't be had just now: try again later",
    });
    hall.time.clock += 10_000;
    expect(await come(hall)).toMatchObject({ kind: "unavailable", retryAfter: 20 });
    await issuer.publish(key);
    hall.time.clock += 20_000;
    expect((await come(hall)).kind).toBe("known");
    expect(hall.reported.length).toBe(51);
  });

  test("are fetched once for a hundred tokens that come at once", async () => {
    const hall = enter();
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => come(hall)));
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(["known"]));
    expect(issuer.requests).toHaveLength(2);
  });
});

describe("nothing but the issuer is reached, and only so much is read", () => {
  const unavailable = { kind: "unavailable", retryAfter: 30 };

  /** An issuer whose metadata is good and leads to this place. */
  const metadata = (to: string, more: object = {}) => JSON.stringify({ issuer: issuer.url, jwks_uri: to, ...more });
  const HOME = "/.well-known/oauth-authorization-server";

  test("a private address that `egress.allow` doesn't list is never dialled", async () => {
    for (const allow of [[], ["127.0.0.1:1"], ["*.example.com"]]) {
      const hall = enter({}, allow);
      expect(await come(hall)).toMatchObject(unavailable);
      expect(hall.reported.join()).toContain("forbidden address (loopback)");
    }
    expect(issuer.requests).toEqual([]);
  });

  test.each<[string, () => void, string, readonly string[]]>([
    [
      "metadata that lead to another origin",
      () => issuer.documents.set(HOME, { body: metadata("http://169.254.169.254/latest/meta-data/") }),
      "the issuer keeps its keys at another origin",
      [HOME],
    ],
    [
      "metadata that lead to another port",
      () => issuer.documents.set(HOME, { body: metadata("http://127.0.0.1:1/keys") }),
      "the issuer keeps its keys at another origin",
      [HOME],
    ],
    ["metadata that lead to a file", () => issuer.documents.set(HOME, { body: metadata("file:///etc/passwd") }), "another origin", [HOME]],
    ["metadata that lead nowhere", () => issuer.documents.set(HOME, { body: metadata("keys") }), "names no keys", [HOME]],
    [
      "metadata of another issuer",
      () => issuer.documents.set(HOME, { body: metadata(`${issuer.url}/keys`, { issuer: "https://idp.example.net" }) }),
      "no metadata was found that names the issuer exactly",
      [HOME, "/.well-known/openid-configuration"],
    ],
    [
      "metadata that redirect, even to the same origin",
      () => issuer.documents.set(HOME, { status: 302, headers: { location: "/keys" } }),
      "redirects",
      [HOME],
    ],
    [
      "keys that redirect to a private address",
      () => issuer.documents.set("/keys", { status: 307, headers: { location: "http://169.254.169.254/" } }),
      "redirects",
      [HOME, "/keys"],
    ],
    [
      "keys without end",
      () => issuer.documents.set("/keys", { body: `{"keys":[${" ".repeat(300_000)}]}` }),
      "more than 262144 bytes",
      [HOME, "/keys"],
    ],
    [
      "keys that are a page",
      () => issuer.documents.set("/keys", { headers: { "content-type": "text/html" }, body: "<p>" }),
      "Malformed|malformed",
      [HOME, "/keys"],
    ],
    ["keys that are no set", () => issuer.documents.set("/keys", { body: '{"keys":{}}' }), "malformed", [HOME, "/keys"]],
  ])("%s let nobody in", async (_name, spoil, reason, asked) => {
    spoil();
    const hall = enter();
    expect(await come(hall)).toMatchObject(unavailable);
    expect(hall.reported).toHaveLength(1);
    expect(hall.reported[0]).toMatch(new RegExp(reason));
    expect(issuer.requests).toEqual(asked);
  });

  test("a symmetric key that the issuer publishes by mistake signs nothing", async () => {
    const secret = new TextEncoder().encode("a secret of 32 bytes and no more");
    issuer.documents.set("/keys", {
      body: JSON.stringify({ keys: [{ kty: "oct", kid: "s", k: Buffer.from(secret).toString("base64url") }] }),
    });
    const token = await sign({ alg: "HS256", kid: "s", privateKey: secret }, issuer.url);
    expect(await enter().authenticate(`Bearer ${token}`)).toMatchObject({
      kind: "unknown",
      description: "the token is signed with an algorithm that is not accepted: get another token from the issuer",
    });
  });

  test("a certificate that nobody vouches for is not taken", async () => {
    const requests: string[] = [];
    const place = await serveTls(makeCertificate("localhost", "valid"), (request, response) => {
      requests.push(request.url ?? "");
      response.end("{}");
    });
    const url = `https://localhost:${place.port}`;
    const hall = enter({ issuer: url }, [`127.0.0.1:${place.port}`]);
    expect(await come(hall, key, url)).toMatchObject(unavailable);
    expect(hall.reported.join()).toMatch(/self signed cert/);
    expect(requests).toEqual([]);
    await place.close();
  });
});
