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

/**
 * A path that was opened and judged. It is a token: the descriptor stays inside the file door, so only the door's own `Found` opens anything.
 * `path` is the real path: no links, no dots, inside `workspace`. For `absent` it is where the thing would be made.
 */
export interface Found {
  readonly path: string;
  /** Real path of the workspace that holds it. */
  readonly workspace: string;
  /** Path below the workspace, `""` for the workspace itself. */
  readonly relative: string;
  readonly type: PathType;
  /** Bytes; 0 for what is absent, as are the fields below. */
  readonly size: number;
  /** Permission bits (`0o644`). */
  readonly mode: number;
  readonly links: number;
  readonly modified: number;
  readonly created: number;
  readonly accessed: number;
}

/** One name in a directory. `size` and `modified` are there when they were asked for. */
export interface Entry {
  readonly name: string;
  readonly type: PathType;
  readonly size?: number;
  readonly modified?: number;
}

/** Something below a directory, by its real path. */
export interface Below {
  readonly path: string;
  readonly type: PathType;
  readonly size: number;
  readonly links: number;
}

/** What `prepare` gets: judges paths, changes nothing. Everything throws `Refusal`. */
export interface FileEyes {
  /** Opens and judges a path. `follow: false` finds a link itself instead of what it names. Outside of the workspaces: DENIED, always the same words. */
  find(path: string, options?: { readonly follow?: boolean }): Found;
  /** What the thing holds now: `sha256:HEX` of a file's bytes, of a link's target, of a directory's names, types and sizes below; or `absent`. */
  state(found: Found): Promise<string>;
  /** Everything below a directory, sorted, links not followed; `[]` for anything else. More than 10,000: refused. */
  below(found: Found): readonly Below[];
}

/** Which lines: `from` is 1-based, or the `last` so many. */
export type LineRange = { readonly from: number; readonly count?: number } | { readonly last: number };

/** Lines as bytes, with their line ends. `more` says that the read limit cut them; `first` is the number of the first line, unless counted from the end. */
export interface Lines {
  readonly bytes: Buffer;
  readonly first?: number;
  readonly more: boolean;
}

export interface WriteOptions {
  /** `create` fails when there is something; `append` keeps what is there; `overwrite` replaces it whole. */
  readonly mode: "overwrite" | "create" | "append";
  readonly durability: Durability;
  /** The state that was decided on (`FileEyes.state`); anything else by now is STALE_APPROVAL and nothing is written. */
  readonly expected?: string;
}

export interface ChangeOptions {
  readonly durability: Durability;
  readonly expected?: string;
}

export interface WalkOptions {
  /** Levels below the directory; 1 is its own names. */
  readonly maxDepth?: number;
  /** Is this path (relative to the directory) left out, with all below it? */
  readonly exclude?: (relative: string) => boolean;
  readonly respectGitignore?: boolean;
  readonly maxEntries: number;
}

/** Entries in the order of a tree: a directory, then what is below it; names sorted. `relative` is to the walked directory. */
export interface Walked {
  readonly entries: readonly { readonly relative: string; readonly type: PathType }[];
  readonly truncated: boolean;
}

export interface NameSearch {
  /** Glob on the path relative to the searched directory; `*` does not cross `/`. */
  readonly pattern: string;
  readonly excludePatterns?: readonly string[];
  readonly respectGitignore?: boolean;
  readonly maxResults: number;
}

export interface NameHits {
  readonly paths: readonly string[];
  readonly truncated: boolean;
}

export interface ContentSearch {
  readonly pattern: string;
  readonly literal?: boolean;
  readonly ignoreCase?: boolean;
  readonly glob?: string;
  readonly contextLines?: number;
  /** `files` and `count` read no lines; `count` counts matching lines. */
  readonly outputMode: "content" | "files" | "count";
  readonly respectGitignore?: boolean;
  /** Matching lines (`content`) or files (`files`, `count`) told at most. */
  readonly maxMatches: number;
}

/** A line of a hit; `match: false` is context. `cut`: longer than shown. */
export interface HitLine {
  readonly line: number;
  readonly text: string;
  readonly match: boolean;
  readonly cut: boolean;
}

export interface ContentHits {
  readonly files: readonly { readonly path: string; readonly count: number; readonly lines: readonly HitLine[] }[];
  readonly truncated: boolean;
}

/** What `run` gets with its permit. Each operation first checks that exactly this `Found` was granted for it; otherwise DENIED. */
export interface FileHands {
  /** Bytes of a file, at most the read limit (a larger request is refused). */
  read(found: Found, range?: { readonly start?: number; readonly length?: number }): Buffer;
  lines(found: Found, range: LineRange): Promise<Lines>;
  /** `sha256:HEX` of a file's bytes, whatever its size. */
  hash(found: Found): Promise<string>;
  list(found: Found, options?: { readonly details?: boolean }): readonly Entry[];
  walk(found: Found, options: WalkOptions): Promise<Walked>;
  searchNames(found: Found, search: NameSearch): Promise<NameHits>;
  searchContent(found: Found, search: ContentSearch): Promise<ContentHits>;
  write(found: Found, bytes: Uint8Array, options: WriteOptions): Promise<{ readonly hash: string }>;
  /** With missing parents; a directory that is already there is fine. */
  makeDirectory(found: Found, options: ChangeOptions): Promise<void>;
  move(source: Found, destination: Found, options: ChangeOptions): Promise<void>;
  copy(source: Found, destination: Found, options: ChangeOptions): Promise<void>;
  remove(found: Found, options: ChangeOptions & { readonly recursive: boolean }): Promise<void>;
}

/** One replacement. Line ends need not agree with the file's; without `replaceAll`, `oldText` must occur exactly once. */
export interface Edit {
  readonly oldText: string;
  readonly newText: string;
  readonly replaceAll?: boolean;
}

/** Offsets (UTF-16 units) of what changed: `[start, end)` in the old text became `[newStart, newEnd)` in the new one. Sorted, disjoint. */
export interface ChangedRegion {
  readonly start: number;
  readonly end: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** Pure work on text, handed to the tools that edit. */
export interface TextWork {
  /** Text of bytes that are valid UTF-8, byte order mark kept; anything else is INVALID_INPUT. */
  decode(bytes: Uint8Array): string;
  /** Applies edits one after another. Not found, or found more often than once: INVALID_INPUT with the count. */
  applyEdits(text: string, edits: readonly Edit[]): { readonly text: string; readonly regions: readonly ChangedRegion[] };
  /** Unified diff (three lines of context), `""` when nothing changed. `regions` of `applyEdits` make it quick. */
  diff(name: string, before: string, after: string, regions?: readonly ChangedRegion[]): string;
}
