import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLab, textOf } from "./lab.ts";
import type { Lab } from "./lab.ts";
import { defineRuns } from "./run-suite.ts";

defineRuns("bwrap");

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("bwrap");
});
afterAll(() => lab.remove());

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
