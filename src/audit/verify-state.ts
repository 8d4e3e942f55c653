/** Verifies a state directory as it lies there: its database with its key, its anchors, and a checkpoint that was kept elsewhere. */
import { existsSync } from "node:fs";
import { Refusal } from "../types.ts";
import { lastAnchored, readAnchor } from "./anchor.ts";
import { openDatabase, requireDatabase, type Database } from "./database.ts";
import { readSigningKey } from "./key.ts";
import { verifierKey } from "./note.ts";
import { lastSeal } from "./seal.ts";
import { auditFiles, type AuditFiles } from "./state.ts";
import { verifyAudit, type Verification, type VerifyOptions } from "./verify.ts";

/** What to hold the log against besides its own anchor. */
export interface VerifyStateOptions extends Pick<VerifyOptions, "since" | "onProgress"> {
  /** Further anchor files. */
  readonly anchors: readonly string[];
  /** A file with what `audit checkpoint` printed. */
  readonly checkpoint?: string | undefined;
}

function keptIn(file: string): readonly string[] {
  try {
    const notes = existsSync(file) ? readAnchor(file) : [];
    if (notes.length > 0) return notes;
  } catch (error) {
    throw new Refusal("INVALID_INPUT", `${file} is not a checkpoint`, "give a file that `portcullis audit checkpoint` printed", error);
  }
  throw new Refusal("INVALID_INPUT", `there is no checkpoint in ${file}`, "give a file that `portcullis audit checkpoint` printed");
}

/**
 * Verifies the log of a state directory. What is damaged beyond opening is a finding too. Throws a Refusal `INVALID_INPUT` for a wrong checkpoint
 * file and `AUDIT_UNAVAILABLE` when there is no database.
 */
export async function verifyState(directory: string, options: VerifyStateOptions): Promise<Verification> {
  const files = auditFiles(directory);
  const kept = options.checkpoint === undefined ? [] : keptIn(options.checkpoint);
  requireDatabase(files.database);
  return verifyFiles(files, () => {
    const anchored = [files.anchor, ...options.anchors].flatMap((file) => readAnchor(file));
    return { kept: [...anchored, ...kept], since: options.since, onProgress: options.onProgress };
  });
}

/**
 * Verifies the end of the log only: from the checkpoint before the newest one on, and against what the anchors know last. Some thousand records,
 * whatever the length of the log; that checkpoint's signature is trusted for what came before.
 */
export function verifyEnd(directory: string, anchor: string | undefined): Promise<Verification> {
  const files = auditFiles(directory);
  return verifyFiles(files, (db) => {
    const kept = [files.anchor, ...(anchor === undefined ? [] : [anchor])].flatMap((file) => lastAnchored(file) ?? []);
    const newest = lastSeal(db);
    return { kept, quick: true, since: newest && Math.max(0, newest.seq - 2) };
  });
}

async function verifyFiles(files: AuditFiles, plan: (db: Database) => Omit<VerifyOptions, "keyOf">): Promise<Verification> {
  try {
    const key = readSigningKey(files.key);
    const db = openDatabase(files.database, { readonly: true });
    try {
      return await verifyAudit(db, { keyOf: (origin) => key && verifierKey(origin, key), ...plan(db) });
    } finally {
      db.close();
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ok: false, records: 0, firstBad: 1, problem, checkpoints: 0, notices: [] };
  }
}
