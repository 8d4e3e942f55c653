/**
 * What the sandbox costs. `node bench/sandbox.ts`: medians of interleaved runs of `true`, as ratios, because the machine is shared.
 * - bwrap: ours against bare bubblewrap with the same mounts (limit 1.3), in a workspace of 100 directories and 1,000 files
 * - off: ours against a plain child_process.exec, which is what naive servers do (limit 1.25)
 */
import { exec, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bubblewrapOptions } from "../src/sandbox/bubblewrap.ts";
import { SPEC, openLab } from "../test/sandbox/lab.ts";

const ROUNDS = Number(process.argv[2] ?? 150);
const lab = await openLab("bwrap");
for (let directory = 0; directory < 100; directory++) {
  const path = join(lab.workspace, `d${directory}`);
  mkdirSync(path);
  for (let file = 0; file < 10; file++) writeFileSync(join(path, `f${file}`), "x");
}
const request = lab.request("", { command: { argv: ["/usr/bin/true"] } });
const bare = bubblewrapOptions(request, {});

const ours = async (backend: "bwrap" | "off"): Promise<unknown> => lab.runner.run({ ...request, spec: { ...SPEC, backend } });
const bareBubblewrap = async (): Promise<unknown> => {
  const child = spawn(lab.probe.tools.bwrap ?? "", [...bare, "/usr/bin/true"], {
    cwd: "/",
    env: {},
    ...lab.probe.account,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve) => child.on("close", resolve));
};
const shell = async (): Promise<unknown> => new Promise((resolve) => exec("true", { cwd: lab.workspace, ...lab.probe.account }, resolve));

const contestants = { bwrap: () => ours("bwrap"), bare: bareBubblewrap, off: () => ours("off"), exec: shell };
const times: Record<string, number[]> = {};
for (let round = -10; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(contestants)) {
    const before = performance.now();
    await run();
    if (round >= 0) (times[name] ??= []).push(performance.now() - before);
  }
}
const median = (name: keyof typeof contestants): number =>
  (times[name] ?? []).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
const ratio = (one: keyof typeof contestants, other: keyof typeof contestants): string =>
  `${(median(one) / median(other)).toFixed(2)} (${median(one).toFixed(2)} ms against ${median(other).toFixed(2)} ms)`;
console.log(`sandboxed true against bare bwrap, same mounts, 1,000 files: ${ratio("bwrap", "bare")}, limit 1.30`);
console.log(`unsandboxed true against child_process.exec:               ${ratio("off", "exec")}, limit 1.25`);
lab.remove();
