/**
 * Another process swaps a directory and a file for links outward while the door reads, writes, lists and searches: nothing from outside
 * may be told, nothing outside may change. The reference server, which checks a path and then opens it again, leaks under the same swapper.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FileEyes, FileHands } from "../../src/types.ts";
import { Refusal } from "../../src/types.ts";
import type { World } from "../files/world.ts";
import { makeWorld } from "../files/world.ts";

const OUTSIDE = "OUTSIDE content";
let world: World;
let swapper: ChildProcess;

beforeEach(async () => {
  world = makeWorld();
  for (const name of ["dir/file.txt", "file.txt"]) world.write(name, "INSIDE content");
  mkdirSync(join(world.out, "only-outside"));
  for (const name of ["file.txt", "only-outside/x.txt"]) writeFileSync(join(world.out, name), OUTSIDE);
  symlinkSync(world.out, join(world.root, "dir.link"));
  symlinkSync(join(world.out, "file.txt"), join(world.root, "file.link"));
  swapper = fork(join(import.meta.dirname, "race-swapper.js"), [world.root], { execArgv: [] });
  await once(swapper, "message");
});
afterEach(async () => {
  const gone = once(swapper, "exit");
  swapper.disconnect();
  await gone;
  world.close();
});

/** What became of many tries: told from inside, refused, or told from outside (which must never be). */
interface Tally {
  inside: number;
  refused: number;
  readonly outside: string[];
}

async function tries(count: number, work: (eyes: FileEyes, hands: FileHands, n: number) => Promise<string> | string): Promise<Tally> {
  const tally: Tally = { inside: 0, refused: 0, outside: [] };
  for (let n = 0; n < count; n++) {
    // Pauses let the other process get on where there is one core only.
    if (n % 50 === 0) await setImmediate();
    try {
      const told = await world.use((eyes, hands) => work(eyes, hands, n));
      if (told.includes("OUTSIDE") || told.includes("only-outside")) tally.outside.push(told);
      else tally.inside++;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tally.refused++;
    }
  }
  return tally;
}

/** Everything outside, to see that it is as it was. */
function outsideNow(): Record<string, string> {
  const files = readdirSync(world.out, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return Object.fromEntries(
    files.map((entry) => [
      join(entry.parentPath, entry.name).slice(world.out.length + 1),
      readFileSync(join(entry.parentPath, entry.name), "utf8"),
    ]),
  );
}

const PATHS = ["dir/file.txt", "file.txt"];
const path = (n: number) => PATHS[n % PATHS.length] ?? "";

describe("while another process swaps a directory and a file for links outward", () => {
  test.each<[string, number, (eyes: FileEyes, hands: FileHands, n: number) => Promise<string> | string]>([
    ["reads", 4000, (eyes, hands, n) => hands.read(eyes.find(path(n))).toString()],
    [
      "reads of what was found earlier",
      2000,
      async (eyes, hands, n) => {
        const found = eyes.find(path(n));
        await setImmediate();
        return hands.read(found).toString();
      },
    ],
    [
      "writes",
      2000,
      async (eyes, hands, n) => {
        await hands.write(eyes.find(n % 4 < 2 ? path(n) : `dir/new-${n % 16}.txt`), Buffer.from("INSIDE content"), {
          mode: "overwrite",
          durability: "process",
        });
        return "";
      },
    ],
    ["listings", 1000, (eyes, hands) => JSON.stringify(hands.list(eyes.find("dir"), { details: true }))],
    ["walks", 1000, async (eyes, hands) => JSON.stringify(await hands.walk(eyes.find("."), { maxEntries: 100 }))],
    [
      "name searches",
      500,
      async (eyes, hands) => JSON.stringify(await hands.searchNames(eyes.find("."), { pattern: "**/*.txt", maxResults: 100 })),
    ],
    [
      "content searches",
      60,
      async (eyes, hands, n) =>
        JSON.stringify(
          await hands.searchContent(eyes.find(n % 2 === 0 ? "." : "dir"), { pattern: "content", outputMode: "content", maxMatches: 100 }),
        ),
    ],
    [
      "copies and deletes",
      500,
      async (eyes, hands, n) => {
        const options = { durability: "process", recursive: true } as const;
        await hands.copy(eyes.find(n % 2 === 0 ? "dir" : "file.txt"), eyes.find(`copy-${n}`), options);
        const copy = eyes.find(`copy-${n}`);
        const told = copy.type === "file" ? hands.read(copy).toString() : JSON.stringify(hands.list(copy));
        await hands.remove(eyes.find(`copy-${n}`), options);
        return told;
      },
    ],
  ])("%s: nothing from outside, nothing outside changed", async (name, count, work) => {
    const before = outsideNow();
    const tally = await tries(count, work);
    expect(tally.outside).toEqual([]);
    expect(outsideNow()).toEqual(before);
    // Both happened, so the swaps did meet the calls; only walks and searches of the whole workspace are never refused.
    expect(tally.inside).toBeGreaterThan(0);
    if (!/^(walks|name|content)/.test(name)) expect(tally.refused).toBeGreaterThan(0);
  });

  test("control: the reference server, on the same swaps, tells what is outside", async () => {
    const main = join(
      dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-filesystem/package.json")),
      "dist/index.js",
    );
    const client = new Client({ name: "race", version: "1" });
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [main, world.root], stderr: "ignore" }));
    let leaked = 0;
    for (let round = 0; round < 200 && leaked === 0; round++) {
      const calls = Array.from({ length: 50 }, (_, n) =>
        client.callTool({ name: "read_text_file", arguments: { path: join(world.root, path(n)) } }),
      );
      for (const answer of await Promise.all(calls)) if (JSON.stringify(answer.content).includes(OUTSIDE)) leaked++;
    }
    await client.close();
    expect(leaked).toBeGreaterThan(0);
  });
});
