/**
 * Sealing: a checkpoint over all records so far, appended as a record itself. Between two seals lies a segment (what `prune` removes whole).
 * The record keeps the Merkle frontier, so the next seal needs only the records since, and what was pruned is never needed again.
 */
import type { KeyObject } from "node:crypto";
import { Refusal } from "../types.ts";
import { leafOf } from "./chain.ts";
import type { Database } from "./database.ts";
import type { Append, Tip } from "./log.ts";
import { parseCheckpoint, signCheckpoint, verifierKey, type Checkpoint } from "./note.ts";
import { parseBody, type Body } from "./record.ts";
import { Tree } from "./tree.ts";

/** A checkpoint as it stands in the log: the note covers all records before `seq`. */
export interface Seal {
  readonly seq: number;
  readonly note: string;
  readonly body: Body;
}

/** Bodies of checkpoints begin with their kind; word for word as in the index of 001-audit.ts, so that SQLite uses it. */
export const IS_CHECKPOINT = `substr(body, 1, 20) = '{"kind":"checkpoint"'`;

/** The newest checkpoint; undefined when there is none yet. */
export function lastSeal(db: Database): Seal | undefined {
  const row = db
    .prepare<[], { seq: number; body: string }>(`SELECT seq, body FROM record WHERE ${IS_CHECKPOINT} ORDER BY seq DESC LIMIT 1`)
    .get();
  const body = row && parseBody(row.body);
  return row === undefined || body?.note === undefined ? undefined : { seq: row.seq, note: body.note, body };
}

/** The tree that a checkpoint record describes. Throws when its frontier is not that of its note. */
export function treeOf(body: Body): { readonly checkpoint: Checkpoint; readonly tree: Tree } {
  const checkpoint = parseCheckpoint(body.note ?? "");
  const frontier = Array.isArray(body.frontier) ? body.frontier.map((node) => Buffer.from(String(node), "base64")) : [];
  const tree = new Tree(checkpoint.size, frontier);
  if (!tree.root().equals(checkpoint.root)) throw new Error("the frontier of the checkpoint does not give its root");
  return { checkpoint, tree };
}

/** The name under which a log signs: from its last checkpoint, else from its first record. */
export function originOf(db: Database): string | undefined {
  const seal = lastSeal(db);
  if (seal !== undefined) return parseCheckpoint(seal.note).origin;
  return parseBody(db.prepare<[], string>("SELECT body FROM record WHERE seq = 1").pluck().get() ?? "")?.origin;
}

function damaged(cause: unknown): Refusal {
  return new Refusal(
    "AUDIT_UNAVAILABLE",
    "the last checkpoint of the audit does not hold",
    "run `portcullis audit verify` and keep the files as evidence",
    cause,
  );
}

/**
 * Appends a checkpoint signed by `keys` (the one in force first) and returns it; when nothing came after the last one, that one. Call it inside a transaction that holds
 * the log, with the key that `loadFittingKey` found. Throws a Refusal when the last checkpoint is damaged: a log must never sign what contradicts
 * what it signed before.
 */
export function seal(db: Database, append: Append, tip: Tip, time: number, keys: readonly KeyObject[]): Seal {
  const last = lastSeal(db);
  if (last !== undefined && last.seq === tip.seq) return last;
  const origin = originOf(db);
  if (origin === undefined) throw damaged(new Error("the log has no origin"));
  const tree = growTree(db, last);
  if (tree.size !== tip.seq) throw damaged(new Error(`${tree.size} leaves for ${tip.seq} records`));
  const note = signCheckpoint({ origin, size: tree.size, root: tree.root() }, keys);
  const frontier = tree.frontier.map((node) => node.toString("base64"));
  const key = keys[0] && verifierKey(origin, keys[0]);
  const body: Body = { kind: "checkpoint", time, note, frontier, previous: tip.link, key };
  return { seq: append(JSON.stringify(body), null), note, body };
}

/** The tree over the whole log: that of the last checkpoint and the records since. */
function growTree(db: Database, last: Seal | undefined): Tree {
  let tree = new Tree();
  try {
    if (last !== undefined) ({ tree } = treeOf(last.body));
  } catch (error) {
    throw damaged(error);
  }
  const bodies = db.prepare<[number], Buffer>("SELECT CAST(body AS BLOB) FROM record WHERE seq > ? ORDER BY seq").pluck();
  for (const body of bodies.iterate(tree.size)) tree.append(leafOf(body));
  return tree;
}
