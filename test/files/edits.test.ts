import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textWork } from "../../src/files/diff.ts";
import type { Edit } from "../../src/types.ts";
import { refusalOf } from "./world.ts";

const apply = (text: string, ...edits: readonly Edit[]) => textWork.applyEdits(text, edits).text;
const edit = (oldText: string, newText: string, replaceAll = false): Edit => ({ oldText, newText, replaceAll });

describe("applyEdits", () => {
  test.each<[string, string, readonly Edit[], string]>([
    ["replaces what occurs once", "a b c", [edit("b", "X")], "a X c"],
    ["applies edits one after another", "a b", [edit("a", "b2"), edit("b2 b", "done")], "done"],
    ["replaces all when told to", "x.x.x", [edit("x", "yy", true)], "yy.yy.yy"],
    ["takes no pattern: dollars and dots are themselves", "a.b $& a+b", [edit("a.b", "$&$1")], "$&$1 $& a+b"],
    ["meets CRLF with LF and keeps CRLF", "one\r\ntwo\r\nthree\r\n", [edit("one\ntwo", "1\n2\n2b")], "1\r\n2\r\n2b\r\nthree\r\n"],
    ["meets LF with CRLF and keeps LF", "one\ntwo\n", [edit("one\r\ntwo", "1\r\n2")], "1\n2\n"],
    ["gives a single line's new lines the file's end", "one\r\ntwo\r\n", [edit("two", "2\n3")], "one\r\n2\r\n3\r\n"],
    ["keeps mixed line ends where it doesn't edit", "a\r\nb\nc\r\nd\n", [edit("c", "C")], "a\r\nb\nC\r\nd\n"],
    ["keeps a byte order mark", "\ufeffone\r\ntwo", [edit("one", "1")], "\ufeff1\r\ntwo"],
    ["deletes", "a b c", [edit(" b", "")], "a c"],
    [
      "meets other indentation when there is no exact match",
      "  if (x) {\n    y();\n  }\n",
      [edit("if (x) {\n  y();\n}", "if (z) {\n  y();\n  w();\n}")],
      "  if (z) {\n    y();\n    w();\n  }\n",
    ],
    ["meets other indentation with CRLF", "\tone\r\n\ttwo\r\n", [edit("one\ntwo", "1\n2")], "\t1\r\n\t2\r\n"],
  ])("%s", (_name, text, edits, expected) => {
    expect(apply(text, ...edits)).toBe(expected);
  });

  test.each<[string, string, readonly Edit[], string]>([
    ["no edits", "a", [], "there are no edits"],
    ["empty old text", "a", [edit("", "b")], "edit 1: oldText is empty"],
    ["what is not there", "a", [edit("a", "b"), edit("a", "c")], "edit 2: oldText was not found"],
    ["what is there three times", "x x x", [edit("x", "y")], "edit 1: oldText was found 3 times"],
    ["lines that are there twice, once with CRLF", "a\nb\na\r\nb", [edit("a\nb", "c")], "edit 1: oldText was found 2 times"],
    [
      "what is there twice with other indentation",
      "  a\n  b\n    a\n    b\n",
      [edit("a\nb", "c")],
      "edit 1: oldText was found 2 times with other indentation",
    ],
    ["1,001 edits", "a", Array.from({ length: 1001 }, () => edit("a", "a")), "there are more than 1000 edits"],
  ])("refuses %s", async (_name, text, edits, reason) => {
    expect(await refusalOf(() => apply(text, ...edits))).toMatchObject({ code: "INVALID_INPUT", reason });
  });

  test("the regions it tells are all that changed", () => {
    const word = fc.constantFrom("a", "b", "c", "ab", "\n", "a\n", "\nb", "\r\n");
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 30 }),
        fc.array(fc.record({ oldText: word, newText: fc.oneof(word, fc.constant("")), replaceAll: fc.constant(true) }), {
          minLength: 1,
          maxLength: 4,
        }),
        (words, edits) => {
          const text = words.join("");
          let result: ReturnType<typeof textWork.applyEdits>;
          try {
            result = textWork.applyEdits(text, edits);
          } catch {
            return;
          }
          let rebuilt = "";
          let at = 0;
          let last = -1;
          for (const { start, end, newStart, newEnd } of result.regions) {
            expect(start).toBeGreaterThan(last);
            rebuilt += text.slice(at, start) + result.text.slice(newStart, newEnd);
            at = end;
            last = end;
          }
          expect(rebuilt + text.slice(at)).toBe(result.text);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("decode", () => {
  test("keeps the byte order mark", () => {
    expect(textWork.decode(Buffer.from("\ufeffa\r\n"))).toBe("\ufeffa\r\n");
  });

  test.each([
    ["a lone continuation byte", [0x61, 0x80]],
    ["a cut sequence", [0xe2, 0x82]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["UTF-16", [0xff, 0xfe, 0x61, 0x00]],
  ])("refuses %s", async (_name, bytes) => {
    expect(await refusalOf(() => textWork.decode(Uint8Array.from(bytes)))).toMatchObject({
      code: "INVALID_INPUT",
      reason: "the file is not valid UTF-8 text",
    });
  });
});
