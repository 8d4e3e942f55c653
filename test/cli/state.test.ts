/** Commands that work on a state directory, where there is none: they say so and make none. */
import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.remove());

test.each([
  ["the kill switch", ["sessions", "pause", "--all"]],
  ["a list of sessions", ["sessions", "list"]],
  ["a list of questions", ["approvals", "list"]],
  ["an end of grants", ["approvals", "grants", "revoke", "--all"]],
  ["a new seal key", ["keys", "rotate-seal"]],
  ["the end of a key", ["keys", "revoke", "ci"]],
])("%s is refused", async (_name, words) => {
  expect(await world.run(words)).toEqual({
    code: 3,
    stdout: "",
    stderr: `portcullis: there is no database at ${world.state}/portcullis.db: start the server once, or name the right --state\n`,
  });
  expect(existsSync(world.state)).toBe(false);
});

test("a first key may be made before the first start", async () => {
  expect(await world.run(["keys", "create", "--name", "ci"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pc_/) });
  expect(await world.run(["keys", "list"])).toMatchObject({ code: 0, stdout: expect.stringContaining("ci") });
});
