/**
 * A new key for checkpoints. The record that names it and a checkpoint signed by both keys are one transaction, so the old key vouches for the
 * new one. When the old key is lost only the new one signs, and `audit verify` says so for good.
 */
import { verifierKey } from "./note.ts";
import { createSigningKey } from "./key.ts";
import type { Append, Tip } from "./log.ts";
import type { Database } from "./database.ts";
import type { Body } from "./record.ts";
import { originOf, seal, type Seal } from "./seal.ts";
import { loadFittingKey } from "./start.ts";
import type { AuditFiles } from "./state.ts";
import { Refusal } from "../types.ts";

/** Appends the rotation. Call it inside a transaction that holds the log, then `loadFittingKey` puts the new key in place. */
export function rotateKey(db: Database, append: Append, tip: () => Tip, files: AuditFiles, time: number, lost: boolean): Seal {
  const origin = originOf(db);
  if (origin === undefined)
    throw new Refusal("AUDIT_UNAVAILABLE", "there is no audit log whose key could be rotated", "start the server once");
  const old = lost ? [] : [loadFittingKey(db, files)];
  const key = createSigningKey(files.nextKey);
  const body: Body = { kind: "system", time, event: lost ? "key_replaced" : "key_rotated", key: verifierKey(origin, key) };
  append(JSON.stringify(body), null);
  return seal(db, append, tip(), time, [key, ...old]);
}
