/** Erasing what a call said: its summaries, query and details. Its records stay, and so does the proof that they were there. */
import { Refusal } from "../types.ts";
import { fillCatalog } from "./catalog.ts";
import type { Database } from "./database.ts";
import type { Append } from "./log.ts";
import type { Body } from "./record.ts";

/**
 * Erases the hidden parts of all records of a call and says so in the log. Call it inside a transaction that holds the log, then
 * `scrub`. Returns how many were erased. Throws a Refusal `NOT_FOUND` for a call that is not in the log.
 */
export function eraseCall(db: Database, append: Append, time: number, callId: string): number {
  fillCatalog(db);
  const rows = db
    .prepare<[string], { seq: number; full: number }>(
      "SELECT seq, hidden IS NOT NULL AS full FROM entry JOIN record USING (seq) WHERE call = ? ORDER BY seq",
    )
    .all(callId);
  if (rows.length === 0)
    throw new Refusal("NOT_FOUND", `no call \`${callId}\` is in the audit`, "find its id with `portcullis audit query`");
  const records = rows.filter(({ full }) => full === 1).map(({ seq }) => seq);
  if (records.length === 0) return 0;
  const clear = db.prepare("UPDATE record SET hidden = NULL WHERE seq = ?");
  for (const seq of records) clear.run(seq);
  append(JSON.stringify({ kind: "system", time, event: "erased", records } satisfies Body), null);
  return records.length;
}

/**
 * Moves the WAL into the database and empties it, so that no old page with the text is left (`secure_delete` has overwritten it in the
 * database). Returns false when a reader holds on to the old pages; they go with the next checkpoint that nobody is in the way of.
 */
export function scrub(db: Database): boolean {
  return db.prepare<[], { busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)").get()?.busy === 0;
}
