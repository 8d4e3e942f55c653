import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLab } from "./lab.ts";
import type { Lab } from "./lab.ts";

let lab: Lab;
let place: string;
beforeAll(async () => {
  lab = await openLab("bwrap");
  place = mkdtempSync(join(tmpdir(), "portcullis-end-"));
});
afterAll(() => {
  lab.remove();
  rmSync(place, { recursive: true, force: true });
});

const source = (path: string): string => new URL(`../../src/sandbox/${path}`, import.meta.url).href;

function orphans(): boolean {
  const all = execFileSync("/bin/sh", ["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' || true"]);
  return all.includes("orphan-of-a-killed-server sleep");
}

test("a server that is killed takes its commands along", async () => {
  const script = join(place, "server.ts");
  writeFileSync(
    script,
    `import { createRunner } from ${JSON.stringify(source("run.ts"))};
     const probe = { ...JSON.parse(process.argv[2]), random: () => "x" };
     const runner = createRunner(probe, { now: Date.now });
     const request = JSON.parse(process.argv[3]);
     await runner.run({ ...request, onOutput: (_stream, chunk) => process.stdout.write(chunk) });`,
  );
  const request = lab.request("setsid bash -c 'trap \"\" TERM HUP; echo ready; exec -a orphan-of-a-killed-server sleep 100' & wait");
  const server = spawn(process.execPath, [script, JSON.stringify(lab.probe), JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => server.stdout.once("data", resolve));
  for (let tries = 0; tries < 500 && !orphans(); tries++) await new Promise((resolve) => setImmediate(resolve));
  expect(orphans()).toBe(true);
  server.kill("SIGKILL");
  await new Promise((resolve) => server.once("exit", resolve));
  let tries = 0;
  while (orphans() && tries++ < 500) await new Promise((resolve) => setImmediate(resolve));
  expect(orphans()).toBe(false);
});

function startedWithDescriptor(close: boolean): string {
  const [script, secret] = [join(place, "inherit.ts"), join(place, "secret")];
  writeFileSync(
    script,
    `import { execFileSync } from "node:child_process";
     import { closeInherited } from ${JSON.stringify(source("inherited.ts"))};
     const closed = ${close} ? closeInherited() : [];
     const seen = execFileSync("/usr/bin/bash", ["-c", "cat <&37 || true"], { stdio: ["ignore", "pipe", "ignore"] }).toString();
     console.log(JSON.stringify({ closed: closed.includes(37), seen }));`,
  );
  writeFileSync(secret, "SECRET");
  return execFileSync("/usr/bin/bash", ["-c", 'exec 37< "$1"; exec "$2" "$3"', "bash", secret, process.execPath, script]).toString();
}

describe("a descriptor that the server was started with", () => {
  test("reaches a command when it is not closed", () =>
    expect(JSON.parse(startedWithDescriptor(false))).toEqual({ closed: false, seen: "SECRET" }));
  test("is closed at the start", () => expect(JSON.parse(startedWithDescriptor(true))).toEqual({ closed: true, seen: "" }));
});
