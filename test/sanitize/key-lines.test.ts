/** Private keys whose lines have something before them, as in the answers of a search and in logs. */
import { describe, expect, test } from "vitest";
import { createSanitizer } from "../../src/sanitize/sanitize.ts";
import { createRandom, fill } from "./formats.ts";

const random = createRandom(77);
const body = Array.from({ length: 4 }, () => fill("{A:64}", random)).concat(fill("{A:10}==", random));
const key = ["-----BEGIN PRIVATE KEY-----", ...body, "-----END PRIVATE KEY-----"];
const sanitizer = createSanitizer({ random: (bytes) => new Uint8Array(bytes), secrets: () => [] });
const clean = async (lines: readonly string[]) =>
  (await sanitizer.text(lines.join("\n"), { level: "standard", source: { kind: "workspace", name: "search_content" } })).text;

const PREFIXES: readonly [string, (line: string, at: number) => string][] = [
  ["the path and number of a hit", (line, at) => `/w/all.txt:${at + 1}:${line}`],
  ["the path and number of a line around a hit", (line, at) => `/w/all.txt-${at + 1}-${line}`],
  ["a line number", (line, at) => `    ${at + 1}\t${line}`],
  ["a log's time and name", (line, at) => `2026-01-01T00:00:0${at} app | ${line}`],
];

describe.each(PREFIXES)("with %s", (_name, prefixed) => {
  const lines = key.map(prefixed);

  test.each<[string, number, number]>([
    ["whole", 0, key.length],
    ["without its end", 0, 3],
    ["without its beginning", 2, key.length],
  ])("a key is hidden %s, and what stands around it stays", async (_cut, from, to) => {
    const shown = await clean(["const before = 1;", ...lines.slice(from, to), "const after = 2;"]);
    expect(body.filter((line) => shown.includes(line))).toEqual([]);
    expect(shown).toMatch(/^const before = 1;\n[^]*\[REDACTED:private-key#1\]\nconst after = 2;$/);
  });

  test("a label alone is no key", async () => {
    const mentions = [prefixed(key[0] ?? "", 0), "const after = 2;", prefixed(key.at(-1) ?? "", 5)];
    expect(await clean(mentions)).toBe(mentions.join("\n"));
  });
});
