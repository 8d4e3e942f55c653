/**
 * System calls that no sandboxed command gets, with their numbers on the two machines we know. Data only; `seccomp.ts` turns it into a filter.
 * Numbers: Linux `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h` (arm64). `null`: that machine has no such call.
 */

/** A machine a filter can be made for, in Node's words (`process.arch`). */
export type Machine = "x64" | "arm64";

/** What the filter must know of a machine. */
interface MachineTable {
  /** AUDIT_ARCH_* of `linux/audit.h`; every other architecture (i386 through `int 0x80`) is killed. */
  readonly audit: number;
  /** Bit of x32 calls, which share the x64 architecture but not its numbers (CVE-2014-3153's class of filter bypass). */
  readonly foreign: number | null;
  /** Column of this machine in the tables below. */
  readonly column: 0 | 1;
}

export const MACHINES: Readonly<Record<Machine, MachineTable>> = {
  x64: { audit: 0xc000003e, foreign: 0x40000000, column: 0 },
  arm64: { audit: 0xc00000b7, foreign: null, column: 1 },
};

/** The newest call these tables were written against (file_setattr, Linux 6.17): anything above answers ENOSYS, as on an older kernel. */
export const NEWEST = 469;

type Numbers = Readonly<Record<string, readonly [x64: number | null, arm64: number | null]>>;

/** Answered with EPERM in every backend. */
export const DENIED: Numbers = {
  // other processes' memory and descriptors
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  // large kernel attack surface
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  // the kernel's keyrings are not namespaced
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // mounts and namespaces
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  statmount: [457, 457],
  listmount: [458, 458],
  open_tree_attr: [467, 467],
  setns: [308, 268],
  unshare: [272, 97],
  // files by handle instead of by path (the "shocker" escape), and watching whole mounts
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  // the machine itself
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  syslog: [103, 116],
  lookup_dcookie: [212, 18],
  vhangup: [153, 58],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  uselib: [134, null],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  // memory that no process's resident set shows, so that the watchdog could not see it
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  shmget: [29, 194],
  shmat: [30, 196],
  msgget: [68, 186],
  semget: [64, 190],
};

/** Answered with EPERM as well where the command shares the machine's namespaces (the Landlock backend). */
export const DENIED_SHARED: Numbers = {
  // no network namespace: no sockets at all (socketpair stays); a filter cannot see where a UNIX socket connects
  socket: [41, 198],
  // leaving the process group would leave the group's end
  setsid: [112, 157],
  setpgid: [109, 154],
  // objects of the shared IPC namespace, reachable by number or name
  shmctl: [31, 195],
  semctl: [66, 191],
  semop: [65, 193],
  semtimedop: [220, 192],
  msgctl: [71, 187],
  msgsnd: [69, 189],
  msgrcv: [70, 188],
  mq_open: [240, 180],
  mq_unlink: [241, 181],
  // signals by thread, by queue or by handle; plain kill stays, but not to everyone (see seccomp.ts)
  tkill: [200, 130],
  rt_sigqueueinfo: [129, 138],
  rt_tgsigqueueinfo: [297, 240],
  pidfd_open: [434, 434],
};

/** Calls whose arguments the filter looks at. */
export const LOOKED_INTO = {
  clone: [56, 220],
  clone3: [435, 435],
  ioctl: [16, 29],
  socket: [41, 198],
  kill: [62, 129],
} as const satisfies Numbers;
