/** docs/threat-model.md: every guard names tests, and they are there. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPage } from "./page.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PAGE = readPage("threat-model.md");
const GUARDS = [...(/## The guards\n([^]*?)\n## /.exec(PAGE)?.[1] ?? "").matchAll(/^\| ([^|]+) \|.*\| ([^|]+) \|$/gm)]
  .map(([, guard = "", tests = ""]) => ({ guard, tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path) }))
  .filter(({ guard }) => guard !== "guard" && !guard.startsWith("---"));

test.each(GUARDS)("$guard is held by tests that exist", ({ tests }) => {
  expect(tests.length).toBeGreaterThan(0);
  expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test("every file and folder of tests that the page names is there", () => {
  const named = [...PAGE.matchAll(/`(test\/[^`*]+)`/g)].map(([, path = ""]) => path);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
