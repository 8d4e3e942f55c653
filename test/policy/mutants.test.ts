import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Parts } from "./engine-kit.ts";
import { PROPERTIES } from "./properties.ts";

/**
 * Mistakes planted in the engine, one at a time: the properties must find each. A mutant is the source of the engine with one text
 * replaced, in a directory of its own; the unchanged copy must pass, or the check would prove nothing.
 */
const MUTANTS: readonly { name: string; file: string; from: string; to: string }[] = [
  {
    name: "the last rule wins instead of the strictest",
    file: "verdict.ts",
    from: "word.yes = strictest(word.yes, counted)",
    to: "word.yes = counted; word.blames.length = 0",
  },
  {
    name: "the first blame decides",
    file: "verdict.ts",
    from: "strictest(worst, counted), undefined)",
    to: "worst ?? counted, undefined)",
  },
  { name: "a call is its loosest resource", file: "decide.ts", from: "strictest(worst, verdict.effect)", to: "worst ?? verdict.effect" },
  {
    name: "allow takes a maybe",
    file: "verdict.ts",
    from: "rule.allow && (match === MAYBE || !layer.trusted)",
    to: "rule.allow && !layer.trusted",
  },
  {
    name: "allow rules see unknown words",
    file: "match.ts",
    from: 'rule.allow && (seen.unknown || resource.kind === "opaque")',
    to: 'rule.allow && resource.kind === "opaque"',
  },
  {
    name: "opaque parts can be allowed",
    file: "verdict.ts",
    from: 'if (resource.kind === "opaque") blames.push',
    to: 'if (resource.kind === "opaque" && !spoken) blames.push',
  },
  {
    name: "a sealed layer that is silent says nothing",
    file: "verdict.ts",
    from: "else if (layer.sealed && !follows)",
    to: "else if (layer.sealed && follows)",
  },
  { name: "an untrusted layer's allow counts", file: "verdict.ts", from: "(match === MAYBE || !layer.trusted)", to: "match === MAYBE" },
  { name: "an untrusted layer's word replaces the default", file: "verdict.ts", from: "spoken ||= layer.trusted", to: "spoken = true" },
  { name: "a maybe-deny replaces the default", file: "verdict.ts", from: 'if (!maybe || ref.effect !== "deny") word.yes', to: "word.yes" },
  {
    name: "warn rules count",
    file: "verdict.ts",
    from: "if (rule.warn && !(engine.sealed && !rule.allow))",
    to: "if (rule.warn && engine.sealed)",
  },
  {
    name: "the floor of the approval mode is gone for paths that rules allow",
    file: "verdict.ts",
    from: 'if (atLeast.effect !== "allow") blames',
    to: 'if (atLeast.effect !== "allow" && !spoken) blames',
  },
  {
    name: "hazards need no cover",
    file: "verdict.ts",
    from: "resource.hazards.length > 0 && !isCovered(words)",
    to: "resource.hazards.length > 0 && spoken && !isCovered(words)",
  },
  {
    name: "a sealed layer's hazards are covered from below",
    file: "verdict.ts",
    from: "!layer.sealed || word.covers",
    to: "true || word.covers",
  },
  {
    name: "judging many paths forgets the floor of writes",
    file: "judge-paths.ts",
    from: "if (changes(op)) return longWay",
    to: 'if (op === "delete") return longWay',
  },
  {
    name: "the order of rules decides what is blamed",
    file: "verdict.ts",
    from: "blames.filter(({ counted }) => counted === effect)",
    to: "blames.slice(0, 1)",
  },
];

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "mutants-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(directory, "node_modules"));
writeFileSync(join(directory, "package.json"), '{ "type": "module" }');

async function mutate(number: number, change?: (typeof MUTANTS)[number]): Promise<Parts> {
  const home = join(directory, `m${number}`);
  mkdirSync(home);
  cpSync(join(source, "policy"), join(home, "policy"), { recursive: true });
  cpSync(join(source, "types.ts"), join(home, "types.ts"));
  cpSync(join(source, "types"), join(home, "types"), { recursive: true });
  if (change !== undefined) {
    const file = join(home, "policy", change.file);
    const text = readFileSync(file, "utf8");
    expect(text.split(change.from).length, `\`${change.from}\` stands once in ${change.file}`).toBe(2);
    writeFileSync(
      file,
      text.replace(change.from, () => change.to),
    );
  }
  const names = ["build-engine", "build-layer", "decide", "egress-list", "judge-paths", "rule"];
  const modules = (await Promise.all(names.map((name) => import(/* @vite-ignore */ join(home, "policy", `${name}.ts`))))) as object[];
  return Object.assign({}, ...modules) as Parts;
}

/** The first property that fails, with runs enough for rare meetings; a fixed seed keeps the outcome the same everywhere. */
function broken(parts: Parts, runs: number): string | undefined {
  const options = { numRuns: runs, seed: 20_261_120, endOnFailure: true };
  return PROPERTIES.find(({ check }) => (fc.check(check(parts), options) as fc.RunDetails<unknown>).failed)?.name;
}

describe("planted mistakes in the engine", () => {
  test("the unchanged copy holds every property", async () => {
    expect(broken(await mutate(0), 600)).toBeUndefined();
  });

  test.each(MUTANTS.map((mutant, index) => ({ ...mutant, index })))("caught: $name", async (mutant) => {
    expect(broken(await mutate(mutant.index + 1, mutant), 2000)).toBeDefined();
  });
});
