import { DENIED, DENIED_SHARED, LOOKED_INTO, MACHINES, NEWEST } from "./syscalls.ts";
import type { Machine } from "./syscalls.ts";

// linux/bpf_common.h and linux/seccomp.h
const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const GREATER = 0x25; // BPF_JMP | BPF_JGT | BPF_K
const ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K
const KILL = 0x80000000;
const ALLOW = 0x7fff0000;
const FAIL = 0x00050000; // SECCOMP_RET_ERRNO, the errno in the low bits
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

// struct seccomp_data: nr, arch, instruction_pointer, args[6] (64 bits each, low word first on these machines)
const NUMBER = 0;
const ARCHITECTURE = 4;
const argument = (index: number): number => 16 + 8 * index;

// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h)
const NAMESPACES = 0x7e020000;
// Typing into the terminal that started us: TIOCSTI, and TIOCLINUX for the console (CVE-2017-5226)
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const EVERYONE = 0xffffffff; // kill(-1)

type Verdict = "allow" | "deny" | "missing" | "family" | "kill";
/** Where a test leads: a verdict, or a number of instructions to skip. */
type Target = Verdict | number;
interface Instruction {
  readonly code: number;
  readonly k: number;
  readonly yes: Target;
  readonly no: Target;
}

/**
 * The system-call filter of a command, as the kernel wants it: an array of `struct sock_filter` (8 bytes each, little endian).
 * `shared`: the command lives in the machine's own namespaces (Landlock), so sockets, new sessions and shared IPC are denied too.
 * Arguments are compared by their low word only, because that is all the kernel reads of an int (CVE-2019-10063).
 */
export function buildFilter(machine: Machine, shared: boolean): Buffer {
  const { audit, foreign, column } = MACHINES[machine];
  const numbersOf = (table: typeof DENIED): number[] => Object.values(table).flatMap((row) => row[column] ?? []);
  const denied = [...numbersOf(DENIED), ...(shared ? numbersOf(DENIED_SHARED) : [])];
  const program: Instruction[] = [load(ARCHITECTURE), test(EQUAL, audit, 0, "kill"), load(NUMBER)];
  if (foreign !== null) program.push(test(GREATER, foreign - 1, "kill", 0));
  program.push(test(GREATER, NEWEST, "missing", 0));
  // glibc falls back from clone3, whose flags lie in memory where a filter can't read them, to clone
  program.push(test(EQUAL, LOOKED_INTO.clone3[column], "missing", 0));
  for (const number of denied) program.push(test(EQUAL, number, "deny", 0));
  program.push(...lookInto(LOOKED_INTO.clone[column], 0, [test(ANY_BIT, NAMESPACES, "deny", "allow")]));
  program.push(...lookInto(LOOKED_INTO.ioctl[column], 1, [test(EQUAL, TIOCSTI, "deny", 0), test(EQUAL, TIOCLINUX, "deny", "allow")]));
  program.push(...(shared ? lookInto(LOOKED_INTO.kill[column], 0, [test(EQUAL, EVERYONE, "deny", "allow")]) : families(column)));
  return assemble(program);
}

/** Sockets of a network namespace of one's own: UNIX and INET only; AF_VSOCK and AF_NETLINK are not held by the namespace. */
function families(column: 0 | 1): Instruction[] {
  const known = [AF_UNIX, AF_INET, AF_INET6].map((family) => test(EQUAL, family, "allow", 0));
  return lookInto(LOOKED_INTO.socket[column], 0, [...known, test(EQUAL, AF_UNIX, "allow", "family")]);
}

/** `checks` on one argument of one call. They end in a verdict, so that what follows still sees the call's number. */
function lookInto(number: number, index: number, checks: readonly Instruction[]): Instruction[] {
  const body = [load(argument(index)), ...checks];
  return [test(EQUAL, number, 0, body.length), ...body];
}

function load(offset: number): Instruction {
  return { code: LOAD, k: offset, yes: 0, no: 0 };
}

function test(code: number, k: number, yes: Target, no: Target): Instruction {
  return { code, k, yes, no };
}

const ENDINGS: readonly (readonly [Verdict, number])[] = [
  ["allow", ALLOW],
  ["deny", FAIL | EPERM],
  ["missing", FAIL | ENOSYS],
  ["family", FAIL | EAFNOSUPPORT],
  ["kill", KILL],
];

function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(8 * (program.length + ENDINGS.length));
  const distance = (from: number, target: Target): number => {
    if (typeof target === "number") return target;
    const far = program.length + ENDINGS.findIndex(([name]) => name === target) - from - 1;
    if (far < 0 || far > 255) throw new Error(`a jump of ${far} does not fit into a filter instruction`);
    return far;
  };
  program.forEach((one, at) => write(bytes, at, one.code, distance(at, one.yes), distance(at, one.no), one.k));
  ENDINGS.forEach(([, value], index) => write(bytes, program.length + index, RETURN, 0, 0, value));
  return bytes;
}

function write(bytes: Buffer, at: number, code: number, yes: number, no: number, k: number): void {
  bytes.writeUInt16LE(code, 8 * at);
  bytes.writeUInt8(yes, 8 * at + 2);
  bytes.writeUInt8(no, 8 * at + 3);
  bytes.writeUInt32LE(k >>> 0, 8 * at + 4);
}
