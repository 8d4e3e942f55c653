import type { SandboxSpec } from "../types.ts";

/** Open files a process may hold. High enough for bundlers and test runners, low enough that descriptors are no memory to hide in. */
const OPEN_FILES = 4096;
/** /dev/shm of a command; programs that share more memory than this use files. */
export const SHARED_MEMORY = 64 * 1024 * 1024;

/**
 * `prlimit` and its options: what runs behind them can't raise them. RLIMIT_DATA and not RLIMIT_AS, because Node reserves far more addresses than it
 * uses. `others` are tasks of the same user outside of the command, where the kernel counts by user and not by namespace.
 */
export function limitArgv(prlimit: string, spec: SandboxSpec, others: number): string[] {
  return [
    prlimit,
    `--data=${spec.memory}`,
    `--fsize=${spec.disk}`,
    `--nproc=${spec.processes + others}`,
    `--nofile=${OPEN_FILES}`,
    "--core=0",
    "--msgqueue=0",
    "--",
  ];
}
