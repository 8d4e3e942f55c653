import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadPolicy } from "../../src/policy/load.ts";
import { formatProblem, PolicyError } from "../../src/policy/problems.ts";
import { eyes, load, path, policyFile, query, SOURCES } from "./support.ts";

/** One mistake a file; its first lines say the exact message: `# expect: line:col: message`. */
const folder = fileURLToPath(new URL("broken/", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

function problemsOf(file: string, more: Partial<typeof SOURCES> = {}): string[] {
  try {
    loadPolicy({ ...SOURCES, haveSecret: () => false, files: [file], ...more });
    return ["loaded"];
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return error.problems.map(formatProblem);
  }
}

describe("broken policies", () => {
  test.each(files)("%s", (name) => {
    const file = join(folder, name);
    const expected = [...readFileSync(file, "utf8").matchAll(/^# expect: (.*)$/gm)].map((line) => `${file}:${line[1] ?? ""}`);
    const found = problemsOf(file).map((problem) =>
      name.startsWith("circle") ? problem.replace(/circle-[ab]\.yaml:/, `${name}:`) : problem,
    );
    expect(found).toEqual(expected);
  });

  test("there are forty or more, and each names its mend", () => {
    expect(files.length).toBeGreaterThanOrEqual(40);
    for (const name of files) expect(readFileSync(join(folder, name), "utf8")).toMatch(/^# expect: \d+:\d+: [^A-Z].*(?: - |must )/);
  });

  const rows: [string, string | Buffer, number, string][] = [
    ["empty", "", 0o644, "is empty - start with `version: 1`"],
    ["of comments only", "# nothing\n", 0o644, "is empty - start with `version: 1`"],
    [
      "of 300 KiB",
      `version: 1\n${"# filler\n".repeat(34_000)}`,
      0o644,
      "is 306011 bytes, more than the 262144 allowed - split it with extends",
    ],
    ["writable by its group", "version: 1\n", 0o664, "can be written by others - run: chmod go-w FILE"],
    ["writable by all", "version: 1\n", 0o646, "can be written by others - run: chmod go-w FILE"],
    ["of bytes that are no text", Buffer.from([0xff, 0xfe, 0x00]), 0o644, "is not valid UTF-8 - save it as UTF-8"],
  ];
  test.each(rows)("a file %s", (_name, content, mode, message) => {
    const file = policyFile("");
    writeFileSync(file, content);
    chmodSync(file, mode);
    expect(problemsOf(file)).toEqual([`${file}:1:1: ${message.replace("FILE", file)}`]);
  });

  test.each([
    ["lists in a row", `version: 1\nrules: ${"[".repeat(50_000)}${"]".repeat(50_000)}`],
    ["lists in a block", `version: 1\nrules:\n  ${"- ".repeat(50_000)}x\n`],
    ["maps in a row", `version: 1\narg: ${"{a: ".repeat(40_000)}1${"}".repeat(40_000)}`],
  ])("nested beyond measure: %s", (_name, text) => {
    expect(problemsOf(policyFile(text)).map((problem) => problem.replace(/^.*:\d+:\d+: /, ""))).toEqual(["nested too deeply - flatten it"]);
  });

  test("a file that isn't there, and a directory", () => {
    expect(problemsOf("/nonexistent/policy.yaml")).toEqual(["/nonexistent/policy.yaml:1:1: does not exist - check the path"]);
    expect(problemsOf("/")).toEqual(["/:1:1: is not a file - give the path of a policy file"]);
  });

  test("the problems of all files are told at once", () => {
    const [a, b] = [policyFile("version: 3\n"), policyFile("verison: 1\n")];
    expect(problemsOf(a, { files: [a, b] })).toEqual([
      `${a}:1:10: "version" must be 1, the only version of the language`,
      `${b}:1:1: the key "version" is missing - add it`,
      `${b}:1:1: unknown key "verison" - did you mean "version"?`,
    ]);
  });

  test("rules and tests on commands are refused where nothing reads commands", () => {
    const { eyes: _eyes, ...blind } = SOURCES;
    const file = policyFile(
      "version: 1\nrules:\n  - { id: a, effect: deny, run: [sudo ...], why: x }\ntests:\n  - { run: sudo ls, expect: deny }\n",
    );
    const unread = (): unknown => loadPolicy({ ...blind, files: [file] });
    expect(unread).toThrow(
      `${file}:3:1: rule "a" speaks of commands, which can't be read here - drop it\n` +
        `${file}:5:5: the test can't be run: commands and URLs can't be read here: the shell and URL analysis is not available - mend the test`,
    );
    expect(eyes.command("sudo ls")).toHaveLength(1);
  });

  test("a thousand rules load, and decide", () => {
    const many = Array.from({ length: 1000 }, (_, index) => `  - { id: r${index}, effect: deny, path: ["d${index}/**"], why: x }`);
    const policy = load(`version: 1\nrules:\n${many.join("\n")}\n`);
    expect(policy.decide(query([path("read", "d999/a")])).rules.map(({ id, line }) => `${id}:${line}`)).toEqual(["r999:1002"]);
  });
});
