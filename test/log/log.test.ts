/** The log file: rotation, several processes, a directory that vanishes, a disk that fills. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isDue } from "../../src/log/rotate.ts";
import { tryLog } from "../../src/log/try-log.ts";
import { allLines, createLogWorld, oldNames, openSinkAt } from "./world.ts";
import type { LogWorld } from "./world.ts";

const run = promisify(execFile);
const WRITER = join(import.meta.dirname, "writer-child.ts");
const FULL = join(import.meta.dirname, "full-disk-child.ts");
const DAY = 86_400_000;
/** A write that failed is tried again after a second. */
const SOON = { timeout: 10_000 };

let world: LogWorld;
beforeEach(() => {
  world = createLogWorld();
});
afterEach(() => world.remove());

const numbers = () => allLines(world.file).flatMap(({ n }) => (typeof n === "number" ? [n] : []));
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("rotation", () => {
  test("by size: every line is kept once and in order, in files of mode 0600 that are little larger than asked", async () => {
    const log = world.open({ rotate: { size: 20_000, age: DAY, keep: 1000 } });
    for (const n of upTo(1_000)) {
      log.logger.info({ n, text: "x".repeat(100) }, "line");
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await log.flush();
    expect(numbers()).toEqual(upTo(1_000));
    const old = oldNames(world.file).map((name) => join(dirname(world.file), name));
    expect(old.length).toBeGreaterThan(4);
    for (const path of old) expect(statSync(path).size).toBeLessThan(20_000 + 2 * 8192);
    expect([...old, world.file].map(modeOf)).toEqual([...old, world.file].map(() => 0o600));
    expect(modeOf(dirname(world.file))).toBe(0o700);
    expect(log.dropped()).toBe(0);
  });

  test("by age: a line that comes when the file is old goes into a new one", async () => {
    let later = 0;
    const log = world.open({ rotate: { size: 1024 ** 2, age: 7 * DAY, keep: 5 }, now: () => Date.now() + later });
    log.logger.info({ n: 0 }, "line");
    await expect.poll(() => existsSync(world.file) && numbers()).toEqual([0]);
    later = 8 * DAY;
    log.logger.info({ n: 1 }, "line");
    await log.flush();
    expect(oldNames(world.file)).toHaveLength(1);
    expect(readFileSync(world.file, "utf8")).toContain('"n":1');
    expect(numbers()).toEqual([0, 1]);
  });

  test.each<[string, Parameters<typeof isDue>[0], number, boolean]>([
    ["a file of the size is due", { size: 1000, birthtimeMs: 5_000 }, 5_000, true],
    ["a smaller one is not", { size: 999, birthtimeMs: 5_000 }, 5_000, false],
    ["one of the age is due", { size: 1, birthtimeMs: 5_000 }, 5_100, true],
    ["a younger one is not", { size: 1, birthtimeMs: 5_000 }, 5_099, false],
    ["an empty one has nothing to put aside", { size: 0, birthtimeMs: 5_000 }, 9_999, false],
    ["a clock that was set back makes none old", { size: 1, birthtimeMs: 5_000 }, 1_000, false],
    ["none is old where the file system doesn't know births", { size: 1, birthtimeMs: 0 }, 9_999, false],
  ])("%s", (_name, stat, now, due) => {
    expect(isDue(stat, { size: 1000, age: 100, keep: 1 }, now)).toBe(due);
  });

  test("keeps so many old files and removes the oldest, but none that somebody may still write to", async () => {
    mkdirSync(dirname(world.file), { mode: 0o700 });
    const old = (number: number) => `${world.file}.${number}-0123abcd`;
    for (const number of upTo(13).slice(8)) writeFileSync(old(number), "");
    const long = new Date(Date.now() - 3_600_000);
    for (const number of [8, 10, 11, 12]) utimesSync(old(number), long, long);
    const notOurs = `${world.file}.bak`;
    writeFileSync(notOurs, "");
    utimesSync(notOurs, long, long);
    writeFileSync(world.file, "a full file\n");
    const log = world.open({ rotate: { size: 10, age: DAY, keep: 3 } });
    log.logger.info({ n: 0 }, "line");
    await log.flush();
    const kept = oldNames(world.file).map((name) => name.replace("server.log.", "").replace(/-.*/, ""));
    // 9 was written to a moment ago; 13 is the full one.
    expect(kept.sort()).toEqual(["11", "12", "13", "9", "bak"].sort());
  });

  test("goes on in the same file when the directory takes no new names, and says so once", async () => {
    const log = world.open({ rotate: { size: 10, age: DAY, keep: 3 } });
    log.logger.info({ n: 0 }, "line");
    await expect.poll(() => existsSync(world.file) && numbers()).toEqual([0]);
    // Nothing can be renamed to a name that is too long, whoever tries.
    const long = world.open({ rotate: { size: 10, age: DAY, keep: 3 }, random: () => "a".repeat(300) });
    for (const n of [1, 2, 3]) {
      long.logger.info({ n }, "line");
      await expect.poll(() => numbers()).toContain(n);
    }
    await long.flush();
    expect(numbers()).toEqual([0, 1, 2, 3]);
    expect(allLines(world.file).filter(({ msg }) => msg === "the log could not be rotated")).toMatchObject([
      { level: "error", err: { code: "ENAMETOOLONG" } },
    ]);
    await log.flush();
  });

  test("three processes that share a file and rotate it all the time lose no line", async () => {
    const names = ["one", "two", "three"];
    await Promise.all(names.map((name) => run(process.execPath, [WRITER, world.file, name, "2000", "16384"])));
    const lines = allLines(world.file);
    for (const name of names)
      expect(lines.flatMap((line) => (line.name === name ? [line.n] : [])).sort((a, b) => Number(a) - Number(b))).toEqual(upTo(2_000));
    expect(oldNames(world.file).length).toBeGreaterThan(10);
    for (const name of oldNames(world.file)) expect(modeOf(join(dirname(world.file), name))).toBe(0o600);
  });
});

describe("a log that is in trouble", () => {
  /** Where the directory was there is a file now. */
  const putInTheWay = (): void => {
    rmSync(dirname(world.file), { recursive: true });
    writeFileSync(dirname(world.file), "in the way");
  };

  test("a directory that vanishes is made anew, private, and the next lines are in it", async () => {
    const log = world.open();
    log.logger.info({ n: 0 }, "line");
    await expect.poll(() => existsSync(world.file) && numbers()).toEqual([0]);
    rmSync(dirname(world.file), { recursive: true });
    log.logger.info({ n: 1 }, "line");
    await log.flush();
    expect(numbers()).toEqual([1]);
    expect([dirname(world.file), world.file].map(modeOf)).toEqual([0o700, 0o600]);
  });

  test("a directory that can't be made: lines wait, what is too much is counted, and both is told once", async () => {
    const { sink, trouble, end } = openSinkAt(world.file);
    putInTheWay();
    for (const n of upTo(3)) sink.write(`{"n":${n}}\n`);
    expect(await trouble).toEqual({ what: "write", code: "EEXIST" });
    expect(() => tryLog(world.file)).toThrow("ENOTDIR");
    const large = `{"text":"${"x".repeat(100_000)}"}\n`;
    for (const _ of upTo(60)) sink.write(large);
    const dropped = sink.dropped();
    expect(dropped).toBeGreaterThan(10);
    rmSync(dirname(world.file));
    expect(await end).toBe(dropped);
    await sink.end(5_000);
    expect(numbers()).toEqual([0, 1, 2]);
    expect(allLines(world.file)).toHaveLength(3 + 60 - dropped);
    expect(() => tryLog(world.file)).not.toThrow();
  });

  test("says in the log itself what there was, as soon as it is written again", async () => {
    const failed = Promise.withResolvers<void>();
    // What is redacted first is the error that the log tells of.
    const log = world.open({ redact: (text) => (failed.resolve(), text) });
    putInTheWay();
    log.logger.info({ n: 0 }, "line");
    await failed.promise;
    rmSync(dirname(world.file));
    const told = () => existsSync(world.file) && allLines(world.file).map(({ level, msg }) => `${String(level)} ${String(msg)}`);
    await expect.poll(told, SOON).toEqual(["info line", "error the log could not be written", "warn the log is written again"]);
    await log.flush();
  });

  test("a full disk: lines wait or are counted, one that was cut is written again whole, and doctor knows", () => {
    const canMount = spawnSync("unshare", ["-rm", "true"]).status === 0;
    expect(canMount || !process.env.CI).toBe(true);
    if (!canMount) return;
    mkdirSync(dirname(world.file));
    const script = 'mount -t tmpfs -o size=8m tmpfs "$2" && exec "$0" "$1" "$2"';
    const args = ["-rm", "sh", "-c", script, process.execPath, FULL, dirname(world.file)];
    expect(JSON.parse(execFileSync("unshare", args, { encoding: "utf8", timeout: 30_000 }))).toEqual({
      doctor: ["fine", "ENOSPC", "fine"],
      told: { what: "write", code: "ENOSPC" },
      cut: true,
      fragments: 1,
      lost: true,
      numbers: upTo(201),
    });
  });
});
