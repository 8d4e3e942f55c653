/**
 * What is recorded. The *body* is the JSON text that is hashed; the *hidden* part (summary, query, details) stays beside it behind a commitment and can be
 * erased. Numbers in bodies: `time` and `durationMs` in milliseconds, `intent` the number of the record that an outcome belongs to.
 */
import { Refusal, type Durability, type Effect, type RefusalCode } from "../types.ts";
import { reveal } from "./chain.ts";

type RecordKind = "intent" | "outcome" | "checkpoint" | EventKind;

/** The kinds that the house records as events; the others have their own functions. */
export type EventKind = "approval" | "policy" | "session" | "label" | "system";

/** How a call ended. `unknown` closes an intent whose process died before it could say. */
type Status = "done" | "planned" | "asked" | "refused" | "failed" | "cancelled" | "unknown";

/** What is about to be done, recorded before it is done. */
export interface Intent {
  readonly callId: string;
  readonly session: string;
  /** The principal's id. */
  readonly principal: string;
  /** As in policies: `read_text_file`, `server/tool`. */
  readonly tool: string;
  /** What was decided, before any approval. */
  readonly effect: Effect;
  /** Rule ids. */
  readonly rules: readonly string[];
  /** Keyed digest of the arguments, from `Audit.digest`. */
  readonly argsDigest: string;
  /** One line for people, redacted already; cut to 200 characters here. */
  readonly summary: string;
  /** The query as it was decided, redacted already; kept so that it can be decided anew. Absent where the policy says not to keep it. */
  readonly query?: object;
  readonly policyDigest: string;
  readonly durability: Durability;
  /** The caller's `traceparent`. */
  readonly trace?: string;
}

/** How a call ended, recorded before its result is released. */
export interface CallOutcome {
  readonly callId: string;
  readonly status: Exclude<Status, "unknown">;
  readonly code?: RefusalCode;
  readonly durationMs: number;
  /** Which channel answered an ask. */
  readonly channel?: string;
  /** Redacted; without it the intent's summary stands. */
  readonly summary?: string;
  /** Anything else worth keeping, redacted. */
  readonly details?: object;
  /** Default: as the intent. */
  readonly durability?: Durability;
}

/** Anything else that happens to the server and that someone may ask about later. */
export interface AuditEvent {
  /** What happened, as one word or `two_words`: `approved`, `reloaded`, `started`. */
  readonly event: string;
  readonly callId?: string;
  readonly session?: string;
  readonly principal?: string;
  readonly tool?: string;
  readonly channel?: string;
  /** Redacted; cut to 200 characters. */
  readonly summary?: string;
  readonly details?: object;
  /** Default `process`. */
  readonly durability?: Durability;
}

/** A body as it is read back. Fields may be missing or wrong in a record that was tampered with. */
export interface Body {
  readonly kind: RecordKind;
  readonly time: number;
  readonly callId?: string | undefined;
  readonly session?: string | undefined;
  readonly principal?: string | undefined;
  readonly tool?: string | undefined;
  readonly effect?: Effect | undefined;
  readonly rules?: readonly string[] | undefined;
  readonly args?: string | undefined;
  readonly policy?: string | undefined;
  /** The `traceparent` that the call came with. */
  readonly trace?: string | undefined;
  readonly writer?: string | undefined;
  readonly intent?: number | undefined;
  readonly status?: Status | undefined;
  readonly code?: RefusalCode | undefined;
  readonly durationMs?: number | undefined;
  readonly channel?: string | undefined;
  readonly event?: string | undefined;
  /** Commitment to the hidden part. */
  readonly hidden?: string | undefined;
  /** Of an `erased` event: the numbers of the records. */
  readonly records?: readonly number[] | undefined;
  /** Of a `pruned` event: the first record that was kept. */
  readonly first?: number | undefined;
  /** Of `log_started`: the name under which the log signs. */
  readonly origin?: string | undefined;
  /** The verifier key in force: of `log_started`, `key_rotated`, `key_replaced` (from the next checkpoint on) and checkpoints. */
  readonly key?: string | undefined;
  /** Of a checkpoint: the signed note over all records before it. */
  readonly note?: string | undefined;
  /** Of a checkpoint: the Merkle frontier of its tree, base64, largest subtree first. */
  readonly frontier?: readonly string[] | undefined;
  /** Of a checkpoint: the link before it, so that its own link can be checked when what came before was pruned. */
  readonly previous?: string | undefined;
}

/** The part that can be erased. */
export interface Hidden {
  readonly summary?: string | undefined;
  readonly query?: object | undefined;
  readonly details?: object | undefined;
}

/** Reads a hidden part; empty where none was kept or it was erased. Throws a Refusal for one that was damaged. */
export function parseHidden(seq: number, hidden: string | null): Hidden {
  try {
    return hidden === null ? {} : (JSON.parse(reveal(hidden)) as Hidden);
  } catch (error) {
    throw unreadable(seq, error);
  }
}

/** The Refusal for a record that can't be read back. */
export function unreadable(seq: number, cause?: unknown): Refusal {
  return new Refusal("AUDIT_UNAVAILABLE", `record ${seq} of the audit can't be read`, "run `portcullis audit verify`", cause);
}

const SUMMARY_LENGTH = 200;

/** Cuts to 200 characters, never inside a surrogate pair, on one line. */
export function cutSummary(text: string): string {
  const line = text.replaceAll(/[\r\n\u2028\u2029]+/gu, " ");
  if (line.length <= SUMMARY_LENGTH) return line;
  return `${line.slice(0, SUMMARY_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** Reads a body. Returns undefined for what isn't a JSON object with a kind and a time. */
export function parseBody(text: string): Body | undefined {
  try {
    const body = JSON.parse(text) as unknown;
    return typeof body === "object" && body !== null && "kind" in body && "time" in body ? (body as Body) : undefined;
  } catch {
    return undefined; // expected of a record that was tampered with: `verify` names it
  }
}
