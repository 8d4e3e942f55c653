import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SPEC, openLab, textOf } from "./lab.ts";
import type { Lab } from "./lab.ts";

/**
 * Each call is made for real through perl, which every Debian has: the first number is x64's, the second arm64's. `control` is what the same call
 * answers outside of the sandbox, to the same user: so the refusal is the filter's. Numbers of errno: 1 EPERM, 38 ENOSYS, 97 EAFNOSUPPORT; 0 success.
 */
const CALLS: readonly (readonly [name: string, numbers: readonly [number, number], args: string, inside: number])[] = [
  ["ptrace (trace me)", [101, 117], "0, 0, 0, 0", 1],
  ["process_vm_readv", [310, 270], "$$, 0, 0, 0, 0, 0", 1],
  ["process_vm_writev", [311, 271], "$$, 0, 0, 0, 0, 0", 1],
  ["kcmp", [312, 272], "$$, $$, 0, 0, 0", 1],
  ["pidfd_getfd", [438, 438], "-1, 0, 0", 1],
  ["io_uring_setup", [425, 425], "0, 0", 1],
  ["io_uring_enter", [426, 426], "-1, 0, 0, 0, 0, 0", 1],
  ["io_uring_register", [427, 427], "-1, 0, 0, 0", 1],
  ["userfaultfd (user mode only)", [323, 282], "1", 1],
  ["add_key", [248, 217], "$s = 'user', $t = 'k', $u = 'v', 1, -2", 1],
  ["request_key", [249, 218], "0, 0, 0, 0", 1],
  ["keyctl (session keyring)", [250, 219], "0, -3, 0", 1],
  ["open_tree", [428, 428], "-100, $s = '/', 0", 1],
  ["mount_setattr", [442, 442], "-1, $s = '', 0x800000, 0, 0", 1],
  ["statmount", [457, 457], "0, 0, 0, 0", 1],
  ["setns", [308, 268], "-1, 0", 1],
  ["unshare (nothing)", [272, 97], "0", 1],
  ["unshare (user)", [272, 97], "0x10000000", 1],
  ["name_to_handle_at", [303, 264], "-100, $s = '/', 0, 0, 0", 1],
  ["lookup_dcookie", [212, 18], "0, 0, 0", 1],
  ["memfd_create", [319, 279], "$s = 'x', 0", 1],
  ["memfd_secret", [447, 447], "0", 1],
  ["shmget", [29, 194], "0, 4096, 01600", 1],
  ["shmat", [30, 196], "-1, 0, 0", 1],
  ["msgget", [68, 186], "0, 01600", 1],
  ["semget", [64, 190], "0, 1, 01600", 1],
  ["migrate_pages", [256, 238], "0, 0, 0, 0", 1],
  ["move_pages", [279, 239], "0, 0, 0, 0, 0, 0", 1],
  ["adjtimex (ask)", [159, 171], "0", 1],
  ["clock_adjtime (ask)", [305, 266], "0, 0", 1],
  ["clone (a process in a user namespace)", [56, 220], "0x10000011, 0, 0, 0, 0", 1],
  ["clone3", [435, 435], "0, 0", 38],
  ["TIOCSTI", [16, 29], "0, 0x5412, 0", 1],
  ["a netlink socket", [41, 198], "16, 3, 0", 97],
  ["a packet socket", [41, 198], "17, 3, 0", 97],
];
/** Calls that a sandboxed command keeps. */
const KEPT: readonly (readonly [name: string, numbers: readonly [number, number], args: string])[] = [
  ["getpid", [39, 172], ""],
  ["a UNIX socket", [41, 198], "1, 1, 0"],
  ["an IPv4 socket", [41, 198], "2, 1, 0"],
  ["getuid", [102, 174], ""],
  ["sched_yield", [24, 124], ""],
  ["setpgid", [109, 154], "0, 0"],
];

const column = process.arch === "arm64" ? 1 : 0;
const script = (numbers: readonly [number, number], args: string): string => {
  const list = [String(numbers[column]), ...(args === "" ? [] : [args])].join(", ");
  // a successful clone goes on in both processes: the child leaves at once
  return `$p = $$; $r = syscall(${list}); exit 0 if $$ != $p || $r == 0 && syscall(${column === 0 ? 39 : 172}) != $p; print $r == -1 ? $!+0 : 0`;
};

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("bwrap");
});
afterAll(() => lab.remove());

async function errnoOf(backend: "bwrap" | "off", source: string): Promise<string> {
  const argv = ["/usr/bin/perl", "-e", source];
  const done = await lab.runner.run(lab.request("", { command: { argv }, spec: { ...SPEC, backend } }));
  return textOf(done.stdout) + textOf(done.stderr);
}

describe("a call that is denied", () => {
  test.each(CALLS)("%s", async (_name, numbers, args, inside) => {
    const source = script(numbers, args);
    const [confined, control] = await Promise.all([errnoOf("bwrap", source), errnoOf("off", source)]);
    expect([confined, control === String(inside)]).toEqual([String(inside), false]);
  });
});

describe("a call that is kept", () => {
  test.each(KEPT)("%s", async (_name, numbers, args) => {
    expect(await errnoOf("bwrap", script(numbers, args))).toBe("0");
  });
});

// arm64 has nothing of the kind to build here; its filter is read in seccomp.test.ts
if (column === 0)
  test("a call of 32-bit code ends the process", async () => {
    // int 0x80 with getpid (20), written as machine code into a small ELF file by perl: no compiler needed
    const code = String.raw`perl -e 'print "\x7fELF\x02\x01\x01" . "\0"x9 . pack("SSLQQQLSSSSSS",2,62,1,0x400078,64,0,0,64,56,1,0,0,0) . pack("LLQQQQQQ",1,5,0,0x400000,0x400000,0x100,0x100,0x1000) . "\xb8\x14\x00\x00\x00\xcd\x80\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05"' > old && chmod +x old && ./old`;
    const [confined, control] = await Promise.all(
      (["bwrap", "off"] as const).map((backend) =>
        lab.runner.run(lab.request(code.replaceAll("old", `old-${backend}`), { spec: { ...SPEC, backend } })),
      ),
    );
    expect([confined?.exitCode, control?.exitCode]).toEqual([159, 0]);
  });
