/** Temporary directories of the sandbox end with the process that made them, also where it ends in the middle of a trial. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const SCRATCH = join(import.meta.dirname, "..", "..", "src", "sandbox", "scratch.ts");

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "portcullis-test-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

test.each([
  ["a process that ends by itself", "", []],
  ["process.exit in between", "process.exit(0);", []],
  ["one that was removed, one that wasn't", "first.remove(); process.exit(0);", []],
  ["a plain directory, for comparison", 'const { mkdtempSync } = await import("node:fs"); mkdtempSync(parent + "/plain-");', ["plain"]],
])("%s", (_name, then, left) => {
  const code = `const { makeScratch } = await import(${JSON.stringify(SCRATCH)});
    const parent = ${JSON.stringify(parent)};
    const first = makeScratch(parent, "one-"); makeScratch(parent, "two-"); ${then}`;
  execFileSync(process.execPath, ["--input-type=module", "-e", code]);
  expect(readdirSync(parent).map((name) => name.split("-")[0])).toEqual(left);
});
