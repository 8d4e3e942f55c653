/** Attacks that bash really carries out, run for real with the sandbox off: none takes effect without a person, and each does when bash is simply given it. */
import { chmodSync, readdirSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./clients.ts";
import type { Connected } from "./clients.ts";
import { byRules, policyOf, rows } from "./shell-rows.ts";
import type { Row } from "./shell-rows.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

const ACCOUNT = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** A repository, and the hostile things that rows name. */
function layOut(world: World): void {
  const { workspace } = world;
  const put = (path: string, content: string, mode = 0o644): void => chmodSync(world.put(path, content), mode);
  put("a.txt", "a\nb\n");
  put("evil.sh", '#!/bin/sh\ntouch "$CANARY" PWNED\n', 0o755);
  put("evilbin/git", "#!/bin/sh\ntouch PWNED\n", 0o755);
  put("evil.gitconfig", "[core]\n\tfsmonitor = ./evil.sh\n");
  const git = (...argv: string[]): Buffer =>
    execFileSync("/usr/bin/git", argv, {
      cwd: workspace,
      env: { HOME: world.root, PATH: "/usr/bin" },
    });
  git("init", "-q");
  git("config", "user.name", "T");
  git("config", "user.email", "t@example.org");
  git("add", "a.txt");
  git("commit", "-qm", "first");
  git("commit", "-qm", "second", "--allow-empty");
  execFileSync("/bin/cp", ["-r", join(workspace, ".git"), join(workspace, "evil.git")]);
  execFileSync("/usr/bin/git", ["config", "-f", join(workspace, "evil.git/config"), "core.fsmonitor", "./evil.sh"]);
  world.share();
}

/** Some rows end in an escape sequence, which becomes part of the name. */
const took = (world: World): boolean => readdirSync(world.workspace).some((name) => /^(PWNED|CANARY)/.test(name));

function cleanUp(world: World): void {
  execFileSync("/bin/bash", ["-c", 'rm -rf "$1"/*PWNED* "$1/CANARY"', "bash", world.workspace]);
}

const verified = rows.filter((row) => row.verified === true);

describe.each(byRules(verified).map((group) => [group.map(({ id }) => id).join(" "), group] as const))("%s", (_ids, group) => {
  let world: World;
  let client: Connected;
  beforeAll(async () => {
    world = createWorld();
    layOut(world);
    const head = `sandbox: { backend: "off" }\nenv: { set: { CANARY: ${JSON.stringify(join(world.workspace, "CANARY"))} } }\n`;
    const policy = policyOf(world.root, [...(group[0]?.allow ?? []), "mkdir *"], head);
    client = await connect("v2 SDK, 2026-07-28", world, { args: ["--policy", policy] });
  });
  afterEach(() => cleanUp(world));
  afterAll(async () => {
    await client.close();
    world.remove();
  });

  test.each(group.map((row) => [row.id, row.input, row] as const))("%s %j", async (_id, _input, { input }: Row) => {
    const result = await client.call("run_command", { command: input, timeoutMs: 5000 });
    expect({ took: took(world), text: result.text }).toMatchObject({ took: false });
  });

  test("the control: what a rule allows takes effect", async () => {
    const result = await client.call("run_command", { command: "mkdir PWNED" });
    expect(result).toMatchObject({ isError: false, call: { sandbox: { backend: "off" } } });
    expect(took(world)).toBe(true);
  });
});

describe("the control: bash carries them out", () => {
  let world: World;
  beforeAll(() => {
    world = createWorld();
    layOut(world);
  });
  afterEach(() => cleanUp(world));
  afterAll(() => world.remove());

  test.each(verified.map((row) => [row.id, row.input, row] as const))("%s %j", async (_id, _input, { input }: Row) => {
    const env = { PATH: process.env["PATH"], HOME: world.workspace, CANARY: join(world.workspace, "CANARY"), LANG: "C.UTF-8" };
    spawnSync("/bin/bash", ["-c", input], { cwd: world.workspace, env, timeout: 5000, stdio: "ignore", ...ACCOUNT });
    // Some start it in the background.
    await expect.poll(() => took(world), { timeout: 3000, interval: 20 }).toBe(true);
  });
});
