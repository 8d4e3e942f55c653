/**
 * Response time does not tell keys apart. What is measured is the time this process takes, in short batches of every kind of wrong key, in random order,
 * and compared by rank: first of the look-up alone, where the smallest difference would show, then of `authenticate`, which reads the table anew each time. The control is a look-up as it is often written: known prefix first, characters until the first that differs, and no
 * comparison for what is revoked. Its first test is that the same kind under two names is not told apart either.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NOW, openHall } from "./world.ts";
import type { Hall } from "./world.ts";
import { rankDeviate, seeded, shuffle } from "./rank.ts";

/** Wrong keys by what is wrong with them. The last two are the same kind under two names: they say what the machine's noise is worth. */
const KINDS = [
  "right but for the last character",
  "right in its first half",
  "wholly wrong",
  "revoked",
  "expired",
  "never there",
  "never there again",
];
const STORED = 20;
/** Calls of one batch: fewer than the limiter takes from one address. */
const BATCH = 9;
/**
 * Deviates beyond this come by chance once in 500 million comparisons. On a machine under heavy load twelve runs gave at most 2.8 for our keys, and twenty at
 * least 12.5 for where a key of the control begins to differ.
 */
const CHANCE = 6;

type Check = (header: string, from: string) => unknown;

let hall: Hall;
let stored: { secret: string; state: "good" | "revoked" | "expired" }[];
let wrong: ReadonlyMap<string, () => string>;

/** A string of its own, flat in memory: how it was put together must not show in the time that reading it takes. */
const flat = (text: string): string => Buffer.from(text, "latin1").toString("latin1");
const randomKey = () => `pc_${randomBytes(32).toString("base64url")}`;
const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

beforeAll(() => {
  hall = openHall();
  stored = Array.from({ length: STORED }, (_, n) => {
    const state = n % 4 === 2 ? "revoked" : n % 4 === 3 ? "expired" : "good";
    const secret = hall.keys.create({ name: `k${n}`, scopes: [], ...(state === "expired" ? { expiresAt: NOW - 1 } : {}) }, NOW) ?? "";
    if (state === "revoked") hall.keys.revoke(`k${n}`, NOW);
    return { secret, state };
  });
  const of = (state: string) => pick(stored.filter((key) => key.state === state)).secret;
  wrong = new Map([
    ["right but for the last character", () => of("good").replace(/.$/, (last) => (last === "A" ? "B" : "A"))],
    ["right in its first half", () => of("good").slice(0, 24) + randomKey().slice(24)],
    ["wholly wrong", () => randomBytes(35).toString("base64url").slice(0, 46)],
    ["revoked", () => of("revoked")],
    ["expired", () => of("expired")],
    ["never there", randomKey],
    ["never there again", randomKey],
  ]);
});
afterAll(() => hall.close());

/** Times of batches by kind, in nanoseconds. */
async function measure(rounds: number, check: Check, seed: number): Promise<ReadonlyMap<string, number[]>> {
  const random = seeded(seed);
  const times = new Map(KINDS.map((kind) => [kind, [] as number[]]));
  let turn = 0;
  for (let round = -30; round < rounds; round += 1) {
    for (const kind of shuffle(KINDS, random)) {
      const secrets = Array.from({ length: BATCH }, () => flat(`Bearer ${wrong.get(kind)?.()}`));
      turn += 1;
      const from = flat(`10.${100 + (turn >> 14)}.${100 + ((turn >> 7) & 127)}.${100 + (turn & 127)}`);
      const began = process.hrtime.bigint();
      for (const secret of secrets) await check(secret, from);
      const took = Number(process.hrtime.bigint() - began);
      // The first rounds warm the code up.
      if (round >= 0) times.get(kind)?.push(took);
    }
  }
  return times;
}

/** How far each kind lies from keys that never were. */
function deviates(times: ReadonlyMap<string, number[]>): Record<string, number> {
  const base = times.get("never there") ?? [];
  return Object.fromEntries(KINDS.filter((kind) => kind !== "never there").map((kind) => [kind, rankDeviate(times.get(kind) ?? [], base)]));
}

/** The control: leaks where a key begins to differ, and whether it was revoked. */
const leaky: Check = (header) => {
  const secret = header.slice("Bearer ".length);
  for (const { secret: right, state } of stored) {
    if (state !== "good") continue;
    let same = 0;
    while (same < right.length && secret.charCodeAt(same) === right.charCodeAt(same)) same += 1;
    if (same === right.length) return right;
  }
  return undefined;
};

describe("response time", () => {
  test("of the look-up does not tell wrong keys apart", async () => {
    const table = hall.keys.read();
    expectAlike(deviates(await measure(500, (header) => table.find(header.slice("Bearer ".length), NOW), 1)));
  });

  test("of the whole does not either", async () => {
    expectAlike(deviates(await measure(150, (header, from) => hall.authenticate(header, from), 2)));
  });

  test("would tell where a key begins to differ, if it did (control)", async () => {
    const found = deviates(await measure(500, leaky, 3));
    expect(Math.abs(found["never there again"] ?? Infinity)).toBeLessThan(CHANCE);
    expect(found["right but for the last character"]).toBeGreaterThan(CHANCE);
    expect(found["right in its first half"]).toBeGreaterThan(CHANCE);
    expect(found["wholly wrong"]).toBeLessThan(-CHANCE);
  });
});

function expectAlike(found: Readonly<Record<string, number>>): void {
  for (const [kind, deviate] of Object.entries(found)) expect(Math.abs(deviate), kind).toBeLessThan(CHANCE);
}
