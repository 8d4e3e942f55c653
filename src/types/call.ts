/** A call, the tool it is for, and how it ends. */
import type { CommandEyes, CommandHands, SandboxNote } from "./commands.ts";
import type { Effect, Obligations, Principal, Query, Resource, Risk } from "./decision.ts";
import type { FileEyes, FileHands } from "./files.ts";
import type { HttpHands, UrlEyes } from "./http.ts";
import type { Refusal } from "./refusal.ts";

/** One request to use a tool, as the transport hands it in. */
export interface Call {
  /** `call_` and 128 random bits. An approval that is answered within the connection keeps the id of the call it belongs to. */
  readonly id: string;
  readonly session: string;
  readonly principal: Principal;
  /** As in policies. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly transport: Query["transport"];
  /** Can the client put a form to a person within this call? */
  readonly interactive: boolean;
  /** The answer to an earlier ask, if this call comes back with one. Client-made input: worth nothing until its seal is verified. */
  readonly approval?: ApprovalAnswer;
  readonly signal: AbortSignal;
  /** The caller's `traceparent` (W3C Trace Context, version 00), checked; goes to the log, the audit and commands. */
  readonly trace?: string;
  /** Tells the client how far the work is; free text, already safe to show. Absent when the client didn't ask for it. */
  readonly progress?: (message: string) => void;
}

/** What came back for an ask. `unanswered` parks it. */
export interface ApprovalAnswer {
  /** The state string that was given out with the ask. */
  readonly state: string;
  readonly answer: "approve_once" | "approve_session" | "deny" | "cancel" | "unanswered" | "invalid";
  readonly note?: string;
}

/** An output stream of a command, as text that nobody has looked at yet. */
export interface OutputStream {
  /** Where it goes in `structured`. */
  readonly name: "stdout" | "stderr" | "output";
  readonly head: string;
  /** The end of a stream that was longer than its limit, and how much of it is shown (bytes). */
  readonly rest?: { readonly tail: string; readonly kept: number; readonly total: number };
}

/** What a tool answers; text and structured content are sanitized on the way out. */
export interface ToolResult {
  readonly text: string;
  /** Media instead of text: base64 and its MIME type. */
  readonly media?: { readonly data: string; readonly mimeType: string; readonly uri: string };
  readonly structured?: Readonly<Record<string, unknown>>;
  readonly flags?: readonly string[];
  /** Set when the tool itself left something out. */
  readonly truncated?: boolean;
  /** The text was cut at a limit: bytes that there were, and how to get the rest. */
  readonly cut?: { readonly total: number; readonly rest: string };
  /** Our own words, put after the text as they are. */
  readonly note?: string;
  /**
   * Only this part of the text is to be shown, in characters (UTF-16 units) of the text as cleaned, so that a secret can't escape across the cut. `name`
   * is the argument that asks for the next part; `cut` says that the text itself ends early, so that its last word may be half a secret.
   */
  readonly page?: { readonly start: number; readonly length: number; readonly name: string; readonly cut: boolean };
  /** Text that came along and isn't shown: only searched for instructions. */
  readonly hidden?: string;
  /** The read limit bounds the text already, so the output limit doesn't apply. */
  readonly sized?: boolean;
  /** Names the source more exactly than the tool's name does. */
  readonly origin?: string;
  /** Streams of a command: each is cleaned by itself, then put into `structured` by name and together behind `text`. */
  readonly streams?: readonly OutputStream[];
  /** How a command was confined. */
  readonly sandbox?: SandboxNote;
  /** Where the text comes from: the workspace, our own words, or outside. */
  readonly source: "ours" | "workspace" | "command" | "outside";
}

/** What would be done, for a person or a dry run. `state` digests what the yes depends on (file hashes before, headers, bodies). */
export interface Preview {
  /** A unified diff, an argv, a URL: everything that will happen, untreated. */
  readonly text: string;
  /** One line: what is about to happen. */
  readonly title: string;
}

/** A call made ready: what it would touch, and the two things that can be done with it. */
export interface Prepared {
  readonly resources: readonly Resource[];
  /** Each resource stands for itself: a denied one is left out (`permit.denied` says why) and the others go on. */
  readonly partial?: boolean;
  /** Digests of what is about to be changed, as found now: real path to `sha256:HEX` or `absent`. A yes is bound to them. */
  readonly states: Readonly<Record<string, string>>;
  /** What `approve_session` covers beside the resources, where those don't say it all: a whole URL. */
  readonly scope?: string;
  /** The resources with what only an admitted call may find out (the addresses of a host): asks a name server. */
  resolve?(): Promise<readonly Resource[]>;
  /** How the call was read, for `explain`. */
  readonly reading?: object;
  /** Text that would be written; refused when it carries our own markers, because that would destroy what they hide. */
  readonly written?: string;
  /** Shows what would be done; the permit holds only the reads that were allowed. */
  preview?(permit: Permit): Preview | Promise<Preview>;
  run(permit: Permit): ToolResult | Promise<ToolResult>;
}

/** A tool of the server. `prepare` gets eyes: it may look, and changes and sends nothing. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly risk: Risk;
  /** Does it reach beyond this machine? */
  readonly openWorld?: boolean;
  /** JSON Schema of the arguments, made on first use. */
  readonly inputSchema: () => Readonly<Record<string, unknown>>;
  /** Throws INVALID_INPUT for arguments that don't fit the schema, and whatever the eyes refuse. */
  prepare(args: Readonly<Record<string, unknown>>, eyes: Eyes): Prepared | Promise<Prepared>;
}

/** What a tool may look with before anything is decided. */
export interface Eyes {
  readonly files: FileEyes;
  /** Opens the eyes for URLs; the same ones at every call, because they remember what a name meant. */
  urls(): Promise<UrlEyes>;
  readonly commands: CommandEyes;
  /** The decision for another call, nothing done (for `explain_policy`). */
  explain(tool: string, args: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  readonly workspaces: readonly string[];
}

/** Doors narrowed to what was decided. A tool holds nothing else. */
export interface Permit {
  readonly files: FileHands;
  readonly http: HttpHands;
  readonly commands: CommandHands;
  readonly limits: Obligations;
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
  /** Why a path of a `partial` call was left out; undefined for one that was granted. */
  denied(path: string): Refusal | undefined;
}

/** What `guard(call)` ends with. */
export type Outcome =
  | { readonly kind: "done" | "planned"; readonly callId: string; readonly result: ToolResult; readonly meta: CallMeta }
  | { readonly kind: "ask"; readonly callId: string; readonly question: Question; readonly meta: CallMeta }
  | {
      readonly kind: "refused";
      readonly callId: string;
      readonly refusal: Refusal;
      readonly meta: CallMeta;
      readonly approval?: ApprovalTicket;
    };

/** `_meta["io.portcullis/call"]` (CONTRACT section 4). */
export interface CallMeta {
  readonly callId: string;
  readonly effect: Effect;
  readonly rules: readonly string[];
  readonly warnings?: readonly string[];
  readonly flags?: readonly string[];
  readonly redactions?: readonly { readonly rule: string; readonly count: number }[];
  readonly truncated?: boolean;
  readonly sandbox?: SandboxNote;
}

/** A question for a person: the message is safe to show, the state comes back with the answer. */
export interface Question {
  readonly id: string;
  readonly message: string;
  readonly state: string;
  /** Milliseconds to wait for an answer within the connection. */
  readonly wait: number;
  /** The ways to say yes that the policy and the call leave open. */
  readonly choices: readonly ("approve_once" | "approve_session")[];
}

/** A parked approval, as the caller learns of it. */
export interface ApprovalTicket {
  readonly id: string;
  readonly expiresAt: string;
}
