/**
 * Appends to the log. Records that arrive in the same turn of the event loop share one transaction (group commit), and each promise resolves
 * when its record is as durable as it asked: `process` survives the death of this process, `power` is on the disk.
 *
 * Several processes append to one file. A batch of one is a single INSERT at the next free number: when another process was faster the number
 * is taken, SQLite says so, and the batch goes the longer way: BEGIN IMMEDIATE, read the tip, append.
 */
import { Refusal, type Durability } from "../types.ts";
import { dropBallast, loadBallast } from "./ballast.ts";
import { GENESIS, linkOf } from "./chain.ts";
import { describeFault, type Database } from "./database.ts";

/** The last record: its number (0 for none) and its link. */
export interface Tip {
  readonly seq: number;
  readonly link: string;
}

/** Appends one record inside a transaction and returns its number. */
export type Append = (body: string, hidden: string | null) => number;

interface Pending {
  readonly body: string;
  readonly hidden: string | null;
  readonly power: boolean;
  readonly resolve: (seq: number) => void;
  readonly reject: (refusal: Refusal) => void;
}

export interface LogOptions {
  /** Opens the main database; called again to recover from a fault. */
  readonly open: () => Database;
  readonly ballast: string;
  /** The body of the last record before a fault stops everything. */
  readonly lastWords: (refusal: Refusal) => string;
  /** Told once for each fault. */
  readonly onFault: (refusal: Refusal) => void;
  /** Told after each batch that went through, in the same turn. */
  readonly onCommit: (tip: Tip) => void;
  /** Told after the store works again, before the next batch is written. */
  readonly onRecover: () => void;
}

type Statements = ReturnType<typeof prepare>;

function prepare(db: Database) {
  // SQLite's own checkpoint is done when the log is sealed, not inside some caller's commit; this is the limit should that fail.
  db.pragma("wal_autocheckpoint = 4000");
  return {
    tip: db.prepare<[], Tip>("SELECT seq, link FROM record ORDER BY seq DESC LIMIT 1"),
    at: db.prepare<[number], string>("SELECT link FROM record WHERE seq = ?").pluck(),
    insert: db.prepare<[number, string, string, string | null]>("INSERT INTO record (seq, link, body, hidden) VALUES (?, ?, ?, ?)"),
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    full: db.prepare("PRAGMA synchronous = FULL"),
    normal: db.prepare("PRAGMA synchronous = NORMAL"),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

export class Log {
  readonly #options: LogOptions;
  #db: Database;
  #run: Statements;
  /** The last record this process knows of. */
  #tip: Tip;
  #synced = false;
  #queue: Pending[] = [];
  #fault: Refusal | undefined;
  #recovering = false;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#db = options.open();
    try {
      this.#run = prepare(this.#db);
      this.#tip = this.#readTip();
      loadBallast(options.ballast);
    } catch (error) {
      this.#db.close();
      throw error instanceof Refusal ? error : describeFault(error);
    }
  }

  /** The connection, for reading and for what else is kept in the same transaction; a different one after a recovery. */
  get db(): Database {
    return this.#db;
  }

  get tip(): Tip {
    return this.#tip;
  }

  /** Records that wait for the next batch. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** What keeps the store from being written, until a write finds it well again. */
  get fault(): Refusal | undefined {
    return this.#fault;
  }

  /** Appends with the batch of this turn. Rejects with a Refusal `AUDIT_UNAVAILABLE`. */
  append(body: string, hidden: string | null, durability: Durability): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ body, hidden, power: durability === "power", resolve, reject });
      if (this.#queue.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Writes what is waiting now. */
  flush(): void {
    const batch = this.#queue;
    if (batch.length === 0) return;
    this.#queue = [];
    let seqs: readonly number[];
    try {
      seqs = this.#write(batch);
    } catch (error) {
      const refusal = this.#fail(error);
      for (const pending of batch) pending.reject(refusal);
      return;
    }
    for (const [place, pending] of batch.entries()) pending.resolve(seqs[place] ?? 0);
    this.#options.onCommit(this.#tip);
  }

  /** Runs `work` in one transaction that holds the log, at once. Throws a Refusal when the store fails, else what `work` throws. */
  transact<T>(durability: Durability, work: (append: Append, tip: () => Tip) => T): T {
    try {
      if (this.#fault !== undefined) this.#recover();
      return this.#transact(durability === "power", work);
    } catch (error) {
      throw codeOf(error).startsWith("SQLITE_") ? this.#fail(error) : error;
    }
  }

  close(): void {
    this.flush();
    this.#db.close();
  }

  #readTip(): Tip {
    return this.#run.tip.get() ?? { seq: 0, link: GENESIS };
  }

  #write(batch: readonly Pending[]): readonly number[] {
    if (this.#fault !== undefined) this.#recover();
    const [only] = batch;
    if (only !== undefined && batch.length === 1) {
      const seq = this.#insertNext(only);
      if (seq !== undefined) return [seq];
    }
    return this.#transact(
      batch.some(({ power }) => power),
      (append) => batch.map(({ body, hidden }) => append(body, hidden)),
    );
  }

  /** The short way for one record; undefined when another process has taken the number. */
  #insertNext({ body, hidden, power }: Pending): number | undefined {
    const seq = this.#tip.seq + 1;
    const link = linkOf(this.#tip.link, body);
    this.#sync(power);
    try {
      this.#run.insert.run(seq, link, body, hidden);
    } catch (error) {
      // Expected: another process was faster.
      if (codeOf(error) === "SQLITE_CONSTRAINT_PRIMARYKEY") return undefined;
      throw error;
    }
    this.#tip = { seq, link };
    return seq;
  }

  #transact<T>(power: boolean, work: (append: Append, tip: () => Tip) => T): T {
    this.#sync(power);
    this.#run.begin.run();
    try {
      let tip = this.#readTip();
      const append: Append = (body, hidden) => {
        tip = { seq: tip.seq + 1, link: linkOf(tip.link, body) };
        this.#run.insert.run(tip.seq, tip.link, body, hidden);
        return tip.seq;
      };
      const result = work(append, () => tip);
      this.#run.commit.run();
      this.#tip = tip;
      return result;
    } catch (error) {
      // A fault (SQLITE_FULL, an I/O error) may have rolled back already.
      if (this.#db.inTransaction) this.#run.rollback.run();
      throw error;
    }
  }

  #sync(power: boolean): void {
    if (power === this.#synced) return;
    (power ? this.#run.full : this.#run.normal).run();
    this.#synced = power;
  }

  /** Turns an error into the Refusal that everyone waiting gets. Waiting too long for a lock passes; everything else needs a recovery. */
  #fail(error: unknown): Refusal {
    const refusal = error instanceof Refusal ? error : describeFault(error);
    if (codeOf(error).startsWith("SQLITE_BUSY") || this.#fault !== undefined || this.#recovering) return refusal;
    this.#fault = refusal;
    dropBallast(this.#options.ballast);
    const acknowledged = this.#tip;
    try {
      this.#transact(true, (append) => append(this.#options.lastWords(refusal), null));
    } catch {
      // The store is really gone: the fault itself is reported below and every call is refused.
      this.#tip = acknowledged;
    }
    this.#options.onFault(refusal);
    return refusal;
  }

  /**
   * Opens the file anew. After a failed fsync the kernel may have dropped pages that it calls clean, so the whole WAL is copied into the
   * database and started afresh; then the last record that was acknowledged must still be there.
   */
  #recover(): void {
    if (this.#db.open) this.#db.close();
    this.#db = this.#options.open();
    this.#run = prepare(this.#db);
    this.#synced = false;
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
    if (this.#tip.seq > 0 && this.#run.at.get(this.#tip.seq) !== this.#tip.link) {
      throw new Refusal(
        "AUDIT_UNAVAILABLE",
        `record ${this.#tip.seq} of the audit was acknowledged and is gone`,
        "run `portcullis audit verify`, keep the files as evidence and restart the server",
      );
    }
    loadBallast(this.#options.ballast);
    // The records of the recovery itself go the ordinary way; should they fail, the fault stands.
    const fault = this.#fault;
    this.#fault = undefined;
    this.#recovering = true;
    try {
      this.#options.onRecover();
    } catch (error) {
      this.#fault = fault;
      throw error;
    } finally {
      this.#recovering = false;
    }
  }
}
