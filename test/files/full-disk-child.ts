/** Writes into a workspace where more than a few kilobytes fail, and prints what came of it. Started by full-disk.test.ts. */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDoor } from "../../src/files/door.ts";
import type { FileEyes, FileHands } from "../../src/types.ts";
import { GRANT_ALL, refusalOf } from "./world.ts";

const root = process.argv[2] ?? "";
const big = Buffer.alloc(64 * 1024, "x");
writeFileSync(join(root, "old.txt"), "old content");
writeFileSync(join(root, "linked.txt"), "linked content");
linkSync(join(root, "linked.txt"), join(root, "linked-too.txt"));

const door = openDoor({ workspaces: [root], random: (size) => randomBytes(size) });
const eyes = door.eyes(GRANT_ALL.signal);
const hands = eyes.hands(GRANT_ALL);

const attempts: Record<string, (eyes: FileEyes, hands: FileHands) => Promise<unknown>> = {
  overwrite: () => hands.write(eyes.find("old.txt"), big, { mode: "overwrite", durability: "power" }),
  append: () => hands.write(eyes.find("old.txt"), big, { mode: "append", durability: "process" }),
  inPlace: () => hands.write(eyes.find("linked.txt"), big, { mode: "overwrite", durability: "process" }),
  inPlaceAppend: () => hands.write(eyes.find("linked.txt"), big, { mode: "append", durability: "process" }),
  create: () => hands.write(eyes.find("n1/n2/new.txt"), big, { mode: "create", durability: "process" }),
  small: () => hands.write(eyes.find("small.txt"), Buffer.from("fits"), { mode: "create", durability: "power" }),
};
const outcomes: Record<string, unknown> = {};
for (const [name, attempt] of Object.entries(attempts)) {
  const outcome = await refusalOf(() => attempt(eyes, hands));
  outcomes[name] = "done" in outcome ? "done" : `${outcome.code}: ${outcome.reason}`;
}
const files = Object.fromEntries(readdirSync(root).map((name) => [name, readFileSync(join(root, name), "utf8")]));
console.log(JSON.stringify({ outcomes, files }));
