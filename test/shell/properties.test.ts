import * as fc from "fast-check";
import { expect, test } from "vitest";
import { analyse } from "../../src/shell/analyse.ts";
import { EFFECTS } from "../../src/types.ts";
import type { Effect } from "../../src/types.ts";
import { judge, where } from "./decide.ts";
import { mutations } from "./mutate.ts";

const runs = { numRuns: 2_000, seed: 20_261_120 };

/** The ways of bash to write a stretch of text that stays what it is. */
const QUOTES: readonly ((text: string) => string)[] = [
  (text) => `'${text.replaceAll("'", "'\\''")}'`,
  (text) => `"${text.replace(/[$`"\\]/g, "\\$&")}"`,
  (text) => text.replace(/[^]/g, "\\$&"),
  (text) => `$'${text.replace(/[\\']/g, "\\$&")}'`,
  (text) =>
    `${text.slice(0, 1) === "" ? "''" : ""}'${text.slice(0, 1).replace("'", "'\\''")}'"${text.slice(1).replace(/[$`"\\]/g, "\\$&")}"`,
  (text) => (/^[A-Za-z0-9_./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`),
];

const CHARACTERS = "ab-./ =~*?[]{},;&|<>$`'\"\\#!()%:@é".split("");

const program = fc.constantFrom("cat", "git", "ls", "grep", "rm", "sed", "find", "timeout", "env", "frobnicate", "npm", "sort", "echo");
const word = fc.oneof(
  fc.constantFrom(
    "-n",
    "-o",
    "--output=x",
    "diff",
    "status",
    "a",
    ".env",
    "../x",
    "/etc/passwd",
    "-c",
    "5",
    "s/a/b/w x",
    "--",
    "-",
    "{}",
    ";",
    "id",
    "X=1",
    "~/x",
    "*.ts",
    "a b",
    "$x",
    "`id`",
  ),
  fc.string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 8 }),
);

test("quoting a literal word in any of bash's ways changes nothing", () => {
  fc.assert(
    fc.property(
      program,
      fc.array(fc.tuple(word, fc.nat({ max: QUOTES.length - 1 })), { maxLength: 5 }),
      fc.nat({ max: QUOTES.length - 1 }),
      (name, words, style) => {
        const plain = [name, ...words.map(([text]) => QUOTES[0]?.(text) ?? "")].join(" ");
        const other = [QUOTES[style]?.(name) ?? "", ...words.map(([text, way]) => QUOTES[way]?.(text) ?? "")].join(" ");
        expect({ ...analyse(other, where), text: "" }).toEqual({ ...analyse(plain, where), text: "" });
      },
    ),
    runs,
  );
});

test("an argv means what its quoted words mean", () => {
  fc.assert(
    fc.property(program, fc.array(word, { maxLength: 5 }), (name, words) => {
      const argv = [name, ...words];
      const text = argv.map((part) => QUOTES[0]?.(part) ?? "").join(" ");
      expect(analyse(argv, where)).toEqual({ ...analyse(text, where), text });
    }),
    runs,
  );
});

const RULES = ["git *", "ls *", "cat *", "grep *", "echo *", "find *", "env *", "xargs *", "cd *", "sort *"];
const rank = (effect: Effect): number => EFFECTS.indexOf(effect);

test("adding a command never loosens", () => {
  for (const text of mutations(3_000, 7)) {
    const { analysis, effect } = judge(text, RULES);
    if (analysis.verdict === "refused") continue;
    for (const more of ["; deny-me", "\ndeny-me", " && ls", "; ls"])
      expect(rank(judge(text + more, RULES).effect), text + more).toBeGreaterThanOrEqual(rank(effect));
    expect(rank(judge(`ls; ${text}`, RULES).effect), text).toBeGreaterThanOrEqual(rank(effect));
  }
});

test("whatever the text, there is an answer, the same each time, and nothing unknown is simple", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(...CHARACTERS, "\n", "\t", "0", "1", "EOF", "$(", "<<", "sh -c ", "find . -exec ", "xargs "),
        maxLength: 60,
      }),
      (text) => {
        const first = analyse(text, where);
        expect(analyse(text, where)).toEqual(first);
        if (first.verdict !== "simple")
          expect(first.resources.some((resource) => resource.kind === "opaque" && resource.script)).toBe(true);
      },
    ),
    runs,
  );
});

test("hostile shapes of 10,000 characters stay within bounds", () => {
  const shapes =
    "$( |$(a |`|(|{|${a:-|\"$(|$((|<<A |\\\n|[[ |! |a;|a&&|a |'a' |x=1 |>a |*|a~|[|{a,|#\n|~/|$'\\x41'|if |case x in a) |f() { |<(|git -|-a|find . -exec |env |timeout 1 |sh -c |awk 'a{|é|$?|find a a -print0 |sed '|awk '/\"|curl [|a/../|ls --a ";
  for (const shape of shapes.split("|")) {
    for (const tail of ["", "'", "\nA\n", ")".repeat(50)]) {
      const text = shape.repeat(Math.ceil(10_000 / shape.length)).slice(0, 10_000 - tail.length) + tail;
      let looks = 0;
      const eyes = { ...where.eyes, resolve: (path: string, base: string) => (looks++, where.eyes.resolve(path, base)) };
      const { resources, commands } = analyse(text, { ...where, eyes });
      expect(looks, shape).toBeLessThan(10_000);
      expect(resources.length + commands.length, shape).toBeLessThan(10_000);
    }
  }
});
