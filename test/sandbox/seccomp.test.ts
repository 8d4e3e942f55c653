import { describe, expect, test } from "vitest";
import { buildFilter } from "../../src/sandbox/seccomp.ts";
import { DENIED, DENIED_SHARED, LOOKED_INTO, MACHINES, NEWEST } from "../../src/sandbox/syscalls.ts";
import type { Machine } from "../../src/sandbox/syscalls.ts";
import { judge } from "./filter-machine.ts";
import type { Verdict } from "./filter-machine.ts";

const ALLOWED: Readonly<Record<string, readonly [number, number]>> = {
  read: [0, 63],
  write: [1, 64],
  openat: [257, 56],
  close: [3, 57],
  mmap: [9, 222],
  mprotect: [10, 226],
  execve: [59, 221],
  wait4: [61, 260],
  getpid: [39, 172],
  tgkill: [234, 131],
  prctl: [157, 167],
  prlimit64: [302, 261],
  futex: [202, 98],
  socketpair: [53, 199],
  seccomp: [317, 277],
  landlock_restrict_self: [446, 446],
  rseq: [334, 293],
  pidfd_send_signal: [424, 424],
  personality: [135, 92],
};
const NEWUSER = 0x10000000n;
const SIGCHLD = 17n;

describe.each(["x64", "arm64"] as const)("the filter for %s", (machine) => {
  const { audit, column } = MACHINES[machine];
  const call = (shared: boolean, number: number, ...args: bigint[]): Verdict =>
    judge(buildFilter(machine, shared), { arch: audit, number, args });

  test("is short enough for the kernel and for its own jumps", () => {
    expect(buildFilter(machine, true).length / 8).toBeLessThan(256);
  });

  test("denies every call of the table in either kind of backend", () => {
    for (const [name, row] of Object.entries(DENIED)) {
      const number = row[column];
      if (number !== null) expect([name, call(false, number), call(true, number)]).toEqual([name, "errno 1", "errno 1"]);
    }
  });

  test("denies what reaches shared namespaces only where they are shared", () => {
    for (const [name, row] of Object.entries(DENIED_SHARED)) {
      const number = row[column] ?? -1;
      expect([name, call(false, number, 1n), call(true, number, 1n)]).toEqual([name, "allow", "errno 1"]);
    }
  });

  test("allows what every program needs", () => {
    for (const [name, row] of Object.entries(ALLOWED))
      expect([name, call(false, row[column]), call(true, row[column])]).toEqual([name, "allow", "allow"]);
  });

  test.each<[string, number, bigint[], Verdict, Verdict]>([
    ["clone of a thread", LOOKED_INTO.clone[column], [0x3d0f00n], "allow", "allow"],
    ["clone of a process", LOOKED_INTO.clone[column], [SIGCHLD], "allow", "allow"],
    ["clone with a user namespace", LOOKED_INTO.clone[column], [NEWUSER | SIGCHLD], "errno 1", "errno 1"],
    ["clone with a mount namespace", LOOKED_INTO.clone[column], [0x20000n], "errno 1", "errno 1"],
    ["clone with a network namespace", LOOKED_INTO.clone[column], [0x40000000n], "errno 1", "errno 1"],
    ["clone with a handle on the child", LOOKED_INTO.clone[column], [0x1000n], "allow", "allow"],
    ["clone3, whose flags can't be seen", LOOKED_INTO.clone3[column], [], "errno 38", "errno 38"],
    ["an ioctl that asks for the terminal's size", LOOKED_INTO.ioctl[column], [0n, 0x5413n], "allow", "allow"],
    ["TIOCSTI", LOOKED_INTO.ioctl[column], [0n, 0x5412n], "errno 1", "errno 1"],
    ["TIOCSTI with dirt in the high word (CVE-2019-10063)", LOOKED_INTO.ioctl[column], [0n, 0x1_0000_5412n], "errno 1", "errno 1"],
    ["TIOCLINUX", LOOKED_INTO.ioctl[column], [0n, 0x541cn], "errno 1", "errno 1"],
    ["a UNIX socket", LOOKED_INTO.socket[column], [1n], "allow", "errno 1"],
    ["an IPv4 socket", LOOKED_INTO.socket[column], [2n], "allow", "errno 1"],
    ["an IPv6 socket", LOOKED_INTO.socket[column], [10n], "allow", "errno 1"],
    ["a netlink socket", LOOKED_INTO.socket[column], [16n], "errno 97", "errno 1"],
    ["a packet socket", LOOKED_INTO.socket[column], [17n], "errno 97", "errno 1"],
    ["a VSOCK socket", LOOKED_INTO.socket[column], [40n], "errno 97", "errno 1"],
    ["a VSOCK socket with dirt in the high word", LOOKED_INTO.socket[column], [0x1_0000_0028n], "errno 97", "errno 1"],
    ["a signal to one process", LOOKED_INTO.kill[column], [4711n, 15n], "allow", "allow"],
    ["a signal to the own group", LOOKED_INTO.kill[column], [0n, 15n], "allow", "allow"],
    ["a signal to everyone", LOOKED_INTO.kill[column], [-1n, 9n], "allow", "errno 1"],
    ["a signal to everyone, written with 32 bits", LOOKED_INTO.kill[column], [0xffffffffn, 9n], "allow", "errno 1"],
    ["the newest known call", NEWEST, [], "allow", "allow"],
    ["a call newer than the tables", NEWEST + 1, [], "errno 38", "errno 38"],
  ])("%s", (_name, number, args, alone, shared) => {
    expect([call(false, number, ...args), call(true, number, ...args)]).toEqual([alone, shared]);
  });

  test("kills another architecture's calls, whatever their number", () => {
    const others: Record<Machine, number[]> = {
      x64: [0x40000003, MACHINES.arm64.audit, 0x40000028],
      arm64: [0x40000028, MACHINES.x64.audit, 0x40000003],
    };
    for (const arch of others[machine]) expect(judge(buildFilter(machine, false), { arch, number: 1, args: [] })).toBe("kill");
  });
});

test("the filter for x64 kills calls of the x32 kind", () => {
  const filter = buildFilter("x64", false);
  for (const number of [0x40000000, 0x40000000 + 59, 0x40000000 + 520, 0xffffffff]) {
    expect(judge(filter, { arch: MACHINES.x64.audit, number, args: [] })).toBe("kill");
  }
});

test("no number appears twice in a table of one machine", () => {
  for (const column of [0, 1] as const) {
    const numbers = Object.values(DENIED)
      .concat(Object.values(DENIED_SHARED))
      .flatMap((row) => row[column] ?? []);
    expect(numbers.length).toBe(new Set(numbers).size);
  }
});
