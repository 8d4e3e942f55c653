/** What a server finds of its own machine when it starts, in its log. */
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../e2e/clients.ts";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import { asOrdinaryUser } from "./made-up.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
  world.share();
});
afterEach(() => world.remove());

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly check?: string;
  readonly status?: string;
  readonly remedy?: string;
}

/** Serves until `until` stands in the lines on stderr, and gives them. */
async function serve(start: { before?: readonly string[]; args: readonly string[] }, until: string): Promise<readonly Line[]> {
  const file = join(world.root, "stderr");
  const stderr = openSync(file, "w");
  const lines = () => readFileSync(file, "utf8").split("\n").filter(Boolean);
  const client = await connect("v1 SDK", world, { ...start, stderr });
  try {
    await client.tools();
    await expect.poll(() => lines().join("\n"), { timeout: 20_000 }).toContain(until);
  } finally {
    await client.close();
    closeSync(stderr);
  }
  return lines().map((line) => JSON.parse(line) as Line);
}

function policy(text: string): string[] {
  const file = join(world.root, "policy.yaml");
  writeFileSync(file, `version: 1\nextends: [local]\n${text}\n`, { mode: 0o644 });
  return ["--policy", file];
}

test("what isn't well is one line each, with check, status and remedy; what is well is none", async () => {
  const args = policy("approvals: { mode: auto-approve }\nsandbox: { backend: off }\nsecrets: { TOKEN: { from: 'env:NOT_SET' } }");
  // The sandbox comes last.
  const lines = await serve({ before: asOrdinaryUser(world), args }, '"check":"sandbox"');
  const told = lines.filter(({ check }) => check !== undefined && check !== "container"); // whether this is one is not ours to say
  expect(told.map(({ level, check, status }) => [level, check, status])).toEqual([
    ["warn", "secrets", "warn"],
    ["warn", "risks", "warn"],
    ["warn", "sandbox", "warn"],
  ]);
  expect(told.map(({ msg, remedy }) => [msg, remedy])).toEqual([
    ["TOKEN (env): missing", expect.stringContaining("Set the variable")],
    [expect.stringContaining("any command runs unasked"), expect.stringContaining("Set approvals.mode to approve-writes.")],
    ["sandbox.backend is off: commands are not confined", "Set sandbox.backend to auto in the policy."],
  ]);
});

test("a log that can't be opened goes to stderr, says so, and stops nothing", async () => {
  const logs = join(world.root, "logs");
  const before = asOrdinaryUser(world);
  mkdirSync(logs);
  chmodSync(logs, 0o555);
  const lines = await serve({ before, args: ["--log-file", join(logs, "log")] }, '"check":"log"');
  expect(lines[0]).toMatchObject({ level: "warn", file: join(logs, "log"), msg: "the log file can't be opened: lines go to stderr" });
  expect(lines.find(({ check }) => check === "log")).toMatchObject({
    level: "warn",
    status: "warn",
    remedy: "Let the server's user write there, or name another file with --log-file.",
    msg: `the log ${join(logs, "log")} can't be written (EACCES)`,
  });
});

test("files of the state that others could read are closed at start, and that is said", async () => {
  mkdirSync(world.state, { mode: 0o700 });
  writeFileSync(join(world.state, "seal.key"), Buffer.alloc(32, 7));
  chmodSync(join(world.state, "seal.key"), 0o640);
  const lines = await serve({ args: [] }, "seal.key was open to others: its mode is 0600 now");
  expect(lines.find(({ msg }) => msg.startsWith("seal.key"))?.level).toBe("warn");
});
