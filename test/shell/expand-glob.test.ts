import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expandGlob } from "../../src/shell/expand-glob.ts";
import type { ListNames } from "../../src/shell/expand-glob.ts";

let root: string;
const FILES = [
  "a.txt",
  "b.txt",
  "B.md",
  ".hidden",
  ".env",
  "-n",
  "with blank",
  "[x]",
  "a*b",
  "src/app.ts",
  "src/deep/x.ts",
  "src/.dot/y.ts",
  "lib/app.ts",
  "é.txt",
];
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "portcullis-glob-"));
  for (const name of FILES) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), "");
  }
  symlinkSync("src", join(root, "link"));
});
afterAll(() => rmSync(root, { recursive: true }));

const list: ListNames = (directory) => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, type: entry.isDirectory() ? "directory" : entry.isSymbolicLink() ? "link" : "file" }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
};

/** What bash makes of it, without any option set. */
function bash(pattern: string): string[] {
  const script = `shopt -s nullglob; export LC_ALL=C.UTF-8; for x in ${pattern}; do printf '%s\\0' "$x"; done`;
  const told = execFileSync("/bin/bash", ["--noprofile", "--norc", "-c", script], { cwd: root, encoding: "utf8", env: {} });
  return told.split("\0").slice(0, -1).sort();
}

const sorted = (names: readonly string[] | null) => (names === null ? null : [...names].sort());

describe("as bash does it", () => {
  test.each<[string, readonly string[] | null]>([
    ["*", ["-n", "B.md", "[x]", "a*b", "a.txt", "b.txt", "lib", "link", "src", "with blank", "é.txt"]],
    ["*.txt", ["a.txt", "b.txt", "é.txt"]],
    ["?.txt", ["a.txt", "b.txt", "é.txt"]],
    ["[ab].txt", ["a.txt", "b.txt"]],
    ["[!a].txt", ["b.txt", "é.txt"]],
    ["[a-b]*", ["a*b", "a.txt", "b.txt"]],
    [".*", [".env", ".hidden"]],
    ["*/*.ts", ["lib/app.ts", "link/app.ts", "src/app.ts"]],
    ["src/**/*.ts", ["src/deep/x.ts"]],
    ["*/app.ts", ["lib/app.ts", "link/app.ts", "src/app.ts"]],
    ["./*.md", ["./B.md"]],
    ["src/../*.md", ["src/../B.md"]],
    ["s*/", ["src/"]],
    ["nothing*", []],
    ["nowhere/*", []],
    ["\\[x*", ["[x]"]],
    ["a\\*?", ["a*b"]],
    ["[]x]*", []],
    ["[x", []],
    ["[[:alpha:]].txt", null],
  ])("%s", (pattern, expected) => {
    expect(sorted(expandGlob(pattern, root, list))).toEqual(expected === null ? null : [...expected].sort());
    if (expected !== null && !pattern.includes("[x")) expect(bash(pattern)).toEqual([...expected].sort());
  });

  test("with an absolute pattern", () => {
    expect(expandGlob(`${root}/*.md`, "/", list)).toEqual([`${root}/B.md`]);
  });

  test("whatever is put together from its parts", () => {
    const part = fc.constantFrom("*", "?", "a", "b", ".", "/", "src", "[ab]", "[!a]", "[a-z]", "\\*", "**", "t", "-", "e");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const pattern = parts.join("");
        fc.pre(/[*?[]/.test(pattern.replaceAll(/\\./g, "")) && !pattern.startsWith("/") && !pattern.includes("//"));
        expect({ pattern, names: sorted(expandGlob(pattern, root, list)) }).toEqual({ pattern, names: bash(pattern) });
      }),
      { numRuns: 300, seed: 4711 },
    );
  }, 60_000);
});

describe("what can't be said", () => {
  const many =
    (count: number): ListNames =>
    () =>
      Array.from({ length: count }, (_, index) => ({ name: `f${index}`, type: "file" }));

  test.each<[string, ListNames, string]>([
    ["more than 1,000 names", many(1001), "*"],
    ["a directory that may not be told", () => null, "*"],
    ["a name with a newline", () => [{ name: "a\nb", type: "file" }], "a*"],
    ["a name that is no text", () => [{ name: "a\ufffd", type: "file" }], "a*"],
    ["a link that leads elsewhere", (directory) => (directory.endsWith("out") ? null : [{ name: "out", type: "link" }]), "*/x"],
  ])("%s", (_name, names, pattern) => {
    expect(expandGlob(pattern, "/w", names)).toBeNull();
  });

  test("many stars cost no more than one", () => {
    const names: ListNames = () => [{ name: "a".repeat(250), type: "file" }];
    const from = performance.now();
    expect(expandGlob(`${"*a".repeat(100)}*b`, "/w", names)).toEqual([]);
    expect(performance.now() - from).toBeLessThan(100);
  });
});
