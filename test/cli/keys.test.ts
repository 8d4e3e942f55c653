import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENTRY, createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";

let world: World;
beforeAll(() => {
  world = createWorld();
});
afterAll(() => world.remove());

const create = async (...args: string[]) => world.run(["keys", "create", ...args]);

describe("keys create", () => {
  test("prints the key alone, once; the list has all but that", async () => {
    const { code, stdout } = await create("--name", "ci", "--scopes", "repo:read,metrics", "--role", "approver", "--expires", "30d");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^pc_[\w-]{43}\n$/)]);
    const listed = await world.run(["keys", "list", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject({ name: "ci", role: "approver", scopes: "repo:read,metrics", revoked: null });
    expect(listed.stdout).not.toContain(stdout.trim());
  });

  test.each<[string, string[], string]>([
    ["a name with a blank", ["--name", "a b"], "a key's name is letters"],
    ["a name with a colon, which principals use", ["--name", "a:b"], "a key's name is letters"],
    ["a role with a blank", ["--name", "x", "--role", "team lead"], "a role is letters"],
    ["an empty role", ["--name", "x", "--role", ""], "a role is letters"],
    ["a scope with quotes", ["--name", "x", "--scopes", 'a"b'], "a scope is visible ASCII"],
    ["days that are none", ["--name", "x", "--expires", "soon"], "--expires takes days"],
  ])("refuses %s", async (_name, args, reason) => {
    expect(await create(...args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(reason) });
  });
});

test("a key that is made and one that is ended are on record, by name and never by secret", async () => {
  const { stdout } = await create("--name", "recorded", "--scopes", "a");
  expect((await create("--name", "recorded")).code).toBe(1);
  await world.run(["keys", "revoke", "recorded"]);
  const exported = (await world.run(["audit", "export"])).stdout;
  const events = exported.split("\n").filter((line) => line.includes("recorded"));
  expect(events.map((line) => /key_\w+/.exec(line)?.[0])).toEqual(["key_created", "key_revoked"]);
  expect(exported).not.toContain(stdout.trim());
});

test("a reader that has gone, as `head` does, is no crash and no success", async () => {
  const child = spawn(process.execPath, [ENTRY, "keys", "list", "--state", world.state], {
    env: world.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect([code, stderr]).toEqual([1, ""]);
});
