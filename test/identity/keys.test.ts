import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NOW, openHall } from "./world.ts";
import type { Hall } from "./world.ts";

let hall: Hall;
let secret: string;
beforeEach(() => {
  hall = openHall();
  secret = hall.keys.create({ name: "ci", scopes: ["repo:read", "metrics"], role: "approver" }, NOW) ?? "";
});
afterEach(() => hall.close());

const known = { kind: "known", principal: { id: "key:ci", key: "ci", scopes: ["repo:read", "metrics"], role: "approver" } };

describe("a key", () => {
  test("in force is its principal, with role and scopes", async () => {
    expect(await hall.authenticate(`Bearer ${secret}`)).toEqual(known);
  });

  test("without role and scopes has none, and ends when it was said to", async () => {
    const other = hall.keys.create({ name: "bare", scopes: [], expiresAt: NOW + 1_000 }, NOW);
    const bare = { kind: "known", principal: { id: "key:bare", key: "bare", scopes: [] }, expiresAt: NOW + 1_000 };
    expect(await hall.authenticate(`Bearer ${other}`)).toEqual(bare);
    hall.time.now += 1_000;
    expect(await hall.authenticate(`Bearer ${other}`)).toMatchObject({ kind: "unknown", error: "invalid_token" });
  });

  test("that another process made is there at once", async () => {
    expect(await hall.authenticate(`Bearer ${secret}`)).toEqual(known);
    const later = hall.keys.create({ name: "later", scopes: [] }, NOW);
    expect(await hall.authenticate(`Bearer ${later}`)).toMatchObject({ kind: "known" });
  });

  test("that another process revoked is gone within half a second", async () => {
    expect(await hall.authenticate(`Bearer ${secret}`)).toEqual(known);
    hall.keys.revoke("ci", NOW);
    hall.time.clock += 499;
    expect(await hall.authenticate(`Bearer ${secret}`)).toEqual(known);
    hall.time.clock += 1;
    expect(await hall.authenticate(`Bearer ${secret}`)).toMatchObject({ kind: "unknown", error: "invalid_token" });
  });

  test.each<[string, (right: string) => string]>([
    ["empty but for its prefix", () => "pc_"],
    ["without its prefix", (right) => right.slice(3)],
    ["cut by one character", (right) => right.slice(0, -1)],
    ["with one character more", (right) => `${right}a`],
    ["with padding", (right) => `${right}=`],
    ["in another case", (right) => right.toUpperCase()],
    ["with another last character", (right) => right.slice(0, -1) + (right.endsWith("A") ? "B" : "A")],
    ["that never was", () => `pc_${"A".repeat(43)}`],
    ["that is its name", () => "ci"],
    ["that looks like a JWT where no issuer is configured", () => "eyJhbGciOiJub25lIn0.e30."],
  ])("%s is not one in force, in the same words as every other", async (_name, change) => {
    expect(await hall.authenticate(`Bearer ${change(secret)}`)).toEqual({
      kind: "unknown",
      error: "invalid_token",
      description: "the key is wrong, revoked or expired: ask the operator for another (portcullis keys create)",
    });
  });

  test("can't be checked while the database can't be read: nobody gets in, and nobody is counted as a guesser", async () => {
    hall.close();
    for (let n = 0; n < 11; n += 1) {
      hall.time.clock += 1;
      expect(await hall.authenticate(`Bearer ${secret}`)).toMatchObject({ kind: "unavailable", retryAfter: 5 });
    }
    expect(hall.reported).toContain("the server is closing");
    hall = openHall();
  });
});

describe("ten wrong keys from one address", () => {
  const wrong = "Bearer pc_wrong";

  test("shut it out with everything, the right key and no key at all, for five minutes; others come in", async () => {
    for (let n = 0; n < 10; n += 1) expect((await hall.authenticate(wrong)).kind).toBe("unknown");
    for (const header of [wrong, `Bearer ${secret}`, undefined, "Basic eDp5"])
      expect(await hall.authenticate(header)).toEqual({ kind: "limited", retryAfter: 300 });
    expect(await hall.authenticate(`Bearer ${secret}`, "192.0.2.2")).toEqual(known);
    hall.time.clock += 300_000;
    expect(await hall.authenticate(`Bearer ${secret}`)).toEqual(known);
  });

  test.each<[string, string | undefined]>([
    ["no header", undefined],
    ["an empty header", ""],
    ["another scheme", "Basic eDp5"],
  ])("are not made of %s", async (_name, header) => {
    for (let n = 0; n < 50; n += 1) expect(await hall.authenticate(header)).toMatchObject({ kind: "unknown" });
    expect(await hall.authenticate(header)).not.toHaveProperty("error");
    expect(await hall.authenticate(`Bearer ${secret}`)).toEqual(known);
  });

  test("are counted though right ones come in between, and though they can't be read", async () => {
    for (let n = 0; n < 10; n += 1) {
      expect(await hall.authenticate(`Bearer ${secret}`)).toEqual(known);
      await hall.authenticate(n % 2 === 0 ? wrong : "Bearer a b");
    }
    expect((await hall.authenticate(`Bearer ${secret}`)).kind).toBe("limited");
  });
});
