/**
 * What the audit costs: `node bench/audit.ts` for the cost of a call and of many writers, `node bench/audit.ts million` for a log of a million
 * records (some minutes and 1.5 GB in the temporary directory). Figures are of this machine; say so where you quote them.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAudit, type Audit } from "../src/audit/audit.ts";
import { backupDatabase } from "../src/audit/backup.ts";
import { openDatabase } from "../src/audit/database.ts";
import { queryAudit, type AuditFilter } from "../src/audit/query.ts";
import { auditFiles } from "../src/audit/state.ts";
import { verifyState } from "../src/audit/verify-state.ts";
import type { Durability } from "../src/types.ts";

const TOOLS = [
  "read_text_file",
  "list_directory",
  "search_content",
  "write_file",
  "edit_file",
  "run_command",
  "fetch",
  "github/list_issues",
];
const ROUNDS = 9;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function say(what: string, figure: number, unit: string, aim: string): void {
  process.stdout.write(`${what.padEnd(62)} ${figure.toFixed(figure < 100 ? 1 : 0).padStart(9)} ${unit.padEnd(10)} aim ${aim}\n`);
}

/** One whole call as the guard records it: digest of the arguments, intent, outcome. */
async function call(audit: Audit, n: number, durability: Durability): Promise<void> {
  const callId = `c_${String(n).padStart(20, "0")}`;
  const session = `s_${String(n % 200).padStart(16, "0")}`;
  const tool = TOOLS[n % TOOLS.length] ?? "";
  const path = `/w/src/file-${n % 1000}.ts`;
  const resources = [{ kind: "path", op: "read", path, type: "file", links: 1 }];
  const principal = { id: "local", client: "bench", scopes: [] };
  const query = {
    principal,
    session,
    tool,
    risk: "low",
    args: { path },
    resources,
    workspaces: ["/w"],
    transport: "stdio",
    interactive: true,
    labels: [],
  };
  await audit.intent({
    callId,
    session,
    principal: "local",
    tool,
    effect: "allow",
    rules: ["default/by-risk"],
    argsDigest: audit.digest({ path }),
    summary: `${tool} ${path}`,
    query,
    policyDigest: `sha256:${"0".repeat(64)}`,
    durability,
  });
  await audit.outcome({ callId, status: "done", durationMs: 2 });
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function benchCalls(audit: Audit): Promise<void> {
  let n = 0;
  const medians: number[] = [];
  const means: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const each: number[] = [];
    for (let i = 0; i < 4_000; i += 1) each.push(await timed(() => call(audit, (n += 1), "process")));
    medians.push(median(each));
    means.push(each.reduce((sum, value) => sum + value, 0) / each.length);
  }
  say("low-risk call, digest + intent + outcome, median", median(medians) * 1_000, "us", "< 40");
  say("the same, mean with checkpoints and index", median(means) * 1_000, "us", "-");
}

async function benchWriters(audit: Audit): Promise<void> {
  const rates: number[] = [];
  let n = 10_000_000;
  for (let round = 0; round < ROUNDS; round += 1) {
    const calls = 64 * 100;
    const spent = await timed(() =>
      Promise.all(
        Array.from({ length: 64 }, async () => {
          for (let i = 0; i < 100; i += 1) await call(audit, (n += 1), "power");
        }),
      ),
    );
    rates.push((calls * 2) / (spent / 1_000));
  }
  say("64 concurrent writers at durability power", median(rates), "records/s", ">= 10,000");
}

async function benchMillion(directory: string, audit: Audit): Promise<void> {
  const filled = await timed(async () => {
    for (let n = 0; n < 500_000; n += 500) await Promise.all(Array.from({ length: 500 }, (_, i) => call(audit, n + i, "process")));
  });
  audit.close();
  say("writing 1,000,000 records, 500 calls at once", 1_000_000 / (filled / 1_000), "records/s", "-");
  const { database, backups } = auditFiles(directory);
  say("size of the database", statSync(database).size / 1_000_000, "MB", "-");
  const db = openDatabase(database, { readonly: true });
  const pages: readonly (readonly [string, AuditFilter])[] = [
    ["page of 50 by session", { session: "s_0000000000000117", limit: 50 }],
    ["page of 50 by tool", { tool: (name) => name === "fetch", limit: 50 }],
    ["page of 50 by session and tool", { session: "s_0000000000000117", tool: (name) => name === "edit_file", limit: 50 }],
    ["newest 50", { limit: 50 }],
  ];
  for (const [name, filter] of pages) {
    const times: number[] = [];
    for (let i = 0; i < 50; i += 1) times.push(await timed(() => queryAudit(db, filter)));
    say(name, median(times), "ms", "< 2");
  }
  say(
    "verify",
    (await timed(async () => process.stdout.write(`${JSON.stringify(await verifyState(directory, { anchors: [] }))}\n`))) / 1_000,
    "s",
    "< 15",
  );
  say("backup", (await timed(() => backupDatabase(db, { directory: backups, keep: 1, time: Date.now() }))) / 1_000, "s", "< 15");
  db.close();
}

const directory = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
try {
  const audit = openAudit({ directory, now: Date.now, random: randomBytes, report: (message) => process.stderr.write(`${message}\n`) });
  if (process.argv[2] === "million") await benchMillion(directory, audit);
  else {
    await benchCalls(audit);
    await benchWriters(audit);
    audit.close();
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
