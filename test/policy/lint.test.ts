import { expect, test } from "vitest";
import { rules } from "./support.ts";

const rows: [string, string[], string[]][] = [
  [
    "an allow that a deny covers",
    ["{ id: a, effect: allow, path: [x], why: w }", "{ id: d, effect: deny, path: ['**'], why: w }"],
    ['rule "a" can never have its way: "d" denies all it matches - drop or narrow one of them'],
  ],
  ["an allow beside a narrower deny", ["{ id: a, effect: allow, path: ['**'], why: w }", "{ id: d, effect: deny, path: [x], why: w }"], []],
  [
    "an allow under a deny with exceptions",
    ["{ id: a, effect: allow, path: [x], why: w }", "{ id: d, effect: deny, path: ['**'], except: [x], why: w }"],
    [],
  ],
  [
    "an allow under a deny of another operation",
    ["{ id: a, effect: allow, op: read, path: [x], why: w }", "{ id: d, effect: deny, op: write, path: ['**'], why: w }"],
    [],
  ],
  [
    "an allow under a deny that only warns",
    ["{ id: a, effect: allow, path: [x], why: w }", "{ id: d, effect: deny, path: ['**'], mode: warn, why: w }"],
    [],
  ],
  [
    "an allow under a deny of the tool",
    ["{ id: a, effect: allow, tool: fetch, net: { host: x.org }, why: w }", "{ id: d, effect: deny, tool: fetch, why: w }"],
    ['rule "a" can never have its way: "d" denies all it matches - drop or narrow one of them'],
  ],
  [
    "an allow of a host that is denied",
    ["{ id: a, effect: allow, net: { host: x.org }, why: w }", "{ id: d, effect: deny, net: { host: [x.org, y.org] }, why: w }"],
    ['rule "a" can never have its way: "d" denies all it matches - drop or narrow one of them'],
  ],
  [
    "a deny that another shadows",
    ["{ id: a, effect: deny, run: [x], why: w }", "{ id: d, effect: deny, run: [x, y], why: w }"],
    ['rule "a" is shadowed by the deny rule "d" - drop or narrow one of them'],
  ],
  [
    "the same deny twice is told once",
    ["{ id: a, effect: deny, run: [x], why: w }", "{ id: d, effect: deny, run: [x], why: w }"],
    ['rule "d" is shadowed by the deny rule "a" - drop or narrow one of them'],
  ],
  ["a rule without a reason", ["{ id: a, effect: allow, run: [x] }"], ['rule "a" gives no reason - add why']],
  [
    "a tool that is misspelt",
    ["{ id: a, effect: deny, tool: write_fil, why: w }"],
    ['no tool of ours is called "write_fil" - did you mean "write_file"?'],
  ],
  ["a tool that we can't know", ["{ id: a, effect: deny, tool: weather, why: w }"], []],
];

test.each(rows)("%s", (_name, list, messages) => {
  expect(rules(list).warnings.map(({ message }) => message)).toEqual(messages);
});

test("a finding has the line of its rule", () => {
  const [warning] = rules(["{ id: a, effect: allow, run: [x], why: w }", "{ id: b, effect: allow, run: [y] }"]).warnings;
  expect([warning?.line, warning?.col]).toEqual([5, 1]);
});
