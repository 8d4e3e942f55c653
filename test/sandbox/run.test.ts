import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SPEC, openLab, textOf } from "./lab.ts";
import type { Lab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("bwrap");
});
afterAll(() => lab.remove());

describe("a command in the sandbox", () => {
  test("gives output, exit code, backend and nothing new that would run later", async () => {
    const { durationMs, stdout, stderr, ...rest } = await lab.runner.run(lab.request("echo out; echo err >&2; exit 3"));
    expect({ stdout: textOf(stdout), stderr: textOf(stderr), ...rest }).toEqual({
      stdout: "out\n",
      stderr: "err\n",
      exitCode: 3,
      signal: null,
      backend: "bwrap",
      timedOut: false,
      killed: null,
      newSensitive: [],
    });
    expect(durationMs).toBeGreaterThan(0);
  });

  test("runs an argv word by word, without a shell", async () => {
    const argv = ["/usr/bin/printf", "%s|", "a b", "$HOME", "`id`", "line\nbreak", ""];
    const { stdout } = await lab.runner.run(lab.request("", { command: { argv } }));
    expect(textOf(stdout)).toBe("a b|$HOME|`id`|line\nbreak||");
  });

  test("gets the stdin it was given, and a closed one otherwise", async () => {
    const given = await lab.runner.run(lab.request("cat", { stdin: "hello" }));
    const closed = await lab.runner.run(lab.request("cat; echo end"));
    expect([textOf(given.stdout), textOf(closed.stdout)]).toEqual(["hello", "end\n"]);
  });

  test("sees an environment of known names only", async () => {
    const { stdout } = await lab.runner.run(lab.request("", { command: { argv: ["/usr/bin/env"] }, env: { CI: "1", GIT_SSH: "evil" } }));
    const names = textOf(stdout)
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0] ?? "")
      .filter((name) => !name.startsWith("GIT_CONFIG"));
    expect(names.sort()).toEqual(
      [
        "CI",
        "GIT_ATTR_NOSYSTEM",
        "GIT_EDITOR",
        "GIT_OPTIONAL_LOCKS",
        "GIT_PAGER",
        "GIT_TERMINAL_PROMPT",
        "HOME",
        "LANG",
        "PATH",
        "PWD",
        "TMPDIR",
      ].sort(),
    );
  });

  test("writes into the workspace, but not when the profile is read-only", async () => {
    const writable = await lab.runner.run(lab.request("echo hi > made"));
    const readOnly = await lab.runner.run(lab.request("echo ho > made", { spec: { ...SPEC, profile: "read-only" } }));
    expect([writable.exitCode, readOnly.exitCode, readFileSync(`${lab.workspace}/made`, "utf8")]).toEqual([0, 1, "hi\n"]);
  });

  test("keeps the beginning and the end of a flood of output", async () => {
    const { stdout } = await lab.runner.run(
      lab.request("echo first; head -c 1G /dev/zero | tr '\\0' x; echo; echo last", { limits: { timeout: 60_000, output: 1000 } }),
    );
    expect([
      stdout.total,
      stdout.head.length,
      stdout.tail.length,
      stdout.head.toString().slice(0, 6),
      stdout.tail.toString().slice(-6),
    ]).toEqual([2 ** 30 + 12, 500, 500, "first\n", "\nlast\n"]);
  });

  test("says by which signal it ended, as a shell counts", async () => {
    const { exitCode, signal, killed } = await lab.runner.run(lab.request("kill -SEGV $$"));
    expect({ exitCode, signal, killed }).toEqual({ exitCode: 139, signal: "SIGSEGV", killed: null });
  });

  test("is told plainly by a program that wants a terminal", async () => {
    const { exitCode, stdout } = await lab.runner.run(lab.request("tty"));
    expect([exitCode, textOf(stdout)]).toEqual([1, "not a tty\n"]);
  });

  test("may print bytes that are no text", async () => {
    const { stdout } = await lab.runner.run(lab.request("printf '\\377\\000\\376'"));
    expect(stdout.head).toEqual(Buffer.from([255, 0, 254]));
  });
});

describe("a denied path", () => {
  test("can't be read, listed, written, renamed or removed, whether file or directory", async () => {
    const masked = [lab.file("workspace/config/.env", "SECRET"), lab.file("workspace/keys/id", "SECRET").replace("/id", "")];
    const view = { ...lab.view, masked };
    const tries = [
      "cat config/.env",
      "ls keys/",
      "cat keys/id",
      "echo x > config/.env",
      "mv config elsewhere",
      "rm config/.env",
      "mv keys k",
      "cp -r . /tmp/copy && grep -r SECRET /tmp/copy",
    ];
    for (const script of tries) {
      const { exitCode, stdout } = await lab.runner.run(lab.request(script, { view }));
      expect([script, exitCode !== 0, textOf(stdout)]).toEqual([script, true, ""]);
    }
    expect(readFileSync(`${lab.workspace}/config/.env`, "utf8")).toBe("SECRET");
  });

  test("is readable to the same command when it is not denied", async () => {
    lab.file("workspace/config/.env", "SECRET");
    const { stdout } = await lab.runner.run(lab.request("cat config/.env"));
    expect(textOf(stdout)).toBe("SECRET");
  });
});

describe("a protected path", () => {
  test("can be read, but not written, replaced or moved away with its directory", async () => {
    const readOnly = [lab.file("workspace/.git/config", "[core]\n")];
    const view = { ...lab.view, readOnly };
    const seen = await lab.runner.run(lab.request("cat .git/config", { view }));
    expect(textOf(seen.stdout)).toBe("[core]\n");
    for (const script of [
      "echo x >> .git/config",
      "echo x > new && mv -f new .git/config",
      "rm .git/config",
      "mv .git git2",
      "rm -rf .git",
    ]) {
      const { exitCode } = await lab.runner.run(lab.request(script, { view }));
      expect([script, exitCode === 0]).toEqual([script, false]);
    }
    expect(readFileSync(`${lab.workspace}/.git/config`, "utf8")).toBe("[core]\n");
  });
});
