/**
 * Proves the log: what `walk.ts` checks for each record, every erasure and pruning announced, the reading index the same as the records, the key
 * the one in the state directory, and nothing missing that an anchor or a kept checkpoint knows of.
 */
import { setImmediate as turn } from "node:timers/promises";
import { entryOf, indexedUpTo } from "./catalog.ts";
import type { Database } from "./database.ts";
import { parseCheckpoint, type VerifierKey } from "./note.ts";
import { parseBody, type Body } from "./record.ts";
import { IS_CHECKPOINT } from "./seal.ts";
import { checkKept, Walk, type Row } from "./walk.ts";

const CHUNK = 1_000;

export interface VerifyOptions {
  /** The verifier key of the state directory under the name of a log; undefined when the key is missing. */
  readonly keyOf: (origin: string) => VerifierKey | undefined;
  /** Checkpoints kept elsewhere: from anchors, or printed by `audit checkpoint`. */
  readonly kept: readonly string[];
  /** Start at the newest checkpoint over at most this many records instead of at the first record. */
  readonly since?: number | undefined;
  /** Leave out what reads all of the database, however little of the log is walked. */
  readonly quick?: boolean | undefined;
  /** Told now and then how far it is. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What a verification found. */
export interface Verification {
  readonly ok: boolean;
  /** Records that were read and hold. */
  readonly records: number;
  /** Number of the first record that does not hold. */
  readonly firstBad?: number;
  /** What is wrong. */
  readonly problem?: string;
  /** Checkpoints that hold. */
  readonly checkpoints: number;
  /** What holds but should be known: a signing key that was replaced without the signature of the one before. */
  readonly notices: readonly string[];
}

interface Problem {
  readonly firstBad?: number;
  readonly problem: string;
}

/** A record with its index entry, words as numbers. */
type JoinedRow = Row & { readonly indexed: number | null; readonly call: string | null } & Readonly<
    Record<"session" | "tool" | "principal" | "effect", number | null>
  >;

// CAST, so that bytes are compared as they are stored and not as they decode; a column whose type changed reads as null.
const ROWS = `
  SELECT record.seq, link, iif(typeof(body) = 'text', CAST(body AS BLOB), NULL) AS body, CAST(hidden AS BLOB) AS hidden,
    entry.time AS indexed, call, session, tool, principal, effect
  FROM record LEFT JOIN entry USING (seq)
  WHERE record.seq > ? ORDER BY record.seq LIMIT ${CHUNK}`;

/** Checks the reading index against the records while they are walked. */
class IndexCheck {
  readonly #end: number;
  readonly #open = new Map<number, Body>();
  readonly #words = new Map<number, string | undefined>();
  readonly #find: (seq: number) => string | undefined;
  readonly #findWord: (id: number) => string | undefined;

  constructor(db: Database) {
    this.#end = indexedUpTo(db);
    const find = db.prepare<[number], string>("SELECT body FROM record WHERE seq = ?").pluck();
    this.#find = (seq) => find.get(seq);
    const findWord = db.prepare<[number], string>("SELECT text FROM word WHERE id = ?").pluck();
    this.#findWord = (id) => findWord.get(id);
  }

  /** Is the index entry of this record what the record says? Returns what is wrong, or nothing. */
  check(row: JoinedRow, body: Body): string | undefined {
    if (body.kind === "intent") this.#open.set(row.seq, body);
    if (row.seq > this.#end) return undefined;
    const intent = this.#intentOf(body);
    if (intent === "pruned") return row.indexed === body.time ? undefined : "the reading index does not say what it says";
    const entry = entryOf(row.seq, body, intent);
    const same =
      row.indexed === entry.time &&
      row.call === entry.call &&
      this.#says(row.session, entry.session) &&
      this.#says(row.tool, entry.tool) &&
      this.#says(row.principal, entry.principal) &&
      this.#says(row.effect, entry.effect);
    return same ? undefined : "the reading index does not say what it says";
  }

  #says(id: number | null, text: string | null): boolean {
    if (id === null) return text === null;
    if (!this.#words.has(id)) this.#words.set(id, this.#findWord(id));
    return this.#words.get(id) === text;
  }

  #intentOf(body: Body): Body | "pruned" | undefined {
    if (body.intent === undefined) return undefined;
    const open = this.#open.get(body.intent);
    this.#open.delete(body.intent);
    return open ?? parseBody(this.#find(body.intent) ?? "") ?? "pruned";
  }
}

function startOf(db: Database, since: number | undefined): number {
  if (since === undefined) return 0;
  const seq = db
    .prepare<[number], number | null>(`SELECT max(seq) FROM record WHERE ${IS_CHECKPOINT} AND seq <= ?`)
    .pluck()
    .get(since + 1);
  return seq === null || seq === undefined ? 0 : seq - 1;
}

/** Kept checkpoints by the number of records they cover. */
function bySize(kept: readonly string[]): ReadonlyMap<number, readonly string[]> {
  return Map.groupBy(kept, (note) => parseCheckpoint(note).size);
}

/** What can only be said at the end of the walk. */
function checkEnd(walk: Walk, first: number, whole: boolean, options: VerifyOptions): Problem | undefined {
  const { keyOf, kept } = options;
  const [erased] = [...walk.unexplained].sort((a, b) => a - b);
  if (whole && first > 1 && walk.prunedTo !== first)
    return { firstBad: 1, problem: `records before ${first} are missing and no record says that they were pruned` };
  if (erased !== undefined) return { firstBad: erased, problem: "its summary and query were erased and no record says so" };
  const key = keyOf(walk.origin);
  if (key === undefined) return { firstBad: first, problem: "the audit key is missing: nothing vouches for the checkpoints" };
  if (key !== walk.keys.at(-1)) return { firstBad: first, problem: "the audit key is not the one that signs this log" };
  for (const note of kept) {
    const { size } = parseCheckpoint(note);
    const problem = size < first ? undefined : checkKept(note, walk.origin, walk.keys);
    if (problem !== undefined) return { problem };
    if (size > walk.tree.size)
      return {
        firstBad: walk.tree.size + 1,
        problem: `a kept checkpoint knows ${size} records: the log was cut or swapped for an older copy`,
      };
  }
  return undefined;
}

/** Verifies a log. It never writes, and gives other work its turn; throws only what the callbacks throw. */
export async function verifyAudit(db: Database, options: VerifyOptions): Promise<Verification> {
  const walk = new Walk();
  let first = 0;
  let last = 0;
  let records = 0;
  const result = (found: Problem | undefined): Verification => ({
    ok: found === undefined,
    records,
    ...found,
    checkpoints: walk.checkpoints,
    notices: walk.notices,
  });
  try {
    const kept = bySize(options.kept);
    const total = db.prepare<[], number | null>("SELECT max(seq) FROM record").pluck().get() ?? 0;
    const index = new IndexCheck(db);
    const next = db.prepare<[number], JoinedRow>(ROWS);
    last = startOf(db, options.since);
    for (let rows = next.all(last); rows.length > 0; rows = next.all(last)) {
      for (const row of rows) {
        first ||= row.seq;
        const expected = records === 0 ? row.seq : last + 1;
        const body = walk.step(row, records === 0);
        const problem = typeof body === "string" ? body : (index.check(row, body) ?? rootProblem(walk, kept));
        if (problem !== undefined) return result({ firstBad: Math.min(row.seq, expected), problem });
        last = row.seq;
        records += 1;
      }
      options.onProgress?.(last, total);
      if (last >= total) break;
      await turn();
    }
    return result(
      records === 0
        ? { firstBad: 1, problem: "the log is empty" }
        : (checkEnd(walk, first, options.since === undefined, options) ?? (options.quick === true ? undefined : checkTables(db))),
    );
  } catch (error) {
    return result({ firstBad: last + 1, problem: `the database can't be read: ${error instanceof Error ? error.message : String(error)}` });
  }
}

function rootProblem(walk: Walk, kept: ReadonlyMap<number, readonly string[]>): string | undefined {
  const notes = kept.get(walk.tree.size) ?? [];
  const same = notes.every((note) => parseCheckpoint(note).root.equals(walk.tree.root()));
  return same ? undefined : `the records up to here are not those of the kept checkpoint of ${walk.tree.size} records`;
}

/** The tables agree with their indexes and the file with itself. */
function checkTables(db: Database): Problem | undefined {
  const [found] = db.prepare<[], string>("PRAGMA integrity_check(1)").pluck().all();
  return found === "ok" ? undefined : { problem: `the records hold, but the database is damaged: ${found ?? "no answer"}` };
}
