/** The audit as the rest of the house sees it: an intent before, an outcome after, and everything else that someone may ask about later. */
import { Refusal, type Durability } from "../types.ts";
import { canonicalJson } from "./canonical.ts";
import { commitmentOf, hide } from "./chain.ts";
import { describeFault, openDatabase, type Database } from "./database.ts";
import { eraseCall, scrub } from "./erase.ts";
import { keyedDigest, loadDigestKey } from "./key.ts";
import { Log } from "./log.ts";
import { pruneSegments } from "./prune.ts";
import { cutSummary, type AuditEvent, type Body, type CallOutcome, type EventKind, type Hidden, type Intent } from "./record.ts";
import { auditFiles, type AuditFiles } from "./state.ts";
import { Upkeep } from "./upkeep.ts";
import { isAlive, registerWriter } from "./writer.ts";

const IDLE_MS = 60_000;
const SALT_BYTES = 16;
const SALTS_DRAWN = 256;

export interface AuditOptions {
  /** The state directory. */
  readonly directory: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Cryptographically random bytes. */
  readonly random: (size: number) => Buffer;
  /** Told of each fault once: those that stop the calls, and those of the upkeep that no caller sees. For the log and the metrics. */
  readonly report: (message: string, cause: unknown) => void;
  /** Told of the recorded query of each call that a dead process left open, so that what it left lying can be cleared away. */
  readonly onOrphan?: (query: object) => void;
  /** A further anchor file, best on another disk (`log.anchor`). */
  readonly anchor?: string | undefined;
  /** A checkpoint is made after this many milliseconds without a record. Default 60 s. */
  readonly idle?: number;
  /** The signing key is gone: go on with a new one, which `audit verify` will mention for good. */
  readonly lostKey?: boolean;
  /** Opens the main database. Default `openDatabase`. */
  readonly open?: (file: string) => Database;
}

interface OpenCall {
  readonly seq: Promise<number>;
  readonly durability: Durability;
}

/** Draws salts in bulk: one call for random bytes costs more than the hash it protects. */
function salter(random: (size: number) => Buffer): () => string {
  let drawn = "";
  let next = 0;
  return () => {
    if (next === drawn.length) {
      drawn = random(SALT_BYTES * SALTS_DRAWN).toString("hex");
      next = 0;
    }
    next += SALT_BYTES * 2;
    return drawn.slice(next - SALT_BYTES * 2, next);
  };
}

/** Opens the audit of a state directory and closes what a dead process left open. Throws a Refusal `AUDIT_UNAVAILABLE` that names what is wrong. */
export function openAudit(options: AuditOptions): Audit {
  return new Audit(options);
}

/** The open audit of one process. */
export class Audit {
  readonly #now: () => number;
  readonly #random: (size: number) => Buffer;
  readonly #report: AuditOptions["report"];
  readonly #files: AuditFiles;
  readonly #log: Log;
  readonly #upkeep: Upkeep;
  readonly #writer: string;
  readonly #release: () => void;
  readonly #salt: () => string;
  readonly #open = new Map<string, OpenCall>();
  #digest: ((text: string) => string) | undefined;

  constructor(options: AuditOptions) {
    const { directory, now, random, report, anchor, onOrphan, idle = IDLE_MS, lostKey = false, open = openDatabase } = options;
    this.#now = now;
    this.#random = random;
    this.#report = report;
    this.#files = auditFiles(directory);
    this.#salt = salter(random);
    this.#writer = random(6).toString("hex");
    this.#log = new Log({
      open: () => open(this.#files.database),
      ballast: this.#files.ballast,
      lastWords: () => JSON.stringify({ kind: "system", time: now(), event: "audit_stopped" } satisfies Body),
      onFault: (refusal) => report(refusal.message, refusal.cause),
      onCommit: (tip) => this.#upkeep.afterCommit(tip),
      onRecover: () => this.#upkeep.begin(true),
    });
    this.#upkeep = new Upkeep({
      log: this.#log,
      files: this.#files,
      anchors: anchor === undefined ? [this.#files.anchor] : [this.#files.anchor, anchor],
      now,
      random,
      report,
      lostKey,
      idle,
      onOrphan,
      isOrphan: ({ call, writer }) => (writer === this.#writer ? !this.#open.has(call) : !isAlive(this.#files.writers, writer)),
    });
    try {
      this.#release = registerWriter(this.#files.writers, this.#writer).release;
      this.#upkeep.begin(false);
    } catch (error) {
      this.#log.close();
      throw error instanceof Refusal ? error : describeFault(error);
    }
  }

  /** The connection of the log, for reading. Ask for it each time: it changes when the store recovers from a fault. */
  get db(): Database {
    return this.#log.db;
  }

  /** Records that wait to be written. */
  get waiting(): number {
    return this.#log.waiting;
  }

  /** The keyed digest of a call's arguments, `hmac-sha256:HEX`; the order of keys does not matter. */
  digest(args: unknown): string {
    if (this.#digest === undefined) {
      const key = loadDigestKey(this.#files.digestKey, this.#random);
      this.#digest = (text) => keyedDigest(key, text);
    }
    return this.#digest(canonicalJson(args));
  }

  /** Records what is about to be done. Resolves when that is as durable as it asks; rejects with `AUDIT_UNAVAILABLE`, and then nothing may be done. */
  async intent(intent: Intent): Promise<void> {
    const { callId, session, principal, tool, effect, rules, durability } = intent;
    const { commitment, text } = this.#hide({ summary: cutSummary(intent.summary), query: intent.query });
    const body: Body = {
      kind: "intent",
      time: this.#now(),
      callId,
      session,
      principal,
      tool,
      effect,
      rules,
      args: intent.argsDigest,
      policy: intent.policyDigest,
      trace: intent.trace,
      writer: this.#writer,
      hidden: commitment,
    };
    const seq = this.#log.append(JSON.stringify(body), text, durability);
    this.#open.set(callId, { seq, durability });
    try {
      await seq;
    } catch (error) {
      this.#open.delete(callId);
      throw error;
    }
  }

  /** Records how a call ended, before its result is released. Rejects with `AUDIT_UNAVAILABLE`, and then the result must be kept back. */
  async outcome(outcome: CallOutcome): Promise<void> {
    const { callId, status, code, durationMs, channel, summary, details } = outcome;
    const open = this.#open.get(callId);
    if (open === undefined) throw new Refusal("AUDIT_UNAVAILABLE", "no intent was recorded for this call", "call again");
    const time = this.#now();
    const { commitment, text } = this.#hide({ summary: summary && cutSummary(summary), details });
    try {
      const body: Body = { kind: "outcome", time, callId, intent: await open.seq, status, code, durationMs, channel, hidden: commitment };
      await this.#log.append(JSON.stringify(body), text, outcome.durability ?? open.durability);
    } finally {
      // Where this failed the intent is now an orphan, and the next seal closes it as unknown.
      this.#open.delete(callId);
    }
  }

  /** Records anything else. Rejects with `AUDIT_UNAVAILABLE`. */
  async record(kind: EventKind, entry: AuditEvent): Promise<void> {
    const { event, callId, session, principal, tool, channel, summary, details, durability = "process" } = entry;
    const { commitment, text } = this.#hide({ summary: summary && cutSummary(summary), details });
    const body: Body = { kind, time: this.#now(), event, callId, session, principal, tool, channel, hidden: commitment };
    await this.#log.append(JSON.stringify(body), text, durability);
  }

  /** Can it be written? After a fault it is tried, because nobody else may be calling any more. */
  async works(): Promise<boolean> {
    if (this.#log.fault === undefined) return true;
    try {
      await this.record("system", { event: "tried_again" });
      return true;
    } catch {
      return false; // the fault itself was reported when it came
    }
  }

  /** Seals the log now. Returns the newest checkpoint, a C2SP signed note. */
  checkpoint(): string {
    this.#log.flush();
    return this.#upkeep.seal().note;
  }

  /** Puts a new signing key in force. Returns the checkpoint that both keys signed. */
  rotateKey(): string {
    this.#log.flush();
    return this.#upkeep.rotate(false).note;
  }

  /** Erases summaries, query and details of a call; its records stay true. Returns how many held something. Throws `NOT_FOUND`. */
  erase(callId: string): number {
    this.#log.flush();
    const erased = this.#log.transact("power", (append) => eraseCall(this.db, append, this.#now(), callId));
    if (!scrub(this.db)) this.#report("the erased text stays in the write-ahead log until a reader lets go of it", undefined);
    return erased;
  }

  /** Removes the segments that were sealed before a time (milliseconds since 1970), a step at a time until `signal`. Returns how many records went. */
  prune(before: number, signal?: AbortSignal): Promise<number> {
    this.#log.flush();
    return pruneSegments(this.#log, before, this.#now, signal);
  }

  /** Writes what is waiting, closes intents without an outcome as unknown, seals, and ends. */
  close(): void {
    this.#upkeep.stop();
    try {
      this.#log.flush();
      this.#open.clear();
      this.#upkeep.seal();
    } finally {
      this.#log.close();
      this.#release();
    }
  }

  /** Commitment and text of the part that can be erased; nothing when it is empty. */
  #hide(hidden: Hidden): { readonly commitment: string | undefined; readonly text: string | null } {
    const json = JSON.stringify(hidden);
    if (json === "{}") return { commitment: undefined, text: null };
    const text = hide(this.#salt(), json);
    return { commitment: commitmentOf(text), text };
  }
}
