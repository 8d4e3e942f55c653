import { expect, test } from "vitest";
import { normalize } from "../../src/sanitize/normalize.ts";

test.each([
  ["colours", "\x1b[1;31mred\x1b[0m", "red", 0],
  ["8-bit CSI", "\x9b31mred", "red", 0],
  ["cursor movement, the text before stays", "a\x1b[1A\x1b[2Kb", "ab", 8],
  ["a window title", "\x1b]0;pwned\x07text", "text", 10],
  ["a title ended by ST", "\x1b]0;pwned\x1b\\text", "text", 11],
  ["a clipboard write", "\x1b]52;c;Y3VybA==\x07", "", 16],
  ["a hyperlink, its text stays", "\x1b]8;;https://a.example\x07text\x1b]8;;\x07", "text", 29],
  ["a control string with lines in it", "\x1bPq#0\n#1\x1b\\x", "x", 10],
  ["a control string without end, to the end of the line", "\x1b]0;title\nnext", "\nnext", 9],
  ["8-bit OSC", "\x9d0;title\x07x", "x", 9],
  ["a cut CSI", "a\x1b[31", "a", 4],
  ["a character set", "\x1b(Bx\x1b7", "x", 5],
  ["a lone escape", "a\x1b", "a", 1],
  ["an escape made of two", "\x1b\x1b[31m[31mx", "[31mx", 1],
  ["bell, tab and line ends", "a\x07\tb\r\nc\n", "a\tb\r\nc\n", 1],
  ["form feed, vertical tab, NUL, DEL", "\f\va\0\x7f", "a", 4],
  ["a next-line control becomes a line end", "a\x85b", "a\nb", 1],
  ["a carriage return, both texts stay", "evil\rgood", "evil\ngood", 0],
  ["many carriage returns before a line end", "a\r\r\r\nb", "a\r\nb", 0],
  ["overstrikes of manuals", "N\bNA\bA_\bM", "NAM", 3],
  ["a longer overwrite, both texts stay", "evil\b\b\b\bgood", "evilgood", 4],
  ["zero width, word joiner, mark in the middle", "a\u200bb\u2060c\ufeffd", "abcd", 3],
  ["bidirectional overrides and isolates", "a\u202eb\u2066c\u2069", "abc", 3],
  ["tags", "a\u{e0069}\u{e0067}", "a", 2],
  ["a flag with tags nobody listed", "\u{1f3f4}\u{e0061}\u{e0062}\u{e007f}", "\u{1f3f4}", 3],
  ["variation selectors after letters", "k\ufe00e\ufe01y\ufe0f", "key", 3],
  ["bytes in variation selectors after an emoji", "\u{1f600}\u{e0169}\u{e0167}", "\u{1f600}", 2],
  ["Hangul fillers and soft hyphens", "a\u3164b\uffa0c\u115fd\u00ade\u034f", "abcde", 5],
  ["line and paragraph separators become line ends", "a\u2028b\u2029c", "a\nb\nc", 2],
  ["a joiner between Latin letters", "a\u200db\u200cc", "abc", 2],
  ["several joiners in a row between Arabic letters", "ن\u200c\u200cه", "نه", 2],
  ["a blank that Braille has, alone", "a\u2800b", "a b", 1],
  ["marks without end", `Z${"\u0300".repeat(50)}a`, `Z${"\u0300".repeat(8)}a`, 42],
  ["a lone surrogate", "a\ud800b", "a\ufffdb", 1],
])("takes out: %s", (_name, input, text, removed) => {
  const result = normalize(input, false);
  expect({ text: result.text, removed: result.removed }).toEqual({ text, removed });
});

test.each([
  ["tabs and both line ends", "tab\tand\nnew\r\n"],
  ["escapes that are spelled out", "\\x1b[31m \\u200b"],
  ["a family", "👨‍👩‍👧‍👦"],
  ["a flag of Wales", "\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}"],
  ["a rainbow flag and a key cap", "🏳️‍🌈 1️⃣ ©️ ❤️"],
  ["skin tone and profession", "👩🏽‍🚀"],
  ["Persian", "نمی‌خواهم"],
  ["Sinhala and Devanagari conjuncts", "ශ්‍රී क्‍ष"],
  ["Hebrew with a direction mark", "שלום\u200f!"],
  ["an ideographic variation", "葛\u{e0100}"],
  ["composed and decomposed", "café vs café"],
  ["Vietnamese and Thai marks", "Tiếng Việt ที่นี่"],
  ["a byte order mark at the beginning", "\ufeffimport x"],
  ["no-break and wide spaces", "a\u00a0b\u3000c"],
  ["Braille", "⠓⠑⠀⠇"],
])("leaves: %s", (_name, input) => {
  expect(normalize(input, false)).toEqual({ text: input, removed: 0, found: new Map() });
});

test("at strict nothing invisible is left, whatever it is good for", () => {
  expect(normalize("\ufeffنمی‌خواهم 👨‍👩‍👧 1️⃣ שלום\u200f", true).text).toBe("نمیخواهم 👨👩👧 1⃣ שלום");
});
