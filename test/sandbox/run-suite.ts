import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SPEC, openLab, textOf } from "./lab.ts";
import type { Lab } from "./lab.ts";

/** What a command gets and gives in every backend. */
export function defineRuns(backend: "bwrap" | "landlock"): void {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab(backend);
  });
  afterAll(() => lab.remove());

  describe(`a command in the backend ${backend}`, () => {
    test("gives output, exit code, backend and nothing new that would run later", async () => {
      const { durationMs, stdout, stderr, ...rest } = await lab.runner.run(lab.request("echo out; echo err >&2; exit 3"));
      expect({ stdout: textOf(stdout), stderr: textOf(stderr), ...rest }).toEqual({
        stdout: "out\n",
        stderr: "err\n",
        exitCode: 3,
        signal: null,
        backend,
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
        .split("\n")
        .map((line) => line.split("=")[0] ?? "")
        .filter((name) => name !== "" && !name.startsWith("GIT_CONFIG"));
      const ours = "CI GIT_ATTR_NOSYSTEM GIT_EDITOR GIT_OPTIONAL_LOCKS GIT_PAGER GIT_TERMINAL_PROMPT HOME LANG PATH TMPDIR".split(" ");
      expect(names.sort()).toEqual((backend === "bwrap" ? [...ours, "PWD"] : ours).sort());
    });

    test("has an environment that steers the loader of the command, but not of what confines it", async () => {
      const { stdout, stderr } = await lab.runner.run(lab.request("ulimit -n; echo $LD_PRELOAD", { env: { LD_PRELOAD: "/no/such/file" } }));
      // the loader complains once in every program that it starts: here only in bash
      expect([textOf(stdout), textOf(stderr).match(/cannot be preloaded/g)?.length]).toEqual(["4096\n/no/such/file\n", 1]);
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
}
