import { describe, expect, test } from "vitest";
import { checkPathText, isPlain } from "../../src/files/path-text.ts";

describe("a path as Windows reads it", () => {
  test.each([
    ["a/b", true],
    ["a\\b", true],
    ["a\\..\\..\\b", false],
    ["..\\b", false],
    ["a\\", false],
    ["a\\.\\b", false],
    ["a\\...\\b", true],
  ])("%s is plain: %s", (path, expected) => {
    expect(isPlain(path, true)).toBe(expected);
  });

  test("elsewhere a backslash is a letter", () => {
    expect(isPlain("a\\..\\..\\b", false)).toBe(true);
  });

  test.each(["a.txt:stream", ".env::$DATA", "C:\\w\\.env:x", "D:a.txt", "a/b:c"])("%s is refused, for its colon", (path) => {
    expect(() => checkPathText(path, true)).toThrow(/colon/);
    expect(() => checkPathText(path, false)).not.toThrow();
  });

  test.each(["C:\\w\\a.txt", "c:/w/a.txt", "a.txt"])("%s is not", (path) => {
    expect(() => checkPathText(path, true)).not.toThrow();
  });
});
