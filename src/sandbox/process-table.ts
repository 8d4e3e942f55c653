import { readFileSync, readdirSync, statSync } from "node:fs";

/** One process as /proc/PID/stat shows it (proc_pid_stat(5)). `resident` is bytes, files that it maps included. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly resident: number;
  readonly threads: number;
}

/** AT_PAGESZ (getauxval(3)): 4096 on x64, but 16 or 64 KiB on some arm64 kernels. */
function pageSize(): number {
  const vector = readFileSync("/proc/self/auxv");
  for (let at = 0; at + 16 <= vector.length; at += 16) if (vector.readBigUInt64LE(at) === 6n) return Number(vector.readBigUInt64LE(at + 8));
  return 4096;
}

let page: number | undefined;

/**
 * The processes that can belong to `root`: it and those that were started after it, by their numbers, which the kernel gives out in a circle. Few
 * numbers are looked up one by one, because listing all of /proc costs more. One that ends while we look is left out. Zombies are left out too: they
 * hold nothing.
 */
export function readProcesses(root: number): ProcessRow[] {
  const last = Number(readProc("loadavg").trim().split(" ").at(-1)); // the number given out last (proc_loadavg(5))
  const near = last >= root && last - root < 50;
  const later = (pid: number): boolean => pid >= root || (last < root && pid <= last);
  const numbers = near ? Array.from({ length: last - root + 1 }, (_, at) => root + at) : listProcesses().filter(later);
  return numbers.flatMap((pid) => parseStat(readProc(`${pid}/stat`)) ?? []);
}

function listProcesses(): number[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []));
}

/** How many tasks user `uid` runs: the kernel holds threads, too, against RLIMIT_NPROC. */
export function countTasks(uid: number): number {
  let sum = 0;
  for (const pid of listProcesses()) {
    if (statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid) sum += parseStat(readProc(`${pid}/stat`))?.threads ?? 0;
  }
  return sum;
}

/** Does process `pid` still run? A zombie does not. */
export function isAlive(pid: number): boolean {
  return parseStat(readProc(`${pid}/stat`)) !== undefined;
}

/** The name in parentheses may hold anything, also `) R 1`, so fields are counted from the last parenthesis. */
export function parseStat(text: string): ProcessRow | undefined {
  const close = text.lastIndexOf(")");
  if (close < 0) return undefined;
  const fields = text.slice(close + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const [parent = 0, group = 0, session = 0] = fields.slice(1, 4).map(Number);
  page ??= pageSize();
  return { pid: Number.parseInt(text, 10), parent, group, session, threads: Number(fields[17]), resident: Number(fields[21]) * page };
}

/** The processes of a command that was started as `root`, a group leader: it, its descendants, and everyone in its group or session, with their descendants. */
export function membersOf(rows: readonly ProcessRow[], root: number): ProcessRow[] {
  return withDescendants(rows, (row) => row.pid === root || row.group === root || row.session === root);
}

/**
 * The processes that carry `mark` in their environment, and their descendants: finds those that left their group and were orphaned, unless they also
 * cleared their environment. Only needed where no namespace holds a command together.
 */
export function markedBy(rows: readonly ProcessRow[], mark: string): ProcessRow[] {
  return withDescendants(rows, (row) => readProc(`${row.pid}/environ`).includes(mark));
}

function withDescendants(rows: readonly ProcessRow[], belongs: (row: ProcessRow) => boolean): ProcessRow[] {
  const children = Map.groupBy(rows, (row) => row.parent);
  const members = new Set<ProcessRow>();
  const queue = rows.filter(belongs);
  for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
    if (members.has(row)) continue;
    members.add(row);
    queue.push(...(children.get(row.pid) ?? []));
  }
  return [...members];
}

/**
 * Memory that only these processes hold: anonymous and shared, without mapped files, which the kernel can drop. Counted exactly only when the cheap
 * upper bound is above `limit`.
 */
export function memoryOf(rows: readonly ProcessRow[], limit: number): number {
  const bound = rows.reduce((sum, row) => sum + row.resident, 0);
  if (bound <= limit) return bound;
  return rows.reduce((sum, row) => sum + privateMemory(row.pid), 0);
}

function privateMemory(pid: number): number {
  const status = readProc(`${pid}/status`);
  const kilobytes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].map((match) => Number(match[1]));
  return kilobytes.reduce((sum, value) => sum + value * 1024, 0);
}

function readProc(name: string): string {
  try {
    return readFileSync(`/proc/${name}`, "latin1");
  } catch {
    return ""; // it ended between the listing and the reading
  }
}
