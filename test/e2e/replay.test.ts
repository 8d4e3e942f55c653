import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { approveOnce, connect } from "./clients.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = createWorld();
  world.put("README.md", "# Title\n");
  world.put("docs/a.md", "text\n");
  world.put(".env", "KEY=1\n");
  const client = await connect("v2 SDK, 2026-07-28", world, { person: approveOnce });
  await client.call("read_text_file", { path: "README.md" });
  await client.call("read_multiple_files", { paths: ["README.md", "docs/a.md"] });
  await client.call("read_text_file", { path: ".env" });
  await client.call("write_file", { path: "docs/a.md", content: "new\n" });
  await client.call("search_content", { path: ".", pattern: "Title" });
  await client.call("delete_path", { path: "docs/a.md" });
  await client.call("read_text_file", { path: 7 });
  await client.close();
});
afterEach(() => world.remove());

function policy(text: string): string {
  const file = join(world.root, "other.yaml");
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function replay(file: string) {
  const { code, stdout, stderr } = await world.run(["policy", "replay", "--policy", file, "--json"]);
  const lines = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, stderr, changes: lines.map(({ tool, was, now, looser }) => ({ tool, was, now, looser })) };
}

test("recorded calls are decided as they were by the policy that was in force, and a call that never was decided is not decidable", async () => {
  expect(await replay(policy("version: 1\nextends: [local]\n"))).toMatchObject({
    code: 0,
    changes: [{ tool: "read_text_file", was: "deny", now: "not decidable", looser: false }],
    stderr: "7 calls, 0 looser, 0 stricter, 1 not decidable\n",
  });
});

test("a stricter policy lists what it would stop, and exits with 0", async () => {
  const { code, changes } = await replay(
    policy("version: 1\nextends: [local]\nrules: [{ id: docs, effect: deny, path: ['docs/**'], why: frozen }]\n"),
  );
  expect(code).toBe(0);
  expect(changes).toContainEqual({ tool: "write_file", was: "ask", now: "deny", looser: false });
  expect(changes).toContainEqual({ tool: "delete_path", was: "ask", now: "deny", looser: false });
});

test("a policy that lets more through exits with 1 and says which calls", async () => {
  const { code, changes } = await replay(
    policy("version: 1\nextends: [local]\nrules: [{ id: docs, effect: allow, op: [write], path: ['docs/**'], why: free }]\n"),
  );
  expect(code).toBe(1);
  expect(changes).toContainEqual({ tool: "write_file", was: "ask", now: "allow", looser: true });
});

test("another policy while the server runs is in force at the next look, and a broken one changes nothing", async () => {
  const file = policy("version: 1\nextends: [local]\n");
  const client = await connect("v2 SDK, 2025-11-25", world, { args: ["--policy", file] });
  const effect = async () =>
    (await client.call("explain_policy", { tool: "read_text_file", args: { path: "README.md" } })).structured?.effect;
  /** Asks until the answer is there; the test's own time limit ends it if it never comes. */
  const until = async (expected: string) => {
    while ((await effect()) !== expected);
  };
  try {
    expect(await effect()).toBe("allow");
    writeFileSync(file, "version: 1\nextends: [local]\nrules: [{ id: shut, effect: deny, op: [read], path: ['README.md'], why: shut }]\n");
    await until("deny");
    writeFileSync(file, "version: 1\nrulse: []\n");
    // The first replacement is one record of that kind, the rejected file is the second.
    const records = async () => (await world.run(["audit", "query", "--json"])).stdout.split('"kind":"policy"').length - 1;
    while ((await records()) < 2);
    expect(await effect()).toBe("deny");
    writeFileSync(file, "version: 1\nextends: [local]\n");
    await until("allow");
  } finally {
    await client.close();
  }
});
