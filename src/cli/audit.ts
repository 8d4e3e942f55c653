/** `portcullis audit`, and the verb of `keys` that signs the log: `keys rotate-audit`. */
import type { Command } from "commander";
import { Refusal } from "../types.ts";
import { escapeControls } from "./table.ts";
import type { Audit } from "../audit/audit.ts";
import type { Database } from "../audit/database.ts";
import type { AuditLine } from "../audit/query.ts";
import { parseAge, parseSince } from "../audit/since.ts";
import type { Verification } from "../audit/verify.ts";

/** What the commands need from the program. */
export interface AuditCommandDeps {
  /** Where `--state`, `--config` and the environment say that the state is, and the configured `log.anchor`. */
  readonly placeOf: (options: CommonOptions) => Promise<{ readonly directory: string; readonly anchor?: string | undefined }>;
  readonly now: () => number;
  readonly random: (size: number) => Buffer;
  /** Writes to standard output; a promise makes a long export wait. */
  readonly out: (text: string) => void | Promise<void>;
  readonly err: (text: string) => void;
  /** Does a person watch standard error? Then long work shows how far it is. */
  readonly progress: boolean;
  /** Sets the exit code. */
  readonly exit: (code: number) => void;
}

/** What every verb that reads the log takes. */
export interface CommonOptions {
  readonly state?: string;
  readonly config?: string;
  readonly json?: boolean;
}

function usage(reason: string, remedy: string): Refusal {
  return new Refusal("INVALID_INPUT", reason, remedy);
}

/** A point in time, in milliseconds since 1970; a Refusal for what is none. */
export function timeOf(text: string | undefined, now: number): number | undefined {
  const time = text === undefined ? undefined : parseSince(text, now);
  if (text !== undefined && time === undefined) {
    throw usage(`\`${text}\` is not a time`, "write 2026-11-20, 2026-11-20T08:00:00Z, or how long ago: 30m, 12h, 7d");
  }
  return time;
}

function countOf(text: string, name: string): number {
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw usage(`\`${text}\` is not a count for ${name}`, `write a whole number: ${name} 100`);
  return Number(text);
}

/** Runs a verb: its number is the exit code; a Refusal is one line and exit 2 for wrong use, else 3. */
export async function run(deps: AuditCommandDeps, verb: () => Promise<number>): Promise<void> {
  try {
    deps.exit(await verb());
  } catch (error) {
    const { describeFault, isStoreFault } = await import("../audit/database.ts");
    if (!(error instanceof Refusal) && !isStoreFault(error)) throw error;
    const { code, message, remedy } = error instanceof Refusal ? error : describeFault(error);
    deps.err(`portcullis: ${message}: ${remedy}\n`);
    deps.exit(code === "AUDIT_UNAVAILABLE" ? 3 : 2);
  }
}

/** Opens the log for reading. */
export async function withDatabase<T>(deps: AuditCommandDeps, options: CommonOptions, use: (db: Database) => T | Promise<T>): Promise<T> {
  const { directory } = await deps.placeOf(options);
  const [{ openDatabase }, { auditFiles }] = await Promise.all([import("../audit/database.ts"), import("../audit/state.ts")]);
  const db = openDatabase(auditFiles(directory).database, { readonly: true });
  try {
    return await use(db);
  } finally {
    db.close();
  }
}

/** Opens the log for writing, beside a server that may be running. */
async function withAudit<T>(
  deps: AuditCommandDeps,
  options: CommonOptions,
  use: (audit: Audit) => T | Promise<T>,
  lostKey = false,
): Promise<T> {
  const { directory, anchor } = await deps.placeOf(options);
  const [{ openAudit }, { requireDatabase }] = await Promise.all([import("../audit/audit.ts"), import("../audit/database.ts")]);
  const { auditFiles } = await import("../audit/state.ts");
  requireDatabase(auditFiles(directory).database);
  const { now, random } = deps;
  const audit = openAudit({ directory, anchor, now, random, lostKey, report: (message) => deps.err(`portcullis: ${message}\n`) });
  try {
    return await use(audit);
  } finally {
    audit.close();
  }
}

function progressBar(deps: AuditCommandDeps): (done: number, total: number) => void {
  let shown = -1;
  return (done, total) => {
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
    if (!deps.progress || percent === shown) return;
    shown = percent;
    const filled = Math.floor(percent / 4);
    deps.err(`\r[${"#".repeat(filled)}${".".repeat(25 - filled)}] ${percent} %${percent === 100 ? "\n" : ""}`);
  };
}

async function verify(deps: AuditCommandDeps, options: CommonOptions & { checkpoint?: string; since?: string }): Promise<number> {
  const since = options.since === undefined ? undefined : countOf(options.since, "--since");
  const { directory, anchor } = await deps.placeOf(options);
  const { verifyState } = await import("../audit/verify-state.ts");
  const found = await verifyState(directory, {
    anchors: anchor === undefined ? [] : [anchor],
    checkpoint: options.checkpoint,
    since,
    onProgress: progressBar(deps),
  });
  await deps.out(options.json ? `${JSON.stringify(found)}\n` : describe(found));
  return found.ok ? 0 : 1;
}

function describe(found: Verification): string {
  const notices = found.notices.map((notice) => `note: ${notice}\n`).join("");
  const size = `${found.records} records, ${found.checkpoints} checkpoints`;
  if (found.ok) return `ok: ${size}\n${notices}`;
  const place = found.firstBad === undefined ? "" : `record ${found.firstBad}: `;
  return `not ok: ${place}${escapeControls(found.problem ?? "")}\n${size} hold\n${notices}`;
}

interface QueryOptions extends CommonOptions {
  readonly session?: string;
  readonly tool?: string;
  readonly principal?: string;
  readonly effect?: string;
  readonly since?: string;
  readonly limit: string;
}

/** Tools by name or glob, as a rule of the policy names them. */
async function toolsOf(glob: string): Promise<(name: string) => boolean> {
  const { compileTool } = await import("../policy/rule.ts");
  try {
    return compileTool(glob);
  } catch (error) {
    throw usage(`--tool: ${error instanceof Error ? error.message : String(error)}`, "name a tool, or a glob such as 'github/*'");
  }
}

async function query(deps: AuditCommandDeps, options: QueryOptions): Promise<number> {
  const { session, principal, effect } = options;
  const limit = countOf(options.limit, "--limit");
  const since = timeOf(options.since, deps.now());
  const { EFFECTS } = await import("../types.ts");
  if (effect !== undefined && !EFFECTS.some((known) => known === effect))
    throw usage(`\`${effect}\` is not an effect`, `use one of ${EFFECTS.join(", ")}`);
  const { queryAudit } = await import("../audit/query.ts");
  const tool = options.tool === undefined ? undefined : await toolsOf(options.tool);
  const lines = await withDatabase(deps, options, (db) => queryAudit(db, { session, tool, principal, effect, since, limit }));
  await deps.out(lines.map((line) => (options.json ? `${JSON.stringify(line)}\n` : describeLine(line))).join(""));
  return 0;
}

function describeLine(line: AuditLine): string {
  const { seq, time, kind, callId, tool, effect, rules, status, event, summary } = line;
  const words = [seq, time, kind, callId, tool, effect, rules.join(","), status, event, summary && `"${summary}"`];
  return `${escapeControls(words.filter((word) => word !== null && word !== undefined && word !== "").join("  "))}\n`;
}

async function exportLog(deps: AuditCommandDeps, options: CommonOptions & { since?: string }): Promise<number> {
  const since = timeOf(options.since, deps.now()) ?? 0;
  const { exportAudit } = await import("../audit/export.ts");
  await withDatabase(deps, options, async (db) => {
    for (const record of exportAudit(db, since)) await deps.out(`${JSON.stringify(record)}\n`);
  });
  return 0;
}

async function backup(deps: AuditCommandDeps, options: CommonOptions & { to?: string; keep: string }): Promise<number> {
  const keep = countOf(options.keep, "--keep");
  const { directory } = await deps.placeOf(options);
  const [{ backupDatabase }, { auditFiles }] = await Promise.all([import("../audit/backup.ts"), import("../audit/state.ts")]);
  const to = options.to ?? auditFiles(directory).backups;
  const file = await withDatabase(deps, options, (db) =>
    backupDatabase(db, { directory: to, keep, time: deps.now(), onProgress: progressBar(deps) }).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error)) throw error;
      throw usage(
        `the backup can't be written to ${to} (${String(error.code)})`,
        "name a directory with room that this user may write to: --to DIR",
      );
    }),
  );
  await deps.out(options.json ? `${JSON.stringify({ file })}\n` : `${file}\n`);
  return 0;
}

async function prune(deps: AuditCommandDeps, options: CommonOptions & { olderThan: string }): Promise<number> {
  const age = parseAge(options.olderThan);
  if (age === undefined) throw usage(`\`${options.olderThan}\` is not a length of time`, "write it with its unit: --older-than 90d");
  const removed = await withAudit(deps, options, (audit) => audit.prune(deps.now() - age));
  await deps.out(options.json ? `${JSON.stringify({ removed })}\n` : `removed ${removed} records\n`);
  return 0;
}

async function erase(deps: AuditCommandDeps, callId: string, options: CommonOptions): Promise<number> {
  const erased = await withAudit(deps, options, (audit) => audit.erase(callId));
  await deps.out(
    options.json ? `${JSON.stringify({ callId, erased })}\n` : `erased what ${erased} records of ${escapeControls(callId)} said\n`,
  );
  return 0;
}

async function checkpoint(deps: AuditCommandDeps, options: CommonOptions): Promise<number> {
  const { parseCheckpoint } = await import("../audit/note.ts");
  const note = await withAudit(deps, options, (audit) => audit.checkpoint());
  const { origin, size, root } = parseCheckpoint(note);
  await deps.out(options.json ? `${JSON.stringify({ origin, size, root: root.toString("base64"), note })}\n` : note);
  return 0;
}

/** Adds `audit` and its verbs. */
export function auditCommands(program: Command, deps: AuditCommandDeps): void {
  const audit = program.command("audit").description("read and prove the record of every call");
  const verb = (name: string, description: string, example: string) =>
    audit
      .command(name)
      .description(description)
      .option("--state <dir>", "the state directory of the server")
      .option("--config <file>", "the config file of the server, for `log.anchor`")
      .option("--json", "as JSON, one object a line")
      .addHelpText("after", `\nExample:\n  portcullis audit ${example}\n`);
  verb("verify", "prove that no record was changed, moved, removed or cut off", "verify --checkpoint kept.txt")
    .option("--checkpoint <file>", "hold the log against what `audit checkpoint` printed earlier")
    .option("--since <records>", "start at the newest checkpoint over at most so many records")
    .action((options) => run(deps, () => verify(deps, options)));
  verb("query", "the newest records that fit, oldest first", "query --tool run_command --since 24h --json")
    .option("--session <id>", "of this session")
    .option("--tool <name>", "of this tool, or of those that a glob names, as in the policy ('server/*')")
    .option("--principal <id>", "of this principal")
    .option("--effect <effect>", "decided so: allow, ask, dry_run or deny")
    .option("--since <time>", "2026-11-20, 2026-11-20T08:00:00Z, or how long ago: 30m, 12h, 7d")
    .option("--limit <n>", "records at most", "50")
    .action((options) => run(deps, () => query(deps, options)));
  verb("export", "all records with their exact text and links, as JSON lines", "export --since 7d > audit.jsonl")
    .option("--since <time>", "records of this time and later")
    .action((options) => run(deps, () => exportLog(deps, options)));
  verb("checkpoint", "seal the log and print the signed checkpoint; keep it elsewhere", "checkpoint > kept.txt").action((options) =>
    run(deps, () => checkpoint(deps, options)),
  );
  verb("backup", "copy the database while it is in use, compressed", "backup --to /mnt/backups --keep 14")
    .option("--to <dir>", "where to (default: backups in the state directory)")
    .option("--keep <n>", "how many to keep", "7")
    .action((options) => run(deps, () => backup(deps, options)));
  verb("prune", "remove sealed segments that are older", "prune --older-than 90d")
    .option("--older-than <age>", "with its unit", "90d")
    .action((options) => run(deps, () => prune(deps, options)));
  verb("erase", "erase what a call said; the proof that it was there stays", "erase c_01JD0ZP9")
    .argument("<callid>", "the id of the call")
    .action((callId: string, options) => run(deps, () => erase(deps, callId, options)));
}

/** Adds `keys rotate-audit`. */
export function rotateAuditCommand(keys: Command, deps: AuditCommandDeps): void {
  keys
    .command("rotate-audit")
    .description("sign checkpoints with a new key from now on; the old one vouches for it")
    .option("--state <dir>", "the state directory of the server")
    .option("--config <file>", "the config file of the server, for `log.anchor`")
    .option("--lost", "the old key is gone: nothing vouches for the new one, and `audit verify` says so for good")
    .addHelpText("after", "\nExample:\n  portcullis keys rotate-audit\n")
    .action((options: CommonOptions & { lost?: boolean }) =>
      run(deps, async () => {
        const lost = options.lost ?? false;
        const note = await withAudit(deps, options, (audit) => (lost ? audit.checkpoint() : audit.rotateKey()), lost);
        await deps.out(note);
        return 0;
      }),
    );
}
