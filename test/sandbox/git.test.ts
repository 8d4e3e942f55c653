import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gitEnvironment, hardenGit } from "../../src/sandbox/git.ts";
import { openLab } from "./lab.ts";
import type { Lab } from "./lab.ts";

let lab: Lab;
let evil: string;
const canary = (): string => join(lab.workspace, "PWNED");

beforeAll(async () => {
  lab = await openLab("off");
  evil = lab.file("workspace/evil.sh", "#!/bin/sh\ntouch ./PWNED\nexec cat\n");
  const { probe, workspace } = lab;
  const git = (...argv: string[]): Buffer =>
    execFileSync("/usr/bin/git", argv, {
      cwd: workspace,
      ...probe.account,
      env: { PATH: "/usr/bin:/bin", HOME: lab.outside, GIT_CONFIG_NOSYSTEM: "1" },
    });
  execFileSync("/bin/chmod", ["755", evil]);
  git("init", "-q");
  git("config", "user.name", "Test");
  git("config", "user.email", "test@example.org");
  lab.file("workspace/a.txt", "one\n");
  lab.file("workspace/.gitattributes", "*.txt diff=evil\n");
  git("add", "a.txt", ".gitattributes");
  git("commit", "-qm", "first");
  lab.file("workspace/a.txt", "two\n");
  for (const hook of ["pre-commit", "post-checkout", "post-index-change", "reference-transaction"]) {
    lab.file(`workspace/.git/hooks/${hook}`, "#!/bin/sh\ntouch ./PWNED\n");
    execFileSync("/bin/chmod", ["755", `${workspace}/.git/hooks/${hook}`]);
  }
  const settings: [string, string][] = [
    ["core.fsmonitor", evil],
    ["core.pager", evil],
    ["pager.log", evil],
    ["diff.external", evil],
    ["diff.evil.textconv", evil],
    ["core.editor", evil],
    ["gpg.program", evil],
    ["log.showSignature", "true"],
    ["commit.gpgSign", "true"],
  ];
  for (const [key, value] of settings) git("config", key, value);
});
afterAll(() => lab.remove());
beforeEach(() => rmSync(canary(), { force: true }));

/** A repository whose own config runs evil.sh in nine ways; with the control, git runs as people run it. */
const COMMANDS: readonly (readonly string[])[] = [
  ["git", "status"],
  ["git", "diff"],
  ["git", "-p", "log", "-p"],
  ["git", "show", "HEAD"],
  ["git", "log", "-p", "--ext-diff"],
  ["git", "show", "--ext-diff", "--textconv"],
  ["git", "diff-files", "-p", "--ext-diff"],
  ["git", "blame", "a.txt"],
  ["git", "commit", "-qam", "second", "--allow-empty"],
  ["git", "commit", "--amend"],
  ["git", "checkout", "-q", "-B", "other"],
  ["git", "add", "a.txt"],
];

describe("a hostile repository", () => {
  test.each(COMMANDS.map((argv) => [argv.join(" "), argv] as const))("does not run its programs on %s", async (_name, argv) => {
    const harden = hardenGit(["/usr/bin/git", ...argv.slice(1)]);
    await lab.runner.run(lab.request("", { command: { argv: harden }, spec: { ...lab.request("").spec, backend: "off" } }));
    expect(existsSync(canary())).toBe(false);
  });

  test.each(COMMANDS.map((argv) => [argv.join(" "), argv] as const))("does so unhardened on %s", (_name, argv) => {
    const env = { PATH: "/usr/bin:/bin", HOME: lab.outside, GIT_CONFIG_NOSYSTEM: "1", GIT_PAGER_IN_USE: "1" };
    try {
      execFileSync("/usr/bin/git", argv.slice(1), { cwd: lab.workspace, ...lab.probe.account, env, stdio: "ignore" });
    } catch {
      // a hook or a signing program that fails still ran
    }
    expect(existsSync(canary())).toBe(true);
  });
});

describe("the argv of git", () => {
  test.each<[string, string[], string[]]>([
    ["a subcommand", ["git", "status"], ["git", "--no-pager", "status"]],
    ["a subcommand that shows differences", ["git", "diff", "a"], ["git", "--no-pager", "diff", "a"]],
    ["options that ask for programs", ["git", "log", "--ext-diff", "--text", "--textconv"], ["git", "--no-pager", "log", "--text"]],
    ["files of such a name", ["git", "diff", "--", "--ext-diff"], ["git", "--no-pager", "diff", "--", "--ext-diff"]],
    ["options before the subcommand", ["git", "-C", "diff", "log"], ["git", "--no-pager", "-C", "diff", "log"]],
    ["no subcommand", ["git", "--version"], ["git", "--no-pager", "--version"]],
    ["another program", ["gitk", "diff"], ["gitk", "diff"]],
    ["an absolute path", ["/usr/bin/git", "grep", "x"], ["/usr/bin/git", "--no-pager", "grep", "x"]],
  ])("%s", (_name, argv, expected) => {
    expect(hardenGit(argv).filter((word) => !/^--no-(ext-diff|textconv)$/.test(word))).toEqual(expected);
  });
});

test("the environment numbers its settings without a gap", () => {
  const env = gitEnvironment();
  const count = Number(env["GIT_CONFIG_COUNT"]);
  for (let at = 0; at < count; at++)
    expect([env[`GIT_CONFIG_KEY_${at}`], typeof env[`GIT_CONFIG_VALUE_${at}`]]).toEqual([expect.any(String), "string"]);
  expect(Object.keys(env).filter((name) => name.startsWith("GIT_CONFIG_KEY_")).length).toBe(count);
});
