/** The shell corpus through the built program: what `policy explain` says with the real policy engine and the real eyes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byRules, policyOf, rows } from "./shell-rows.ts";
import type { Row } from "./shell-rows.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

interface Explained {
  readonly effect: string;
  readonly reason: string;
  readonly reading?: { readonly commands: readonly object[] };
}

let world: World;
const said = new Map<Row, Explained>();
beforeAll(async () => {
  world = createWorld();
  world.put("evil.sh", "#!/bin/sh\n");
  world.put("a.txt", "one\n");
  for (const group of byRules(rows)) {
    const lines = group.map(({ input }) => JSON.stringify({ tool: "run_command", args: { command: input } }));
    const policy = policyOf(world.root, group[0]?.allow ?? []);
    const args = ["policy", "explain", "--batch", "--policy", policy, "--workspace", world.workspace];
    const { stdout } = await world.run(args, { input: `${lines.join("\n")}\n` });
    const answers = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Explained);
    expect(answers).toHaveLength(group.length);
    for (const [index, row] of group.entries()) said.set(row, answers[index] as Explained);
  }
}, 300_000);
afterAll(() => world.remove());

/** Only a hostile .git/config would make it one: git runs hardened in the sandbox, which test/e2e/run.test.ts proves with a real run. */
const NOT_IN_THE_WORDS = "sh-284";

describe("no attack is allowed", () => {
  test.each(rows.filter((row) => row.expect === "deny").map((row) => [row.id, row.why, row] as const))("%s %s", (id, _why, row) => {
    if (id === NOT_IN_THE_WORDS) expect(said.get(row)?.effect).toBe("allow");
    else expect(["ask", "deny"]).toContain(said.get(row)?.effect);
  });
});

test("every common command of an agent is allowed, and shown as it was read", () => {
  const benign = rows.filter((row) => row.expect === "allow");
  const held = benign.filter((row) => said.get(row)?.effect !== "allow").map(({ id, input }) => `${id} ${input}`);
  expect(benign.length).toBeGreaterThan(50);
  expect(held).toEqual([]);
  for (const row of benign) expect(said.get(row)?.reading?.commands.length).toBeGreaterThan(0);
});
