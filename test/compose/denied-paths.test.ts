import { describe, expect, test } from "vitest";
import { deniedPaths } from "../../src/compose/denied-paths.ts";
import type { ReadCommand } from "../../src/types.ts";
import { policyOf, queryOf } from "./views.ts";

const policy = policyOf(
  'rules:\n  - { id: keys, effect: deny, op: read, path: ["**/*.key", "d/**"], why: a }\n  - { id: vendor, effect: deny, op: write, path: ["vendor/**"], why: b }\n  - { id: plain, effect: deny, tool: read_text_file, path: ["plain"], why: c }',
);
const view = { masked: ["/w/a.key", "/w/d", "/w/plain"], readOnly: ["/w/vendor", "/w/.git"] };
const command = (cwd: string): ReadCommand => ({ resources: [], text: "", cwd, reading: { verdict: "script", reason: "", commands: [] } });

function told(stderr: string, cwd = "/w"): string[] {
  const head = Buffer.from(stderr);
  const found = deniedPaths({ head, tail: Buffer.alloc(0), total: head.length }, view, {
    policy,
    query: queryOf(["/w"], [], { tool: "run_command", risk: "high" }),
    command: command(cwd),
    workspaces: ["/w"],
  });
  return found.map(({ path, op, rules }) => `${op} ${path} ${rules.join(" ")}`);
}

describe("what a command's own words say was denied", () => {
  test.each<[string, string, string[]]>([
    ["cat: a.key: Permission denied\n", "/w", ["read /w/a.key keys"]],
    ["cat: 'd/deep/x.txt': Permission denied", "/w", ["read /w/d/deep/x.txt keys"]],
    ["grep: /w/a.key: Permission denied\n", "/tmp", ["read /w/a.key keys"]],
    ["bash: line 1: ../a.key: Permission denied\n", "/w/src", ["read /w/a.key keys"]],
    ["touch: cannot touch 'vendor/x': Read-only file system", "/w", ["write /w/vendor/x vendor"]],
    ["Error: EACCES: permission denied, open 'a.key'", "/w", ["read /w/a.key keys"]],
    ["rm: cannot remove '.git': Device or resource busy", "/w", ["write /w/.git floor/exec-files"]],
    ["cat: plain: Permission denied", "/w", ["read /w/plain plain"]],
    ["cat: a.key: Permission denied\ncat: a.key: Permission denied\n", "/w", ["read /w/a.key keys"]],
    ["cat: a.key: No such file or directory", "/w", []],
    ["cat: other: Permission denied", "/w", []],
    ["/etc/shadow: Permission denied", "/w", []],
    ["a.keys: Permission denied", "/w", []],
    ["", "/w", []],
  ])("%j in %s", (stderr, cwd, expected) => {
    expect(told(stderr, cwd)).toEqual(expected);
  });

  test("is bounded", () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `cat: d/${index}: Permission denied`).join("\n");
    expect(told(lines)).toHaveLength(20);
  });
});
