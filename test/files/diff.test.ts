import { applyPatch } from "diff";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textWork } from "../../src/files/diff.ts";

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `line ${from + n}\n`).join("");

describe("diff", () => {
  test("shows a change with three lines of context", () => {
    const before = lines(1, 20);
    expect(textWork.diff("f.txt", before, before.replace("line 10\n", "ten\n"))).toBe(
      "--- f.txt\n+++ f.txt\n@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10\n+ten\n line 11\n line 12\n line 13\n",
    );
  });

  test.each<[string, string, string, string]>([
    ["nothing when nothing changed", "a\n", "a\n", ""],
    ["a new file", "", "a\nb\n", "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n"],
    ["an emptied file", "a\n", "", "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n"],
    ["a missing line end", "a\nb", "a\nb\n", "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"],
    ["a change of line ends", "a\r\nb\r\n", "a\nb\r\n", "--- f\n+++ f\n@@ -1,2 +1,2 @@\n-a\r\n+a\n b\r\n"],
    [
      "two changes near each other as one hunk",
      "1\n2\n3\n4\n5\n",
      "x\n2\n3\n4\ny\n",
      "--- f\n+++ f\n@@ -1,5 +1,5 @@\n-1\n+x\n 2\n 3\n 4\n-5\n+y\n",
    ],
  ])("shows %s", (_name, before, after, expected) => {
    expect(textWork.diff("f", before, after)).toBe(expected);
  });

  test("two changes far apart are two hunks, with regions and without", () => {
    const before = lines(1, 40);
    const { text, regions } = textWork.applyEdits(before, [
      { oldText: "line 35\n", newText: "" },
      { oldText: "line 5\n", newText: "five\nfive and a half\n" },
    ]);
    const expected =
      "--- f\n+++ f\n@@ -2,7 +2,8 @@\n line 2\n line 3\n line 4\n-line 5\n+five\n+five and a half\n line 6\n line 7\n line 8\n" +
      "@@ -32,7 +33,6 @@\n line 32\n line 33\n line 34\n-line 35\n line 36\n line 37\n line 38\n";
    expect(textWork.diff("f", before, text, regions)).toBe(expected);
    expect(textWork.diff("f", before, text)).toBe(expected);
  });

  test("applied to the old text it gives the new one, with regions and without", () => {
    const word = fc.constantFrom("a", "b", "c", "\n", "a\n", "b\n", "b\n");
    const text = fc.array(word, { maxLength: 60 }).map((words) => words.join(""));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = textWork.diff("f", before, after);
        expect(diff === "" ? before : applyPatch(before, diff)).toBe(after);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(
        text,
        fc.array(fc.record({ oldText: word, newText: fc.oneof(word, fc.constant("")), replaceAll: fc.constant(true) }), {
          minLength: 1,
          maxLength: 4,
        }),
        (before, edits) => {
          let edited: ReturnType<typeof textWork.applyEdits>;
          try {
            edited = textWork.applyEdits(before, edits);
          } catch {
            return;
          }
          const diff = textWork.diff("f", before, edited.text, edited.regions);
          expect(diff === "" ? before : applyPatch(before, diff)).toBe(edited.text);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each<[string, () => string]>([
    [
      "an edit of 40 KB",
      () => {
        const before = lines(1, 4000);
        const { text, regions } = textWork.applyEdits(before, [{ oldText: "line 2000\n", newText: "x\n" }]);
        return textWork.diff("f", before, text, regions);
      },
    ],
    [
      "a name replaced 20,000 times",
      () => {
        const before = lines(1, 20_000);
        const { text, regions } = textWork.applyEdits(before, [{ oldText: "line", newText: "row", replaceAll: true }]);
        return textWork.diff("f", before, text, regions);
      },
    ],
    ["a file of 20,000 lines written anew", () => textWork.diff("f", lines(1, 20_000), lines(30_001, 50_000))],
    ["a megabyte in one line", () => textWork.diff("f", "a".repeat(1_000_000), `${"a".repeat(500_000)}b`)],
  ])("%s is quick", (_name, work) => {
    const started = performance.now();
    expect(work().length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(1500);
  });
});
