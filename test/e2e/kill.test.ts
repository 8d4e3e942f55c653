import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createWorld, ENTRY } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
afterEach(() => world.remove());

const ROUNDS = 50;
const FILES = 8;
/** A content that shows whether it is whole: one number, on every line. */
const contentOf = (n: number) => `${n}\n`.repeat(20_000);

/** Starts a server, sends writes one behind the other and kills it with SIGKILL when `deadAfter` of them were answered: more are then under way. */
function writeUntilKilled(first: number, deadAfter: number, policy: string): Promise<void> {
  const child = spawn(process.execPath, [ENTRY, "serve", "--workspace", world.workspace, "--state", world.state, "--policy", policy], {
    env: world.env,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  child.stdin.on("error", () => undefined);
  send({
    id: "init",
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  });
  for (let n = first; n < first + 40; n += 1)
    send({ id: n, method: "tools/call", params: { name: "write_file", arguments: { path: `f${n % FILES}.txt`, content: contentOf(n) } } });
  let answered = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    answered += chunk.toString().split("\n").length - 1;
    if (answered > deadAfter) child.kill("SIGKILL");
  });
  return new Promise((resolve) => child.on("exit", () => resolve()));
}

test("kill -9 in a loop of writes: every file is old or new and never mixed, every effect has its intent, the record verifies", async () => {
  world = createWorld();
  const policy = join(world.root, "policy.yaml");
  writeFileSync(policy, "version: 1\nextends: [local]\napprovals: { mode: auto-approve }\n", { mode: 0o600 });
  for (let round = 0; round < ROUNDS; round += 1) {
    await writeUntilKilled(round * 40, randomInt(1, 25), policy);
    for (let file = 0; file < FILES; file += 1) {
      const path = join(world.workspace, `f${file}.txt`);
      if (!existsSync(path)) continue;
      const text = readFileSync(path, "utf8");
      const n = Number(text.slice(0, text.indexOf("\n")));
      expect(text === contentOf(n)).toBe(true);
    }
  }
  // A start closes what the dead processes left: open intents, and their temporary files.
  expect(await world.run(["serve", "--workspace", world.workspace, "--policy", policy])).toMatchObject({ code: 0 });
  expect(readdirSync(world.workspace).filter((name) => name.includes("portcullis"))).toEqual([]);
  expect(JSON.parse((await world.run(["audit", "verify", "--json"])).stdout)).toMatchObject({ ok: true });
  const records = (await world.run(["audit", "query", "--json", "--limit", "100000"])).stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string; callId?: string; summary?: string; status?: string });
  const intents = records.filter((record) => record.kind === "intent");
  const outcomes = records.filter((record) => record.kind === "outcome");
  expect(new Set(outcomes.map((record) => record.callId))).toEqual(new Set(intents.map((record) => record.callId)));
  expect(outcomes).toHaveLength(intents.length);
  expect(outcomes.filter((record) => record.status === "unknown").length).toBeGreaterThan(0);
  for (const name of readdirSync(world.workspace)) expect(intents.some((intent) => intent.summary?.includes(name))).toBe(true);
}, 180_000);
