/**
 * What the log needs besides its records: a checkpoint every 1,000 records, after 60 s idle and at the end; the reading index; the closing of
 * orphans; and SQLite's own checkpoint, which is done here and not inside some caller's commit.
 */
import { appendAnchor } from "./anchor.ts";
import { fillCatalog } from "./catalog.ts";
import type { Log, Tip } from "./log.ts";
import { closeOrphans, type OpenIntent } from "./orphan.ts";
import type { Body } from "./record.ts";
import { rotateKey } from "./rotate.ts";
import { lastSeal, seal, type Seal } from "./seal.ts";
import { loadFittingKey, startLog } from "./start.ts";
import type { AuditFiles } from "./state.ts";

/** The log is sealed at least this often. */
const SEGMENT_RECORDS = 1_000;
/** The reading index follows the log about this far behind: readers look through the rest themselves. */
const INDEX_BATCH = 256;

export interface UpkeepOptions {
  readonly log: Log;
  readonly files: AuditFiles;
  readonly anchors: readonly string[];
  readonly now: () => number;
  readonly random: (size: number) => Buffer;
  readonly report: (message: string, cause: unknown) => void;
  readonly isOrphan: (intent: OpenIntent) => boolean;
  /** Told of the recorded query of each call that a dead process left open. */
  readonly onOrphan?: ((query: object) => void) | undefined;
  /** The signing key is gone: a new one is put in force. */
  readonly lostKey: boolean;
  /** Milliseconds without a record after which the log is sealed. */
  readonly idle: number;
}

export class Upkeep {
  readonly #options: UpkeepOptions;
  #indexed = 0;
  #sealed = 0;
  #due = false;
  #lastCommit = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Begins or checks the log and closes what dead processes left open; after a fault it also says that the log goes on. */
  begin(resumed: boolean): void {
    const { log, files, anchors, now, random, lostKey, isOrphan, onOrphan } = this.#options;
    if (lostKey && log.tip.seq > 0) this.rotate(true);
    log.transact("process", (append, tip) => {
      startLog({ db: log.db, append, tip: tip(), files, anchors, time: now(), random });
      if (resumed) append(JSON.stringify({ kind: "system", time: now(), event: "audit_resumed" } satisfies Body), null);
    });
    this.#indexed = log.transact("process", (append) => closeOrphans(log.db, append, now(), isOrphan, onOrphan));
    this.#sealed = lastSeal(log.db)?.seq ?? 0;
  }

  /** Called after each batch; does nothing at once that a caller would have to wait for. */
  afterCommit(tip: Tip): void {
    this.#lastCommit = this.#options.now();
    if (!this.#due && (tip.seq - this.#indexed >= INDEX_BATCH || tip.seq - this.#sealed >= SEGMENT_RECORDS)) {
      this.#due = true;
      setImmediate(() => this.#catchUp());
    }
    this.#timer ??= this.#wait(this.#options.idle);
  }

  /** Appends a checkpoint and hands it to the anchors. Returns the newest one, also when there was nothing to seal. */
  seal(): Seal {
    const { log, files, now, isOrphan } = this.#options;
    const before = lastSeal(log.db);
    // On the disk before the anchor hears of it, else a power cut could leave the anchor ahead of the log.
    const made = log.transact("power", (append, tip) => {
      closeOrphans(log.db, append, now(), isOrphan);
      const made = seal(log.db, append, tip(), now(), [loadFittingKey(log.db, files)]);
      fillCatalog(log.db);
      return made;
    });
    this.#indexed = made.seq;
    this.#sealed = made.seq;
    if (made.seq !== before?.seq) this.#anchor(made.note);
    // The seal stands whether or not SQLite can move the WAL now.
    this.#guard(() => log.db.pragma("wal_checkpoint(PASSIVE)"));
    return made;
  }

  /** Puts a new signing key in force; `lost` when the one before can't sign for it. Returns the checkpoint that says so. */
  rotate(lost: boolean): Seal {
    const { log, files, now } = this.#options;
    const made = log.transact("power", (append, tip) => rotateKey(log.db, append, tip, files, now(), lost));
    log.transact("process", () => loadFittingKey(log.db, files));
    this.#anchor(made.note);
    return made;
  }

  /** Writes a checkpoint to every anchor. An anchor that can't be written is reported; the log itself goes on. */
  #anchor(note: string): void {
    for (const file of this.#options.anchors) {
      try {
        appendAnchor(file, note);
      } catch (error) {
        this.#options.report(`the anchor ${file} can't be written`, error);
      }
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #catchUp(): void {
    const { log } = this.#options;
    this.#due = false;
    this.#guard(() => {
      if (!log.db.open) return;
      if (log.tip.seq - this.#sealed >= SEGMENT_RECORDS) this.#sealed = lastSeal(log.db)?.seq ?? 0;
      if (log.tip.seq - this.#sealed >= SEGMENT_RECORDS) this.seal();
      else this.#indexed = log.transact("process", () => fillCatalog(log.db));
    });
  }

  #wait(delay: number): NodeJS.Timeout {
    return setTimeout(() => {
      const { log, now, idle } = this.#options;
      const left = this.#lastCommit + idle - now();
      this.#timer = left > 0 ? this.#wait(left) : undefined;
      if (left <= 0) this.#guard(() => lastSeal(log.db)?.seq === log.tip.seq || this.seal());
    }, delay).unref();
  }

  /** Upkeep has no caller: what fails is reported, and tried again after the next records. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.report(error instanceof Error ? error.message : "the upkeep of the audit failed", error);
    }
  }
}
