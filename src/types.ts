/**
 * The words of the house. This file imports nothing; every other file speaks in these words.
 * Sizes are bytes, times are milliseconds, paths are absolute unless a name says otherwise.
 */

/** How much harm a call or a resource can do: reads are low, writes medium, deletes and commands high. */
export type Risk = "low" | "medium" | "high";

/** What a decision says, from loosest to strictest; the strictest wins. See `strictest`. */
export type Effect = "allow" | "ask" | "dry_run" | "deny";

/** The total order of effects. */
export const EFFECTS: readonly Effect[] = ["allow", "ask", "dry_run", "deny"];

/** The stricter of two effects; `undefined` (no opinion) gives way to any effect. */
export function strictest(a: Effect | undefined, b: Effect | undefined): Effect | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return EFFECTS.indexOf(a) >= EFFECTS.indexOf(b) ? a : b;
}

/** Who makes a call. `client` is what the client says of itself, so it is evidence and never authority. */
export interface Principal {
  readonly id: string;
  readonly client?: string;
  readonly key?: string;
  readonly role?: string;
  readonly user?: string;
  readonly scopes: readonly string[];
}

export type PathOp = "read" | "list" | "write" | "delete";

/** A word of a command line; `null` stands for a word that is not known before it runs. */
export type Word = string | null;

/** What a path is, found by its descriptor. `absent` may be created below its nearest existing directory. */
export type PathType = "file" | "directory" | "link" | "special" | "absent";

/** A path with its real location; `path: null` is one that can't be resolved before it runs. */
export interface PathResource {
  readonly kind: "path";
  readonly op: PathOp;
  readonly path: string | null;
  readonly type?: PathType;
  /** Number of names (hard links) of a file; above 1 a write is at least asked. */
  readonly links?: number;
}

/** One simple command as it would run, annotated by the shell analysis so that deciding needs no program tables. */
export interface CommandResource {
  readonly kind: "command";
  readonly argv: readonly Word[];
  readonly cwd: string | null;
  /**
   * Options as the program reads them: bundles split (`-uf` is `-u`, `-f`), abbreviations completed, values cut off, `null` for one
   * that is not known. Absent for a program without a table.
   */
  readonly options?: readonly Word[];
  /** Built-in sets (`read-basic`, `git-read`) whose option allow-list this command meets. */
  readonly sets: readonly string[];
  /** Words that run another program or are read as code in a way the tables can't follow; only a pattern that names the word covers it. */
  readonly hazards: readonly { readonly word: number; readonly reason: string }[];
  /** Wrapper programs around this command, outermost first (`timeout`, `env`). */
  readonly wrappers: readonly string[];
}

/** A request to one host. `addresses` are present once the name was admitted and resolved. */
export interface UrlResource {
  readonly kind: "url";
  readonly method: string;
  readonly scheme: string;
  /** Normalized: lower case, ASCII (IDNA), no trailing dot, no brackets. */
  readonly host: string;
  readonly port: number;
  readonly addresses?: readonly { readonly address: string; readonly kind: string }[];
}

export interface UpstreamResource {
  readonly kind: "upstream";
  readonly server: string;
  readonly tool: string;
}

/** Something that can't be read before it runs: no rule can allow it. `script` follows `shell.scripts`, the rest `shell.opaque`. */
export interface OpaqueResource {
  readonly kind: "opaque";
  readonly reason: string;
  readonly script: boolean;
}

/** The single resource of a call that touches nothing. */
export interface CallResource {
  readonly kind: "call";
  readonly tool: string;
}

export type Resource = PathResource | CommandResource | UrlResource | UpstreamResource | OpaqueResource | CallResource;

/** Everything a decision may depend on. Plain data: it is recorded, and replays to the same decision. */
export interface Query {
  readonly principal: Principal;
  readonly session: string;
  /** As in policies: `read_text_file`, `server/tool`. */
  readonly tool: string;
  readonly risk: Risk;
  readonly args: Readonly<Record<string, unknown>>;
  readonly resources: readonly Resource[];
  readonly workspaces: readonly string[];
  readonly transport: "stdio" | "http" | "cli";
  /** Is there a person who can be asked within the call? */
  readonly interactive: boolean;
  readonly labels: readonly string[];
}

/** A rule as people find it again. `layer` is floor, admin, user, project or default. */
export interface RuleRef {
  readonly id: string;
  readonly layer: string;
  readonly file: string;
  readonly line: number;
  readonly effect: Effect;
}

/** What was decided, and everything needed to explain it. */
export interface Decision {
  readonly effect: Effect;
  readonly code?: RefusalCode;
  /** The rules that led to the effect. */
  readonly rules: readonly RuleRef[];
  readonly reason: string;
  readonly remedy: string;
  readonly obligations: Obligations;
  /** What rules in `mode: warn` would have done. */
  readonly wouldHave: readonly RuleRef[];
  /** Digest of the policy in force, `sha256:HEX`. */
  readonly digest: string;
}

export type Durability = "process" | "power";
export type SanitizeLevel = "off" | "exact" | "standard" | "strict";

/** Conditions that come with a yes, merged to the tightest; one that can't be enforced refuses the call. */
export interface Obligations {
  readonly timeout: number;
  readonly read: number;
  readonly write: number;
  readonly output: number;
  readonly sanitize: SanitizeLevel;
  readonly durability: Durability;
  /** `out_of_band`: the caller's own client may not answer the question. */
  readonly channel: "any" | "out_of_band";
  readonly sandbox: SandboxSpec;
}

/** How a command is confined. */
export interface SandboxSpec {
  readonly backend: "auto" | "bwrap" | "landlock" | "off";
  readonly profile: "read-only" | "workspace-write";
  readonly network: "none" | "allowlist";
  readonly memory: number;
  readonly processes: number;
  readonly disk: number;
}

export type RefusalCode =
  | "INVALID_INPUT"
  | "DENIED"
  | "APPROVAL_REQUIRED"
  | "APPROVAL_DECLINED"
  | "STALE_APPROVAL"
  | "RATE_LIMITED"
  | "BUDGET_EXHAUSTED"
  | "SANDBOX_UNAVAILABLE"
  | "AUDIT_UNAVAILABLE"
  | "NOT_FOUND"
  | "TIMEOUT"
  | "CANCELLED"
  | "UPSTREAM_UNAVAILABLE"
  | "FAILED";

/**
 * A no that can be shown: `message` is the reason (lower case, one line, nothing from outside the caller's roots), `remedy` what to do next.
 * Internals (system errors, paths outside) belong in `cause` only.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly remedy: string;
  constructor(code: RefusalCode, reason: string, remedy: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.name = "Refusal";
    this.code = code;
    this.remedy = remedy;
  }
}

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

/** What a tool answers; text and structured content are sanitized on the way out. */
export interface ToolResult {
  readonly text: string;
  /** Media instead of text: base64 and its MIME type. */
  readonly media?: { readonly data: string; readonly mimeType: string; readonly uri: string };
  readonly structured?: Readonly<Record<string, unknown>>;
  readonly flags?: readonly string[];
  /** Set when the tool itself left something out. */
  readonly truncated?: boolean;
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
  /** Digests of what is about to be changed, as found now: real path to `sha256:HEX` or `absent`. A yes is bound to them. */
  readonly states: Readonly<Record<string, string>>;
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
  /** JSON Schema of the arguments, made on first use. */
  readonly inputSchema: () => Readonly<Record<string, unknown>>;
  /** Throws INVALID_INPUT for arguments that don't fit the schema, and whatever the eyes refuse. */
  prepare(args: Readonly<Record<string, unknown>>, eyes: Eyes): Prepared | Promise<Prepared>;
}

/** What a tool may look with before anything is decided. */
export interface Eyes {
  readonly files: FileEyes;
  /** The decision for another call, nothing done (for `explain_policy`). */
  explain(tool: string, args: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  readonly workspaces: readonly string[];
}

/** Doors narrowed to what was decided. A tool holds nothing else. */
export interface Permit {
  readonly files: FileHands;
  readonly limits: Obligations;
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
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
}

/** A question for a person: the message is safe to show, the state comes back with the answer. */
export interface Question {
  readonly id: string;
  readonly message: string;
  readonly state: string;
  /** Milliseconds to wait for an answer within the connection. */
  readonly wait: number;
}

/** A parked approval, as the caller learns of it. */
export interface ApprovalTicket {
  readonly id: string;
  readonly expiresAt: string;
}
