/**
 * What a command gets to see of the workspaces, drawn by the policy that judges paths: what may not be read is hidden, what no rule lets be written is
 * read-only. Names that appear while a command runs are not in it (docs/threat-model.md, "Known limits").
 */
import { dirname } from "node:path";
import type { Door, Surveyed } from "../files/door.ts";
import type { Policy } from "../policy/policy.ts";
import type { Effect, PathOp, Query } from "../types.ts";

/** The decided call that a view is for. */
export interface ViewedCall {
  readonly query: Query;
  /** Rules that a person was asked about: reads which only they hold back are open too. */
  readonly asked: readonly string[];
  /** May this be read, by the policy or by the yes that was given? */
  readonly admits: (path: string, op: "read" | "list") => boolean;
}

/** Existing paths, real: those whose reading must fail, and those that must stay as they are. Sorted, nothing below another masked one. */
export interface View {
  readonly masked: readonly string[];
  readonly readOnly: readonly string[];
}

/** Makes the view of a call. `writable`: the command may write the workspaces at all. */
export type Viewer = (
  call: ViewedCall,
  policy: Policy,
  options: { readonly writable: boolean; readonly signal: AbortSignal },
) => Promise<View>;

/** What is known of a directory while its names stay the same. */
interface Known {
  readonly stamp: string | undefined;
  readonly masked: readonly string[];
  readonly readOnly: readonly string[];
  readonly directories: readonly string[];
  /** Any name in it would be hidden, also one that isn't there yet. */
  readonly closed: boolean;
  /** It holds a file that may be read. */
  readonly open: boolean;
  /** Any name in it is read-only. */
  readonly fixed: boolean;
}

/** A name that no rule has in mind: what is said of it is said of everything in the directory. */
const ANY_NAME = ".portcullis-any-name";
/** Sets of verdicts that are kept: a session mostly alternates between commands that may write to .git and others. */
const MOST_KEPT = 4;

/** Verdicts are kept for as long as a directory's names, the policy and everything else that they depend on stay the same. */
export function createViewer(door: Door, now: () => number): Viewer {
  const kept = new Map<string, Map<string, Known>>();
  return async (call, policy, { writable, signal }) => {
    const key = keyOf(call, policy, writable);
    const before = kept.get(key) ?? new Map<string, Known>();
    const after = new Map<string, Known>();
    const judge = judgeOf(call, policy, writable);
    const look = (directory: Surveyed): readonly string[] => {
      const known = before.get(directory.path);
      const fresh = known !== undefined && directory.stamp !== undefined && known.stamp === directory.stamp;
      const found = fresh ? known : judgeDirectory(directory, judge, after.get(dirname(directory.path))?.fixed ?? false);
      after.set(directory.path, found);
      return found.directories;
    };
    await door.survey(look, { signal, now: now() });
    kept.delete(key);
    kept.set(key, after);
    for (const oldest of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(oldest);
    return gather(after, door.workspaces);
  };
}

/** Everything that a verdict on a path depends on but the path. */
function keyOf({ query, asked }: ViewedCall, policy: Policy, writable: boolean): string {
  const { args, resources, labels, ...who } = query;
  const reads = resources.flatMap((one) => (one.kind === "path" && one.op === "read" ? [one.path] : []));
  const depends = asked.length > 0 ? [asked, reads] : [];
  return JSON.stringify([policy.digest, who, labels, writesGit(query), writable, depends, policy.readsArguments ? args : null]);
}

/** Does the call include what git does in a repository? Then `.git` is open for it, less what runs programs. */
function writesGit({ resources }: Query): boolean {
  return resources.some((one) => one.kind === "path" && one.by === "git" && one.path !== null && /\/\.git(\/|$)/.test(one.path));
}

interface Judge {
  readonly visible: (path: string) => boolean;
  readonly listed: (path: string) => boolean;
  readonly closedToWriting: (path: string) => boolean;
}

function judgeOf({ query, asked, admits }: ViewedCall, policy: Policy, writable: boolean): Judge {
  const own = policy.judgePaths(query);
  // What read_text_file may not read a command may not read either, also where a rule names only that tool.
  const plain = policy.judgePaths({ ...query, tool: "read_text_file", risk: policy.riskOf("read_text_file", "low"), args: {} });
  const decided = new Set(query.resources.map((one) => (one.kind === "path" ? `${one.op} ${one.path}` : "")));
  const open = (path: string, op: "read" | "list"): boolean =>
    decided.has(`${op} ${path}`) || (asked.length > 0 ? admits(path, op) : own(op, path) === "allow");
  const agrees = (effect: Effect, path: string, op: PathOp): boolean => effect === "allow" || (effect === "ask" && own(op, path) === "ask");
  const git = writesGit(query);
  return {
    visible: (path) => open(path, "read") && agrees(plain("read", path), path, "read"),
    listed: (path) => own("list", path) !== "deny",
    closedToWriting: (path) => writable && own("write", path, git && path.includes("/.git/") ? "git" : "entry") === "deny",
  };
}

function judgeDirectory({ path, stamp, names }: Surveyed, judge: Judge, above: boolean): Known {
  const masked: string[] = [];
  const readOnly: string[] = [];
  const directories: string[] = [];
  const anything = `${path}/${ANY_NAME}`;
  const fixed = above || judge.closedToWriting(anything);
  if (fixed && !above) readOnly.push(path);
  let open = false;
  for (const { name, type } of names()) {
    const child = path === "/" ? `/${name}` : `${path}/${name}`;
    // A link leads to something that is judged where it is.
    if (type === "link") continue;
    if (type === "directory") {
      if (!judge.listed(child)) masked.push(child);
      else directories.push(name);
    } else if (!judge.visible(child)) masked.push(child);
    else {
      open = true;
      if (!fixed && judge.closedToWriting(child)) readOnly.push(child);
    }
  }
  return { stamp, masked, readOnly, directories, closed: !judge.visible(anything), open, fixed };
}

/** A directory in which nothing may be read, now or later, is hidden whole; a workspace never is. */
function gather(known: ReadonlyMap<string, Known>, workspaces: readonly string[]): View {
  const closed = new Set([...known].flatMap(([path, { closed }]) => (closed && !workspaces.includes(path) ? [path] : [])));
  for (const [path, { open }] of known) {
    if (!open || closed.size === 0) continue;
    for (let at = path; known.has(at); at = dirname(at)) closed.delete(at);
  }
  const masked = [...closed, ...[...known.values()].flatMap((one) => one.masked)];
  const hidden = (path: string): boolean => known.has(path) && (closed.has(path) || hidden(dirname(path)));
  return {
    masked: masked.filter((path) => !hidden(dirname(path))).sort(),
    readOnly: [...known.values()].flatMap((one) => one.readOnly).sort(),
  };
}
