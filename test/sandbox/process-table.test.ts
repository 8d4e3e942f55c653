import { describe, expect, test } from "vitest";
import { isAlive, membersOf, memoryOf, parseStat, readProcesses } from "../../src/sandbox/process-table.ts";
import type { ProcessRow } from "../../src/sandbox/process-table.ts";

const stat = (name: string, state: string): string =>
  `42 (${name}) ${state} 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 100 200 5 18446744073709551615 1`;
const row = (pid: number, parent: number, group = pid, session = pid): ProcessRow => ({
  pid,
  parent,
  group,
  session,
  threads: 1,
  resident: 1,
});

describe("a line of /proc/PID/stat", () => {
  test.each(["bash", "a b", ") R 1 1 1", "((", ""])("with the name `%s`", (name) => {
    expect(parseStat(stat(name, "S"))).toEqual({ pid: 42, parent: 7, group: 8, session: 9, threads: 3, resident: expect.any(Number) });
  });
  test.each(["Z", "X"])("of a process in state %s is no process", (state) => expect(parseStat(stat("x", state))).toBeUndefined());
  test.each(["", "42"])("that is cut off (`%s`) is no process", (text) => expect(parseStat(text)).toBeUndefined());
});

describe("the members of a command", () => {
  test.each<[string, ProcessRow[], number[]]>([
    ["are itself and its descendants", [row(10, 1), row(11, 10), row(12, 11), row(20, 1)], [10, 11, 12]],
    ["hold orphans of its group", [row(10, 1), row(12, 1, 10, 10)], [10, 12]],
    ["hold orphans of its session in other groups", [row(12, 1, 12, 10)], [12]],
    ["hold descendants that left group and session", [row(10, 1), row(12, 10)], [10, 12]],
    ["hold the descendants of orphans", [row(12, 1, 10, 10), row(13, 12)], [12, 13]],
    ["end in a circle", [row(10, 11), row(11, 10)], [10, 11]],
    ["are none when none is left", [row(20, 1)], []],
  ])("%s", (_name, rows, expected) => {
    expect(
      membersOf(rows, 10)
        .map(({ pid }) => pid)
        .sort((a, b) => a - b),
    ).toEqual(expected);
  });
});

describe("on this machine", () => {
  test("this process is found, alive and of some size", () => {
    const own = readProcesses(process.pid).find(({ pid }) => pid === process.pid);
    expect([own?.parent, isAlive(process.pid)]).toEqual([process.ppid, true]);
    expect(own?.resident).toBeGreaterThan(10 * 1024 * 1024);
    expect(own?.threads).toBeGreaterThan(1);
  });

  test("memory above the limit is counted without mapped files, below it not at all", () => {
    const rows = readProcesses(process.pid).filter(({ pid }) => pid === process.pid);
    const [rough, exact] = [memoryOf(rows, Infinity), memoryOf(rows, 0)];
    expect(exact).toBeGreaterThan(0);
    expect(exact).toBeLessThan(rough);
  });

  test("a process that does not exist is dead", () => expect(isAlive(2 ** 22 + 1)).toBe(false));
});
