import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunResult } from "../../src/sandbox/request.ts";
import { SPEC, openLab, textOf } from "./lab.ts";
import type { Lab } from "./lab.ts";

const MIB = 1024 * 1024;

/** Who is left of the processes that carry `mark` in their command line. */
function survivors(mark: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(join("/proc", name, "cmdline"), "latin1").includes(mark);
      } catch {
        return false;
      }
    });
}

const outcome = ({ exitCode, killed }: RunResult): unknown => ({ exitCode, killed });

/** What every backend must hold a command to. */
export function defineLimits(backend: "bwrap" | "landlock" | "off"): void {
  describe(`limits with the backend ${backend}`, () => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await openLab(backend);
    });
    afterAll(() => lab.remove());

    const run = (script: string, spec: Partial<typeof SPEC> | object = {}, timeout = 20_000): Promise<RunResult> =>
      lab.runner.run(lab.request(script, { spec: { ...SPEC, backend, ...spec }, limits: { timeout, output: 4096 } }));

    test("a command over its time is asked to end, and may clean up", async () => {
      const done = await run("trap 'echo cleaned; exit 7' TERM; sleep 100 & wait", {}, 300);
      expect({ ...(outcome(done) as object), out: textOf(done.stdout), timedOut: done.timedOut }).toEqual({
        exitCode: 7,
        killed: "timeout",
        out: "cleaned\n",
        timedOut: true,
      });
    });

    test("a command that ignores SIGTERM is killed with all its children", async () => {
      const done = await run("trap '' TERM; (trap '' TERM; exec -a stubborn-child-1 sleep 100) & while true; do sleep 0.05; done", {}, 200);
      expect(outcome(done)).toEqual({ exitCode: 137, killed: "timeout" });
      expect(done.durationMs).toBeLessThan(6000);
      expect(survivors("stubborn-child-1")).toEqual([]);
    });

    test("what daemonizes does not survive the command", async () => {
      const name = `left-behind-${backend}`;
      const script = `setsid bash -c 'exec -a ${name}-1 sleep 100' & disown; (nohup bash -c 'exec -a ${name}-2 sleep 100' >/dev/null 2>&1 &); sleep 0.2; echo done`;
      const done = await run(script);
      expect([textOf(done.stdout), done.exitCode]).toEqual(["done\n", 0]);
      expect(survivors(name)).toEqual([]);
    });

    test("a command that is cancelled ends", async () => {
      const control = new AbortController();
      const request = lab.request("echo ready; exec -a cancelled-1 sleep 100", {
        spec: { ...SPEC, backend },
        signal: control.signal,
        onOutput: () => control.abort(),
      });
      expect(outcome(await lab.runner.run(request))).toEqual({ exitCode: 143, killed: "cancelled" });
      expect(survivors("cancelled-1")).toEqual([]);
    });

    test("a command that was cancelled before it started ends too", async () => {
      const done = await lab.runner.run(lab.request("sleep 100", { spec: { ...SPEC, backend }, signal: AbortSignal.abort() }));
      expect([done.killed, done.durationMs < 1500]).toEqual(["cancelled", true]);
    });

    test("a fork bomb runs into the limit of processes", async () => {
      const done = await run("bomb() { bomb | bomb & }; bomb; for i in $(seq 100); do sleep 5 & done; sleep 1", { processes: 40 }, 2000);
      expect(textOf(done.stderr)).toContain("Resource temporarily unavailable");
      expect(survivors("bomb() {")).toEqual([]);
    });

    test("one process can't take more memory than it may", async () => {
      const done = await run(`perl -e '$x = "x" x (300 << 20); print length $x'`, { memory: 128 * MIB });
      expect([done.exitCode === 0, textOf(done.stdout)]).toEqual([false, ""]);
    });

    test("processes that only together take too much memory are killed", async () => {
      const eater = `perl -e '$x = "x" x (60 << 20); sleep 30'`;
      const done = await run(`for i in 1 2 3 4 5 6; do ${eater} & done; wait`, { memory: 200 * MIB });
      expect(outcome(done)).toEqual({ exitCode: 137, killed: "memory" });
    });

    test("memory below the limit is fine", async () => {
      const done = await run(`perl -e '$x = "x" x (60 << 20); print length $x'`, { memory: 256 * MIB });
      expect([done.exitCode, textOf(done.stdout)]).toEqual([0, String(60 * MIB)]);
    });

    test("one file can't grow beyond the limit", async () => {
      const done = await run("head -c 32M /dev/zero > big; wc -c < big; rm big", { disk: 8 * MIB });
      expect(textOf(done.stdout)).toBe(`${8 * MIB}\n`);
    });

    test("many files that together grow beyond the limit end the command", async () => {
      const done = await run("for i in $(seq 1000); do head -c 4M /dev/urandom > part$i; done; sleep 30", { disk: 16 * MIB });
      expect(outcome(done)).toEqual({ exitCode: 137, killed: "disk" });
      expect(existsSync(join(lab.workspace, "part1000"))).toBe(false);
      await run("rm -f part*");
    });

    test("files without a name count as well", async () => {
      const keep = "exec {fd}<>hole$i; rm hole$i; head -c 4M /dev/urandom >&$fd";
      const done = await run(`for i in $(seq 100); do ${keep}; done; sleep 30`, { disk: 16 * MIB });
      expect(outcome(done)).toEqual({ exitCode: 137, killed: "disk" });
    });

    test("descriptors are limited", async () => {
      const done = await run(`perl -e 'my @f; while (open my $f, "<", "/dev/null") { push @f, $f } print scalar @f'`);
      expect(Number(textOf(done.stdout))).toBeLessThan(4096);
    });

    test("no core is dumped", async () => {
      const done = await run("ulimit -c; kill -ABRT $$");
      expect([textOf(done.stdout), done.exitCode]).toEqual(["0\n", 134]);
    });
  });
}
