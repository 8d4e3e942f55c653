/** The main database and the end of the audit in it. Cheap: of a log of a million records some thousand are read; `audit verify` reads all. */
import { existsSync } from "node:fs";
import { fail, ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

export const auditChecks: readonly Examination[] = [
  {
    id: "database",
    atStart: false,
    look: checkDatabase,
    remedy: "Restore the database from a backup, or choose another directory with --state.",
  },
  { id: "audit", atStart: false, look: checkAudit, remedy: "Run `portcullis audit verify` and keep the files as evidence." },
];

/** Opens it for reading first: an older one is migrated by the server, with a copy, and never by a look. */
async function checkDatabase(subject: Subject): Promise<Finding> {
  const state = await subject.state();
  await subject.sqlite();
  const [{ openDatabase }, { auditFiles }] = await Promise.all([import("../../audit/database.ts"), import("../../audit/state.ts")]);
  const file = auditFiles(state).database;
  if (!existsSync(file)) return ok("no database yet: it is made when the server starts");
  openDatabase(file, { readonly: true }).close();
  const db = openDatabase(file);
  try {
    const synchronous = ["OFF", "NORMAL", "FULL", "EXTRA"][Number(db.pragma("synchronous", { simple: true }))] ?? "unknown";
    const mode = String(db.pragma("journal_mode", { simple: true })).toUpperCase();
    if (mode !== "WAL" || synchronous === "OFF")
      return fail(`SQLite runs in mode ${mode} with synchronous ${synchronous}`, "Keep the state on a local file system.");
    return ok(`${mode}, synchronous ${synchronous} (FULL for writes)`);
  } finally {
    db.close();
  }
}

async function checkAudit(subject: Subject): Promise<Finding> {
  const [state, { log }] = [await subject.state(), await subject.config()];
  const recent = await subject.recent();
  if (recent === undefined) return ok("nothing is recorded yet");
  const { verifyEnd } = await import("../../audit/verify-state.ts");
  const { ok: holds, problem = "", firstBad, records, notices } = await verifyEnd(state, log.anchor);
  if (!holds)
    return fail(
      `the audit does not hold${firstBad === undefined ? "" : ` at record ${firstBad}`}: ${problem}`,
      `Stop the server, keep the state directory as evidence, and look at all of it (docs/audit.md, runbooks): ${await subject.command("audit", "verify")}`,
    );
  const { living, orphaned } = recent.open;
  const message = [`the last ${records} records hold`, `${living} calls are under way`, ...notices].join("; ");
  if (orphaned === 0) return ok(message);
  return warn(
    `${message}; ${orphaned} calls have no outcome: the server that made them died`,
    `Start the server: it records their outcome as unknown. What they were: ${await subject.command("audit", "query")}`,
  );
}
