import { afterAll, beforeAll, expect, test } from "vitest";
import { rules, query, path } from "../policy/support.ts";
import { AUDIENCE, makeKey, NOW, openHall, openIssuer, sign } from "./world.ts";
import type { Hall, Issuer, SigningKey } from "./world.ts";

let issuer: Issuer;
let key: SigningKey;
let hall: Hall;
let secret: string;
beforeAll(async () => {
  [issuer, key] = await Promise.all([openIssuer(), makeKey("k1")]);
  await issuer.publish(key);
  hall = openHall(
    { issuer: issuer.url, audience: AUDIENCE, roles: { staff: "member" } },
    `version: 1\negress: { allow: ["127.0.0.1:${issuer.port}"] }\nrules: []\n`,
  );
  secret = hall.keys.create({ name: "ci", role: "member", scopes: ["docs:write"] }, NOW) ?? "";
});
afterAll(async () => {
  hall.close();
  await issuer.close();
});

async function principalOf(who: "key" | "token") {
  const token = who === "key" ? secret : await sign(key, issuer.url, { scope: "docs:write", groups: ["staff"] });
  const verdict = await hall.authenticate(`Bearer ${token}`);
  if (verdict.kind !== "known") throw new Error(`${who} is ${verdict.kind}`);
  return verdict.principal;
}

test.each<[string, string, "allow" | "deny", "allow" | "deny"]>([
  ["its key", "{ key: ci }", "allow", "deny"],
  ["another key", "{ key: other }", "deny", "deny"],
  ["the subject", "{ user: alice }", "deny", "allow"],
  ["another subject", "{ user: bob }", "deny", "deny"],
  ["the role", "{ role: member }", "allow", "allow"],
  ["another role", "{ role: approver }", "deny", "deny"],
  ["the scope", '{ scope: "docs:write" }', "allow", "allow"],
  ["another scope", '{ scope: "docs" }', "deny", "deny"],
  ["the role and one of several scopes", '{ role: member, scope: ["docs:read", "docs:write"] }', "allow", "allow"],
  ["the subject with the key", "{ user: alice, key: ci }", "deny", "deny"],
])("a rule on %s sees who came", async (_name, who, forKey, forToken) => {
  const policy = rules([`{ id: r, effect: allow, op: write, path: "docs/**", who: ${who} }`], "default: deny");
  const decide = async (of: "key" | "token") =>
    policy.decide(query([path("write", "docs/a.md")], { principal: await principalOf(of), tool: "write_file", transport: "http" })).effect;
  expect([await decide("key"), await decide("token")]).toEqual([forKey, forToken]);
});
