import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { judge } from "./decide.ts";

interface Row {
  readonly id: string;
  readonly area: string;
  readonly input: string;
  readonly expect: string;
  readonly why: string;
  readonly allow: readonly string[];
  readonly setup?: string;
}

const rows = readFileSync(new URL("../cases/shell.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Row)
  .map((row) => ({ ...row, input: row.input.replace(/[\u27e6\u27e7]/g, "") }));

/** What its own words can't tell: a hostile .git/config is the sandbox's (git runs with fsmonitor, hooks and filters off). */
const NOT_IN_THE_WORDS = new Set(["sh-284"]);

describe("the corpus: no attack is allowed by the rules in force", () => {
  test.each(rows.filter((row) => row.expect === "deny").map((row) => [row.id, row.why, row] as const))("%s %s", (id, _why, row) => {
    const { effect } = judge(row.input, row.allow);
    if (NOT_IN_THE_WORDS.has(id)) expect(row.setup).toBeDefined();
    else expect(effect).not.toBe("allow");
  });
});

test("the corpus: every common command of an agent is allowed", () => {
  const benign = rows.filter((row) => row.expect === "allow");
  const held = benign.filter((row) => judge(row.input, row.allow).effect !== "allow").map((row) => row.input);
  expect(benign.length).toBeGreaterThan(50);
  expect(held).toEqual([]);
});
