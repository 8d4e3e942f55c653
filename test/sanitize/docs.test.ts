import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FORMATS } from "./formats.ts";

test("docs/sanitizing.md has a row for every rule with documented formats", () => {
  const page = readFileSync(new URL("../../docs/sanitizing.md", import.meta.url), "utf8");
  expect(FORMATS.map(([rule]) => rule).filter((rule) => !page.includes(`\n| ${rule} |`))).toEqual([]);
});
