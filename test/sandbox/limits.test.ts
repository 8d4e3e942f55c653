import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SPEC, openLab, textOf } from "./lab.ts";
import type { Lab } from "./lab.ts";
import { defineLimits } from "./limits-suite.ts";

const MIB = 1024 * 1024;

defineLimits("bwrap");
defineLimits("off");

describe("only in bubblewrap", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab("bwrap");
  });
  afterAll(() => lab.remove());

  test.each([
    ["the private /tmp", "head -c 90M /dev/zero > /tmp/a; head -c 90M /dev/zero > /tmp/b"],
    ["/dev/shm", "head -c 60M /dev/zero > /dev/shm/a; head -c 60M /dev/zero > /dev/shm/b"],
    ["a hidden directory", "head -c 1M /dev/zero > hidden/x"],
    ["the root directory", "head -c 1M /dev/zero > /x"],
    ["/dev", "head -c 1M /dev/zero > /dev/x"],
  ])("%s can't be filled beyond its bound", async (_name, script) => {
    const hidden = join(lab.file("workspace/hidden/file"), "..");
    const done = await lab.runner.run(
      lab.request(script, { view: { ...lab.view, masked: [hidden] }, spec: { ...SPEC, disk: 100 * MIB, memory: 128 * MIB } }),
    );
    expect(done.exitCode).not.toBe(0);
    expect(textOf(done.stderr)).toMatch(/No space left|Permission denied|Read-only/);
  });
});
