/**
 * Walks a log record by record and says what does not hold. Pure: it is fed rows and knows no database.
 * Checked for each: its number, its link (place and bytes), its hidden part against the commitment; for a checkpoint also the signature, the size,
 * the Merkle root and the frontier.
 */
import { commitmentOf, GENESIS, leafOf, linkOf } from "./chain.ts";
import { isSignedBy, parseCheckpoint, type VerifierKey } from "./note.ts";
import { parseBody, type Body } from "./record.ts";
import { treeOf } from "./seal.ts";
import { Tree } from "./tree.ts";

/** A record with the exact bytes that are stored. A text column that turned into something else reads as null. */
export interface Row {
  readonly seq: number;
  readonly link: string;
  readonly body: Buffer | null;
  readonly hidden: Buffer | null;
}

export class Walk {
  tree = new Tree();
  origin = "";
  /** Verifier keys that were in force, the last one now. */
  readonly keys: VerifierKey[] = [];
  readonly notices: string[] = [];
  checkpoints = 0;
  /** Records whose hidden part is gone and that no `erased` event has named yet. */
  readonly unexplained = new Set<number>();
  /** The first record that a `pruned` event says was kept. */
  prunedTo = 1;
  #link = GENESIS;
  #seq = 0;
  /** A rotation waits for the checkpoint that comes next. */
  #rotation: { readonly key: VerifierKey; readonly vouched: boolean } | undefined;

  /** Takes the next record. Returns its body, or what is wrong with it as a string; nothing can be said about records after a wrong one. */
  step(row: Row, isStart: boolean): Body | string {
    const body = row.body === null ? undefined : parseBody(row.body.toString("utf8"));
    if (row.body === null || body === undefined) return "its text is not a record";
    if (isStart && row.seq !== 1) {
      const problem = this.#startAt(row.seq, body);
      if (problem !== undefined) return problem;
    }
    if (row.seq !== this.#seq + 1) return `records ${this.#seq + 1} to ${row.seq - 1} are missing`;
    if (row.link !== linkOf(this.#link, row.body)) return "its bytes or its place in the log were changed";
    const problem = this.#checkHidden(row, body) ?? this.#checkKind(body);
    if (problem !== undefined) return problem;
    this.tree.append(leafOf(row.body));
    this.#link = row.link;
    this.#seq = row.seq;
    return body;
  }

  /** Takes up the walk at a checkpoint, whose frontier stands for all records before it. */
  #startAt(seq: number, body: Body): string | undefined {
    if (body.kind !== "checkpoint" || body.key === undefined) return "the records before it are missing";
    try {
      const { checkpoint, tree } = treeOf(body);
      this.tree = tree;
      this.origin = checkpoint.origin;
    } catch (error) {
      return `its checkpoint does not hold: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.keys.push(body.key);
    this.#seq = seq - 1;
    this.#link = body.previous ?? GENESIS;
    return undefined;
  }

  #checkHidden(row: Row, body: Body): string | undefined {
    if (row.hidden === null) {
      if (body.hidden !== undefined) this.unexplained.add(row.seq);
      return undefined;
    }
    return commitmentOf(row.hidden) === body.hidden ? undefined : "its summary or query was changed";
  }

  #checkKind(body: Body): string | undefined {
    if (this.#rotation !== undefined && body.kind !== "checkpoint") return "the checkpoint of a key rotation is missing before it";
    if (body.kind === "checkpoint") return this.#checkSeal(body);
    if (body.kind !== "system") return undefined;
    if (body.event === "log_started" && this.#seq === 0) {
      this.origin = body.origin ?? "";
      this.keys.push(body.key ?? "");
    }
    if (body.event === "key_rotated" || body.event === "key_replaced") {
      this.#rotation = { key: body.key ?? "", vouched: body.event === "key_rotated" };
    }
    if (body.event === "erased") for (const seq of body.records ?? []) this.unexplained.delete(seq);
    if (body.event === "pruned") this.prunedTo = Math.max(this.prunedTo, body.first ?? 1);
    return undefined;
  }

  #checkSeal(body: Body): string | undefined {
    const note = body.note ?? "";
    try {
      const { checkpoint } = treeOf(body);
      if (checkpoint.origin !== this.origin) return "its checkpoint is of another log";
      if (checkpoint.size !== this.tree.size || !checkpoint.root.equals(this.tree.root())) {
        return "its checkpoint is not that of the records before it";
      }
      const problem = this.#checkSigners(note);
      if (problem !== undefined) return problem;
    } catch (error) {
      return `its checkpoint does not hold: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.checkpoints += 1;
    return undefined;
  }

  #checkSigners(note: string): string | undefined {
    const rotation = this.#rotation;
    const inForce = this.keys.at(-1) ?? "";
    if ((rotation === undefined || rotation.vouched) && !isSignedBy(note, inForce))
      return "its checkpoint is not signed by the key in force";
    if (rotation === undefined) return undefined;
    if (!isSignedBy(note, rotation.key)) return "its checkpoint is not signed by the new key";
    if (!rotation.vouched) this.notices.push(`the key was replaced at record ${this.#seq} without the signature of the one before`);
    this.keys.push(rotation.key);
    this.#rotation = undefined;
    return undefined;
  }
}

/** Does a note have the form of a checkpoint of this log, signed by one of these keys? Returns what is wrong, or nothing. */
export function checkKept(note: string, origin: string, keys: readonly VerifierKey[]): string | undefined {
  if (parseCheckpoint(note).origin !== origin) return "a kept checkpoint is of another log";
  return keys.some((key) => isSignedBy(note, key)) ? undefined : "a kept checkpoint is not signed by a key of this log";
}
