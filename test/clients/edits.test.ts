/** Edits on any file at all: what was meant is what the file says, and every form of it that we refuse is refused untouched. */
import {
  array,
  assert,
  boolean,
  constant,
  dictionary,
  integer,
  nat,
  oneof,
  option,
  property,
  record,
  string,
  stringMatching,
} from "fast-check";
import { parse as parseJsonc } from "jsonc-parser";
import { stringify as toToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { stringify as toYaml } from "yaml";
import { editEntry } from "../../src/clients/format.ts";
import type { Format } from "../../src/clients/format.ts";
import { json } from "../../src/clients/json.ts";
import { toml } from "../../src/clients/toml.ts";
import { yaml } from "../../src/clients/yaml.ts";

const ENTRY = { command: "/opt/node", args: ["cli.js", "serve"] };
const OTHER = { command: "/opt/node", args: ["cli.js", "serve", "--profile", "ci"] };
const SECTION = ["servers"];

describe("JSON", () => {
  test.each<[name: string, before: string, after: string]>([
    ["an empty object is opened", "{}", '{\n  "servers": {\n    "p": {"command":"x"}\n  }\n}'],
    ["one line stays one line", '{"servers":{"a":{}}}', '{"servers":{"a":{},"p":{"command":"x"}}}'],
    [
      "a comment stays with its member",
      '{\n  "servers": {\n    "a": {} // a\n  }\n}',
      '{\n  "servers": {\n    "a": {}, // a\n    "p": {"command":"x"}\n  }\n}',
    ],
    [
      "a trailing comma is followed by another",
      '{\n\t"servers": {\n\t\t"a": {}, // a\n\t\t// b\n\t},\n}',
      '{\n\t"servers": {\n\t\t"a": {}, // a\n\t\t// b\n\t\t"p": {"command":"x"},\n\t},\n}',
    ],
    ["a file of comments gets an object behind them", "// mine", '// mine\n{\n  "servers": {\n    "p": {"command":"x"}\n  }\n}\n'],
    [
      "a section with a comment alone",
      '{\n  "servers": {\n    // none yet\n  }\n}',
      '{\n  "servers": {\n    // none yet\n    "p": {"command":"x"}\n  }\n}',
    ],
  ])("%s", (_name, before, after) => {
    const text = editEntry(json, before, SECTION, "p", { command: "x" });
    expect(text.replace(/\{\s*"command": "x"\s*\}/, '{"command":"x"}')).toBe(after);
  });

  test.each([
    ["the only one, whose object closes", '{ "servers": {\n  "p": {}\n} }', '{ "servers": {} }'],
    ["the first", '{ "servers": { "p": {}, "a": {} } }', '{ "servers": { "a": {} } }'],
    ["the last, with the comma before", '{ "servers": { "a": {}, /* mine */ "p": {} } }', '{ "servers": { "a": {} /* mine */ } }'],
    ["one with a trailing comma", '{ "servers": { "a": {}, "p": {}, } }', '{ "servers": { "a": {}, } }'],
  ])("removes %s", (_name, before, after) => {
    expect(editEntry(json, before, SECTION, "p", undefined)).toBe(after);
  });
});

describe("TOML", () => {
  test.each([
    ["comments behind it stay", '[servers.p]\ncommand = "x"\n\n# next\n[a]\nb = 1\n', "\n# next\n[a]\nb = 1\n"],
    [
      "its tables below go as well",
      'a = 1\n\n[servers.p]\ncommand = "x"\n[servers.p.env]\nA = """\n[z]\n"""\n[servers.q]\nb = 1\n',
      "a = 1\n[servers.q]\nb = 1\n",
    ],
    ["an array of tables ends it", '[servers.p]\ncommand = "x"\n[[list]]\na = 1\n', "[[list]]\na = 1\n"],
  ])("removal: %s", (_name, before, after) => {
    expect(editEntry(toml, before, SECTION, "p", undefined)).toBe(after);
  });

  test.each([
    ["an inline table", "servers = { p = { command = 'x' } }\n"],
    ["dotted names", "servers.p.command = 'x'\n"],
  ])("%s is refused", (_name, text) => {
    expect(() => editEntry(toml, text, SECTION, "p", undefined)).toThrow(/can't be edited safely/);
  });
});

describe("YAML", () => {
  test.each([
    ["nothing behind the name", "servers: # none\na: 1\n", "servers: # none\n  p:\n    command: x\na: 1\n"],
    ["empty braces", "servers: {}\na: 1\n", "servers:\n  p:\n    command: x\na: 1\n"],
    ["braces", "servers: { a: {} }\n", 'servers: { a: {}, "p":{"command":"x"} }\n'],
    [
      "an indentation of its own",
      "servers:\n      a:\n         b: 1 # one\n\n# end\n",
      "servers:\n      a:\n         b: 1 # one\n      p:\n        command: x\n\n# end\n",
    ],
    ["the end of a file without newline", "servers:\n  a: 1", "servers:\n  a: 1\n  p:\n    command: x\n"],
  ])("%s", (_name, before, after) => {
    expect(editEntry(yaml, before, SECTION, "p", { command: "x" })).toBe(after);
  });

  test.each([
    ["two documents", "a: 1\n---\nb: 2\n", /this is not YAML/],
    ["an end that is marked", "a: 1\n...\n", /can't be edited safely/],
  ])("%s is refused", (_name, text, expected) => {
    expect(() => editEntry(yaml, text, SECTION, "p", ENTRY)).toThrow(expected);
  });
});

describe("any file", () => {
  const key = stringMatching(/^[a-z ".\\#:,]{1,6}$/).filter((name) => !["p", "servers"].includes(name.trim()));
  const leaf = oneof(string({ maxLength: 8 }), integer(), boolean(), constant("# {no} [comment] // \" '"));
  const tree = dictionary(key, oneof(leaf, array(leaf, { maxLength: 3 }), dictionary(key, leaf, { maxKeys: 3 })), {
    maxKeys: 4,
    noNullPrototype: true,
  });
  const file = record({
    rest: tree,
    servers: option(dictionary(key, tree, { maxKeys: 3, noNullPrototype: true }), { nil: undefined }),
  });

  test.each<[name: string, format: Format, write: (value: object, style: number) => string]>([
    ["JSON", json, (value, style) => JSON.stringify(value, null, ["", "  ", "\t", "    "][style % 4])],
    ["TOML", toml, (value) => toToml(value)],
    [
      "YAML",
      yaml,
      (value, style) =>
        Object.keys(value).length === 0 ? "" : toYaml(value, { indent: 2 + (style % 3), lineWidth: style % 2 === 0 ? 0 : 20 }),
    ],
  ])("%s: added, changed and removed, everything else says what it said", (_name, format, write) => {
    assert(
      property(file, nat(11), boolean(), ({ rest, servers }, style, crlf) => {
        const value = { ...rest, ...(servers === undefined ? {} : { servers }) };
        const text = write(value, style).replaceAll("\n", crlf && format === json ? "\r\n" : "\n");
        const added = editEntry(format, text, SECTION, "p", ENTRY);
        const changed = editEntry(format, added, SECTION, "p", OTHER);
        const removed = editEntry(format, changed, SECTION, "p", undefined, servers === undefined);
        const { servers: others = {}, ...kept } = plain(format.parse(text)) as { servers?: object };
        expect(plain(format.parse(changed))).toEqual({ ...kept, servers: { ...others, p: OTHER } });
        expect(plain(format.parse(removed))).toEqual(plain(format.parse(text)));
        if (format === json) expect(parseJsonc(added)).toEqual({ ...value, servers: { ...servers, p: ENTRY } });
      }),
      { numRuns: 150 },
    );
  });
});

/** Without prototypes of parsers; JSON.parse would misread names with escapes now and then (Node 24.21). */
function plain(value: unknown): unknown {
  return structuredClone(value);
}
