/** The file door: what eyes find, what hands do. */
import type { Durability, PathType } from "./decision.ts";

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
  /** Globs of what is left out with all below it, as the reference server's directory_tree reads them. */
  readonly excludePatterns?: readonly string[];
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
