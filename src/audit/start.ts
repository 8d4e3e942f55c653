/**
 * What must hold before the first record of a process is written: the log has a beginning, the key in the state directory is the one that
 * signs it, and the log is not older than its anchor. Anything else stops the start and is left as it was found.
 */
import { renameSync, rmSync } from "node:fs";
import type { KeyObject } from "node:crypto";
import { Refusal } from "../types.ts";
import { lastAnchored } from "./anchor.ts";
import type { Database } from "./database.ts";
import { createSigningKey, loadDigestKey, readSigningKey } from "./key.ts";
import type { Append, Tip } from "./log.ts";
import { isSignedBy, parseCheckpoint, verifierKey } from "./note.ts";
import { parseBody, type Body } from "./record.ts";
import { lastSeal } from "./seal.ts";
import type { AuditFiles } from "./state.ts";

/** Starts an empty log: makes its keys and appends the record that names its origin and key. */
function beginLog(files: AuditFiles, append: Append, time: number, random: (size: number) => Buffer): void {
  // A key may be there already: from a start that was killed before its first record.
  const key = readSigningKey(files.key) ?? createSigningKey(files.key);
  loadDigestKey(files.digestKey, random);
  const origin = `portcullis/audit/${random(8).toString("hex")}`;
  const body: Body = { kind: "system", time, event: "log_started", origin, key: verifierKey(origin, key) };
  append(JSON.stringify(body), null);
}

function refuse(reason: string, remedy: string): Refusal {
  return new Refusal("AUDIT_UNAVAILABLE", reason, remedy);
}

function fits(db: Database, key: KeyObject): boolean {
  const seal = lastSeal(db);
  if (seal !== undefined) return isSignedBy(seal.note, verifierKey(parseCheckpoint(seal.note).origin, key));
  const first = parseBody(db.prepare<[], string>("SELECT body FROM record WHERE seq = 1").pluck().get() ?? "");
  return first?.origin !== undefined && first.key === verifierKey(first.origin, key);
}

/** The key that signs the log in `db`. Finishes a rotation that was cut off. Throws a Refusal when it is missing or another one. */
export function loadFittingKey(db: Database, files: AuditFiles): KeyObject {
  const next = readSigningKey(files.nextKey);
  if (next !== undefined) {
    if (fits(db, next)) renameSync(files.nextKey, files.key);
    else rmSync(files.nextKey);
  }
  const key = readSigningKey(files.key);
  const remedy = "restore `audit.key` from a backup of the state directory, or run `portcullis keys rotate-audit --lost`";
  if (key === undefined) throw refuse("the audit key is missing", remedy);
  if (!fits(db, key)) throw refuse("the audit key is not the one that signs this log", remedy);
  return key;
}

/** The log must still hold the last checkpoint that an anchor knows, word for word. */
function requireAnchored(db: Database, anchor: string): void {
  const note = lastAnchored(anchor);
  if (note === undefined) return;
  const { size } = parseCheckpoint(note);
  const text = db
    .prepare<[number], string>("SELECT body FROM record WHERE seq = ?")
    .pluck()
    .get(size + 1);
  if (text !== undefined && parseBody(text)?.note === note) return;
  throw refuse(
    `the audit log does not hold the checkpoint of ${size} records that its anchor knows: it was cut, changed or swapped for an older copy`,
    `restore the newest \`portcullis.db\`; to go on with this one on purpose, move \`${anchor}\` elsewhere and keep it as evidence`,
  );
}

/** Begins or checks the log. Call it inside a transaction that holds the log. */
export function startLog(options: {
  readonly db: Database;
  readonly append: Append;
  readonly tip: Tip;
  readonly files: AuditFiles;
  readonly anchors: readonly string[];
  readonly time: number;
  readonly random: (size: number) => Buffer;
}): void {
  const { db, append, tip, files, anchors, time, random } = options;
  for (const anchor of anchors) requireAnchored(db, anchor);
  if (tip.seq === 0) beginLog(files, append, time, random);
  else loadFittingKey(db, files);
}
