import { assert, constantFrom, integer, nat, property, string } from "fast-check";
import { expect, test } from "vitest";
import { cutPage } from "../../src/sanitize/page.ts";
import { createSanitizer } from "../../src/sanitize/sanitize.ts";

test("the pages put together are the text, whatever their length in characters and bytes, and no pair is cut", () => {
  assert(
    property(
      string({ unit: constantFrom("a", "\u{1f600}", "\u00e4"), maxLength: 40 }),
      integer({ min: 1, max: 7 }),
      integer({ min: 1, max: 9 }),
      nat(50),
      (text, length, bytes, far) => {
        let whole = "";
        for (let start = 0; start < text.length;) {
          const part = cutPage(text, start, length, bytes);
          expect(part.text.isWellFormed()).toBe(true);
          // One character is always shown, so that reading on ends.
          expect(part.text.length <= 2 || Buffer.byteLength(part.text) <= bytes).toBe(true);
          expect(part.end).toBeGreaterThan(start);
          whole += part.text;
          start = part.end;
        }
        expect(whole).toBe(text);
        const { length: total } = text;
        expect(cutPage(text, total + far, length, bytes)).toEqual({ text: "", start: total, end: total, total });
      },
    ),
  );
});

const sanitizer = createSanitizer({
  random: (size) => new Uint8Array(size),
  secrets: () => [{ name: "TOKEN", value: "correct-horse-battery" }],
});
const page = (text: string, start: number, length: number, cut = false) =>
  sanitizer.text(text, { level: "standard", source: { kind: "ours", name: "fetch" }, page: { start, length, cut } });

test("a secret that lies across a cut is taken out before the cut, and is the same one on every page", async () => {
  const text = `key correct-horse-battery, again correct-horse-battery`;
  const whole = "key [REDACTED:secret-TOKEN#1], again [REDACTED:secret-TOKEN#1]";
  const first = await page(text, 0, 20);
  const second = await page(text, 20, 100);
  expect([first.text, second.text]).toEqual([whole.slice(0, 20), whole.slice(20)]);
  expect(first.page).toEqual({ start: 0, end: 20, total: whole.length });
});

test("hidden characters can't carry half a secret across a cut", async () => {
  const split = "key correct-\u200bhorse-\u200bbattery";
  expect((await page(split, 0, 10)).text).toBe("key [REDAC\n[REMOVED 2 invisible characters]");
});

test("of a text that was cut before, the last word goes: it may be half a secret", async () => {
  expect((await page("a token correct-hor", 0, 100, true)).text).toBe("a token ");
});

test("a page is cut from the whole, however long that is", async () => {
  const text = `${"word ".repeat(100_000)}end`;
  const last = await sanitizer.text(text, {
    level: "standard",
    source: { kind: "ours", name: "fetch" },
    maxBytes: 1000,
    page: { start: 500_000, length: 5000, cut: false },
  });
  expect(last).toMatchObject({ text: "end", page: { start: 500_000, end: 500_003, total: 500_003 } });
});
