import { describe, expect, test } from "vitest";
import { analyse, hardenCommand, printArgv, printScript } from "../../src/shell/analyse.ts";
import { where } from "./decide.ts";

/** Stands for what the sandbox adds to git. */
const harden = (argv: readonly string[]): readonly string[] => (argv[0] === "git" ? ["git", "--quiet", ...argv.slice(1)] : argv);
const print = (text: string): string => printScript(hardenCommand(analyse(text, where), harden), (name) => `/bin/${name}`);

describe("every git among the words is hardened before it is printed", () => {
  test.each<[string, string, string]>([
    ["alone", "git status", "'/bin/git' '--quiet' 'status'"],
    ["in a pipeline", "git log | head -1", "'/bin/git' '--quiet' 'log' | '/bin/head' '-1'"],
    ["behind wrappers", "timeout 5 nice git log", "'/bin/timeout' '5' '/bin/nice' '/bin/git' '--quiet' 'log'"],
    [
      "in the text of a shell",
      "sh -c 'git log && ls'",
      `'/bin/sh' '-c' ''\\''/bin/git'\\'' '\\''--quiet'\\'' '\\''log'\\'' && '\\''/bin/ls'\\'''`,
    ],
    ["and nothing else", "echo git log", "'/bin/echo' 'git' 'log'"],
  ])("%s", (_name, text, expected) => {
    expect(print(text)).toBe(expected);
  });

  test("as an argv", () => {
    expect(printArgv(hardenCommand(analyse("git status", where), harden), (name) => `/bin/${name}`)).toEqual([
      "/bin/git",
      "--quiet",
      "status",
    ]);
  });

  test("a script stays as the person saw it", () => {
    expect(print("for x in 1; do git log; done")).toBe("for x in 1; do git log; done");
  });
});
