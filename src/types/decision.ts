/** What a decision is about and what it says. Sizes are bytes, times milliseconds, paths absolute unless a name says otherwise. */
import type { RefusalCode } from "./refusal.ts";

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
  /**
   * A write that is part of what its command does: git's own in a repository (`git`), or an entry made without content (`touch`, `mkdir`: `entry`).
   * The floor and every rule see it as any write; where none speaks, it follows the command instead of the risk.
   */
  readonly by?: "git" | "entry";
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
  /** What was thrown while deciding, for the log alone. */
  readonly cause?: unknown;
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
