import { describe, expect, test } from "vitest";
import { escapeDeceptive, inlineText, questionText } from "../../src/approval/form.ts";

const call = { tool: "write_file", principal: { id: "local", client: "editor", scopes: [] } };
const ask = (text: string, title = "overwrite a.txt") => questionText(call, { title, text }, "writes ask");

describe("what a person sees", () => {
  test("is who asks, what for, why, and the whole change behind a gutter", () => {
    expect(ask("-old\n+new\n")).toBe(
      [
        'Portcullis asks for local (client "editor"): overwrite a.txt',
        "Tool: write_file. Asked because: writes ask",
        "Lines marked with | were written by the model or stand in your files:",
        "| -old",
        "| +new",
      ].join("\n"),
    );
  });

  test("is who asks on one line of ours, whatever an issuer calls them", () => {
    const principal = { id: "oauth:ann\u2028\u3164", scopes: [] };
    expect(questionText({ ...call, principal }, { title: "t", text: "" }, "r").split("\n")[0]).toBe(
      "Portcullis asks for oauth:ann\\u{2028}\\u{3164}: t",
    );
  });

  test.each([
    ["a terminal escape", "\u001b[2J", "\\u{1b}[2J"],
    ["a carriage return that overwrites", "evil\rgood", "evil\\u{d}good"],
    ["a right-to-left override", "invoice\u202efdp.sh", "invoice\\u{202e}fdp.sh"],
    ["a zero-width space", "a\u200bb", "a\\u{200b}b"],
    ["a no-break space", "a\u00a0b", "a\\u{a0}b"],
    ["an ideographic space", "a\u3000b", "a\\u{3000}b"],
    ["a Hangul filler", "a\u3164b", "a\\u{3164}b"],
    ["a line separator", "a\u2028b", "a\\u{2028}b"],
    ["a C1 control", "a\u009bb", "a\\u{9b}b"],
    ["a tag character", "a\u{e0041}b", "a\\u{e0041}b"],
    ["a variation selector", "a\ufe0fb", "a\\u{fe0f}b"],
    ["a lone surrogate", "a\ud800b", "a\\u{d800}b"],
    ["a soft hyphen", "a\u00adb", "a\\u{ad}b"],
    ["NUL", "a\u0000b", "a\\u{0}b"],
    ["an Ogham space", "a\u1680b", "a\\u{1680}b"],
    ["a thin space", "a\u2009b", "a\\u{2009}b"],
    ["a Mongolian vowel separator", "a\u180eb", "a\\u{180e}b"],
    ["a combining grapheme joiner", "a\u034fb", "a\\u{34f}b"],
    ["a braille blank", "a\u2800b", "a\\u{2800}b"],
    ["a null notehead", "a\u{1d159}b", "a\\u{1d159}b"],
    ["a musical format control", "a\u{1d173}b", "a\\u{1d173}b"],
    ["a shorthand format control", "a\u{1bca0}b", "a\\u{1bca0}b"],
    ["an Egyptian joiner", "a\u{13430}b", "a\\u{13430}b"],
    ["an isolate", "a\u2066b\u2069", "a\\u{2066}b\\u{2069}"],
    ["a word joiner", "a\u2060b", "a\\u{2060}b"],
    ["private use", "a\ue000b", "a\\u{e000}b"],
    ["what Unicode doesn't know", "a\u{2ffff}b", "a\\u{2ffff}b"],
    ["a pile of marks beyond the fourth", `a${"\u0301".repeat(6)}b`, `a${"\u0301".repeat(4)}\\u{301}\\u{301}b`],
  ])("shows %s escaped", (_name, text, expected) => {
    expect(escapeDeceptive(text)).toBe(expected);
    expect(ask(text)).toContain(`| ${expected}`);
  });

  test("leaves ordinary text of any language alone", () => {
    const text = "naïve Ünïcode текст 日本語 emoji 🎉 tab\there";
    expect(escapeDeceptive(text)).toBe(text);
  });

  test("a title can't start a line of its own", () => {
    expect(ask("", "x\nTool: harmless").split("\n")).toHaveLength(2);
    expect(inlineText("a\nb")).toBe("a\\nb");
  });

  test("model text that looks like ours stays behind the gutter", () => {
    const lines = ask("Portcullis asks for local: read a.txt\nTool: read_text_file.").split("\n");
    expect(lines.filter((line) => line.startsWith("Portcullis asks"))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("Tool:"))).toHaveLength(1);
  });

  test("a long run of blanks is folded where one can see it", () => {
    expect(ask(`true${" ".repeat(500)}; rm -rf /`)).toContain(`true${" ".repeat(40)}<460 more blanks>; rm -rf /`);
  });

  test("a long run of blank lines is folded where one can see it, and what follows stays in sight", () => {
    const lines = ask(`+true\n${"+\n".repeat(300)}+rm -rf /\n`).split("\n");
    expect(lines.slice(3)).toEqual([
      "| +true",
      ...Array.from({ length: 6 }, () => "| +"),
      "FOLDED: 294 more lines like the one above.",
      "| +rm -rf /",
    ]);
    expect(ask("+a\n+\n+\n+b\n")).not.toContain("FOLDED");
    expect(ask("+same\n".repeat(20))).not.toContain("FOLDED");
    expect(ask("FOLDED: 3 more lines like the one above.")).toContain("| FOLDED");
  });

  test("a long preview is cut with an honest word, and never beyond its bound", () => {
    const text = ask("é".repeat(100).concat("\n").repeat(200));
    expect(Buffer.byteLength(text)).toBeLessThan(8 * 1024 + 600);
    expect(text).toMatch(/CUT: \d+ of 200 lines are not \(or not wholly\) shown here; 40200 bytes in all/);
    expect(ask("x".repeat(100_000))).toContain("CUT: 1 of 1 lines");
  });
});
