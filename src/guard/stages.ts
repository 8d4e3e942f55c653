/** What the gate needs of the other rooms; the composition root hands it in. */
import type {
  ApprovalTicket,
  Call,
  Decision,
  Durability,
  Effect,
  Eyes,
  HttpHop,
  Obligations,
  Permit,
  Prepared,
  Preview,
  Query,
  Question,
  Refusal,
  RefusalCode,
  Resource,
  SandboxNote,
  Tool,
  ToolResult,
  UrlResource,
} from "../types.ts";
import type { Cleaned } from "./clean.ts";
import type { Judge, Judged } from "./judge.ts";
import type { Visit } from "./visit.ts";

/** What the audit is told before a call runs. */
export interface IntentRecord {
  readonly callId: string;
  readonly session: string;
  readonly principal: string;
  readonly tool: string;
  readonly effect: Effect;
  readonly rules: readonly string[];
  readonly args: Readonly<Record<string, unknown>>;
  readonly summary: string;
  /** The query as it was decided; recorded redacted, so that it can be decided anew. Absent when the call never came so far. */
  readonly query?: Query;
  readonly policyDigest: string;
  readonly durability: Durability;
  /** As in `Call`. */
  readonly trace?: string;
}

/** What the audit is told before a result is released. */
export interface OutcomeRecord {
  readonly callId: string;
  readonly status: "done" | "planned" | "refused" | "failed" | "cancelled";
  readonly code?: RefusalCode;
  readonly channel?: string;
  readonly durationMs: number;
  readonly durability: Durability;
  /** Requests that were sent. */
  readonly hops?: readonly HttpHop[];
  /** How a command was confined and what came of it. */
  readonly sandbox?: SandboxNote;
}

/** A refusal that is thrown by any of these stops the call. */
export interface Recorder {
  intent(record: IntentRecord): Promise<void>;
  outcome(record: OutcomeRecord): Promise<void>;
  /** A question was put, answered or parked. */
  approval(callId: string, session: string, event: { readonly event: string } & Readonly<Record<string, unknown>>): Promise<void>;
}

/** What a permit is made of. Below a directory `admits` filters what is told; a preview reads what `admits` allows and touches nothing. */
export interface Grant {
  readonly callId: string;
  readonly resources: readonly Resource[];
  /** The decision behind it; absent for a preview. */
  readonly judged?: Judged;
  readonly denied: ReadonlyMap<string, Refusal>;
  readonly limits: Obligations;
  readonly signal: AbortSignal;
  readonly admits: (path: string, op: "read" | "list") => boolean;
  /** What may be requested, asked before each hop, by name and by address. */
  readonly judgeUrl: (url: UrlResource) => Pick<Decision, "effect" | "rules">;
  readonly record: (hop: HttpHop) => void;
  /** Bytes of a command's own traffic, for the budgets. */
  readonly received: (bytes: number) => void;
  readonly preview: boolean;
  readonly progress: Permit["progress"];
}

/** The eyes of one call, and the hands that go with them. `close` lets every descriptor go. */
export interface Opened {
  readonly eyes: Eyes;
  permit(grant: Grant): Permit;
  close(): void;
}

/** A yes that was asked for, or the reason why not (the words of approval/pending.ts). */
export type Settlement =
  | { readonly kind: "go"; readonly channel: string; readonly callId: string }
  | { readonly kind: "ask"; readonly question: Question; readonly callId: string }
  | {
      readonly kind: "refused";
      readonly refusal: Refusal;
      readonly ticket?: ApprovalTicket;
      readonly channel?: string;
      readonly callId: string;
    };

export interface Stages {
  tool(name: string): Tool | undefined;
  /** The policy in force; one snapshot serves a whole call. */
  policy(): Judge;
  /** May it come in now (pauses, loops, rates, budgets, turns)? Throws or rejects with the refusal. */
  admit(call: Call): Visit | Promise<Visit>;
  open(call: Call): Opened;
  settle(
    call: Call,
    query: Query,
    prepared: Pick<Prepared, "states" | "scope">,
    decision: Decision,
    preview: () => Promise<Preview>,
  ): Promise<Settlement>;
  readonly recorder: Recorder;
  clean(tool: string, result: ToolResult, limits: Obligations): Promise<Cleaned>;
  /** Treats one line of ours that may quote the caller. */
  cleanLine(text: string): Promise<string>;
  carriesMarkers(text: string): boolean;
  /** What to do instead of writing our own markers. */
  readonly markersRemedy: string;
  readonly workspaces: readonly string[];
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** One line for every call that ended, and whatever was thrown on the way. */
  log(entry: CallLog, error?: unknown): void;
}

/** The canonical log line of a call (CONTRACT section 8). */
export interface CallLog {
  readonly callId: string;
  readonly tool: string;
  readonly effect: Effect;
  readonly rules: readonly string[];
  readonly status: OutcomeRecord["status"] | "asked";
  readonly code?: string;
  readonly session: string;
  readonly principal: string;
  readonly durationMs: number;
  /** As in `Call`. */
  readonly trace?: string;
}
