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

/** A URL as it will be requested, parsed once: nothing is derived from the caller's text again. */
export interface Target {
  /** As the URL parser writes it; no fragment, no credentials. */
  readonly href: string;
  readonly scheme: "http" | "https";
  /** As in `UrlResource`. */
  readonly host: string;
  readonly port: number;
}

/** Eyes for URLs, one per call. Parsing sends nothing; only `resolve` asks a name server, once a name, and is for names that were admitted. */
export interface UrlEyes {
  /** Refusal INVALID_INPUT or DENIED (scheme). */
  parse(url: string): Target;
  /** What to decide on. A literal address (and `localhost`) carries its addresses at once, without a look-up. Refusal for a bad method. */
  resource(target: Target, method: string): UrlResource;
  /** The same resource with its addresses, forbidden ones included, so that the decision can name them. Refusal NOT_FOUND, FAILED, CANCELLED. */
  resolve(resource: UrlResource): Promise<UrlResource>;
}

/** What `fetch` asks for. `startIndex` and `maxLength` are characters of the text as shown. */
export interface HttpRequest {
  readonly target: Target;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** HTML as its source instead of Markdown. */
  readonly raw: boolean;
  readonly startIndex: number;
  readonly maxLength: number;
}

/** One request as it was sent, for the record: no path, no headers, no body. `address` was dialled; `bytes` came over the wire as body. */
export interface HttpHop {
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly status: number;
  readonly bytes: number;
}

/** One page of what came back. */
export interface HttpPage {
  /** Where the last hop ended. */
  readonly url: string;
  readonly status: number;
  /** Without parameters, lower case; empty when the server named none. */
  readonly contentType: string;
  /** Bytes of the body, as the server says. */
  readonly length?: number;
  /** `metadata`: not a text type, so nothing of the body is in `text`. */
  readonly form: "markdown" | "text" | "metadata";
  readonly text: string;
  readonly start: number;
  /** Characters that there are in all. */
  readonly total: number;
  /** The `startIndex` of the next page; absent on the last. */
  readonly next?: number;
  /** The body was cut by this limit, so `total` is less than the whole. */
  readonly cut?: "size" | "time";
  /** Bytes that were no text in the page's charset were replaced. */
  readonly replaced: boolean;
  /** Text the page carries but doesn't show (cut to 16 KiB): never for the model, only to be searched for instructions. */
  readonly hidden: string;
  readonly hops: readonly HttpHop[];
}

/** Hands for URLs: sends exactly what was granted, to exactly the addresses that were judged. */
export interface HttpHands {
  fetch(request: HttpRequest): Promise<HttpPage>;
}
