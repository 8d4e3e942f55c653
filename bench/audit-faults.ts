/**
 * Failing disks: `node bench/audit-faults.ts` (Linux, needs `cc`). A library in front of libc fails some of the writes (half of them torn) and fsyncs on the
 * database while a process makes calls; afterwards no effect may be without its intent, nothing acknowledged lost, and the log must hold.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAudit } from "../src/audit/audit.ts";
import { queryAudit } from "../src/audit/query.ts";
import { verifyState } from "../src/audit/verify-state.ts";
import { Refusal } from "../src/types.ts";

const CALLS = 3_000;
const RUNS = [
  { FAIL_SYNC: "37" },
  { FAIL_SYNC: "3" },
  { FAIL_WRITE: "211" },
  { FAIL_WRITE: "1013" },
  { FAIL_WRITE: "401", FAIL_SYNC: "53" },
];

const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int ours(int fd) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  return strstr(path, "portcullis.db") && !strstr(path, "-shm");
}
/* Every Nth call fails, N from the environment; 0 for one that goes through, else how many failed before it. */
static unsigned due(const char *name, unsigned *count) {
  const char *every = getenv(name);
  return every && ++*count % atoi(every) == 0 ? *count / atoi(every) : 0;
}
static unsigned syncs, writes;
#define SYNC(name) int name(int fd) { \\
  int (*real)(int) = dlsym(RTLD_NEXT, #name); \\
  if (ours(fd) && due("FAIL_SYNC", &syncs)) { errno = EIO; return -1; } \\
  return real(fd); }
SYNC(fsync)
SYNC(fdatasync)
ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) {
  ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite64");
  unsigned failed = ours(fd) ? due("FAIL_WRITE", &writes) : 0;
  if (!failed) return real(fd, data, size, at);
  if (failed % 2) real(fd, data, size / 2, at);
  errno = failed % 3 ? EIO : ENOSPC;
  return -1;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }
`;

/** The process on the failing disk: an effect only after its intent, an acknowledgement only after its outcome. */
async function makeCalls(directory: string, home: string): Promise<void> {
  const [effects, acknowledged] = [openSync(join(home, "effects"), "a"), openSync(join(home, "acknowledged"), "a")];
  let refused = 0;
  const audit = openAudit({ directory, now: Date.now, random: randomBytes, report: () => undefined });
  for (let n = 0; n < CALLS; n += 1) {
    const callId = `c${n}`;
    try {
      await audit.intent({
        callId,
        session: "s1",
        principal: "local",
        tool: "write_file",
        effect: "allow",
        rules: [],
        argsDigest: "",
        summary: "x".repeat(n % 100),
        query: { text: "y".repeat(n % 3_000) },
        policyDigest: "",
        durability: n % 2 === 0 ? "process" : "power",
      });
      writeSync(effects, `${callId}\n`);
      await audit.outcome({ callId, status: "done", durationMs: 0 });
      writeSync(acknowledged, `${callId}\n`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused += 1;
    }
  }
  process.stdout.write(`${refused} of ${CALLS} calls refused`);
  // No close: the process ends as if it was killed.
  process.exit(0);
}

async function check(directory: string, home: string): Promise<string> {
  const audit = openAudit({ directory, now: Date.now, random: randomBytes, report: () => undefined });
  const lines = queryAudit(audit.db, { limit: 10_000_000 });
  audit.close();
  const intents = new Set(lines.filter(({ kind }) => kind === "intent").map(({ callId }) => callId));
  const done = new Set(lines.filter(({ status }) => status === "done").map(({ callId }) => callId));
  const read = (name: string) => readFileSync(join(home, name), "utf8").split("\n").filter(Boolean);
  const unrecorded = read("effects").filter((id) => !intents.has(id)).length;
  const lost = read("acknowledged").filter((id) => !done.has(id)).length;
  const { ok, records } = await verifyState(directory, { anchors: [] });
  if (unrecorded > 0 || lost > 0 || !ok) process.exitCode = 1;
  return `${read("effects").length} effects, ${unrecorded} unrecorded; ${read("acknowledged").length} acknowledged, ${lost} lost; verify ${ok ? "ok" : "NOT ok"} (${records})`;
}

const [role, given = "", givenHome = ""] = process.argv.slice(2);
if (role === "calls") await makeCalls(given, givenHome);
const home = mkdtempSync(join(tmpdir(), "portcullis-faults-"));
try {
  writeFileSync(join(home, "shim.c"), SHIM);
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", join(home, "shim.so"), join(home, "shim.c"), "-ldl"]);
  for (const [n, faults] of RUNS.entries()) {
    const [directory, place] = [join(home, `state-${n}`), join(home, `run-${n}`)];
    mkdirSync(place);
    // The log is begun on a sound disk: what is tried is its going on.
    openAudit({ directory, now: Date.now, random: randomBytes, report: () => undefined }).close();
    const environment = { ...faults, LD_PRELOAD: join(home, "shim.so") };
    const run = spawnSync(process.execPath, [import.meta.filename, "calls", directory, place], { env: environment, encoding: "utf8" });
    process.stdout.write(`${JSON.stringify(faults)}: ${run.stdout}${run.stderr}; ${await check(directory, place)}\n`);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
