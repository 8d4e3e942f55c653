import { posix } from "node:path";
import type { CommandResource, Effect, PathResource, Resource, UrlResource } from "../types.ts";
import { reopens, type EgressEntry } from "./egress-list.ts";
import { changes, execName, gitMayWrite } from "./exec-files.ts";
import { isAddress, isSpecialName } from "./host-glob.ts";
import { isInside, type PathView } from "./names.ts";

/** A word of the built-in floor on one resource. */
export interface FloorWord {
  readonly id: string;
  readonly effect: Effect;
  readonly reason: string;
  readonly remedy: string;
  /** The file's name when an allow rule that spells it out lifts this word. */
  readonly unless?: string;
}

/** What the floor must know beside the resource. */
interface FloorFacts {
  /** Real paths of state, keys, policies and configuration in force, lower case: files or directories, never reopened. */
  readonly protectedPaths: readonly string[];
  /** Literal addresses that `egress.allow` reopens. */
  readonly reopened: readonly EgressEntry[];
}

/** The name of a workspace's own policy: protected in every workspace, also before it exists. */
const PROJECT_FILE = ".portcullis.yaml";

const OUTSIDE: FloorWord = {
  id: "floor/outside",
  effect: "deny",
  reason: "the path is outside the workspaces",
  remedy: "use a path inside the workspaces (see list_allowed_directories)",
};

const STATE: FloorWord = {
  id: "floor/state",
  effect: "deny",
  reason: "the path belongs to portcullis itself (state, keys or a policy in force)",
  remedy: "leave it to the person who runs portcullis; no rule can open it",
};

const UNRESOLVED: FloorWord = {
  id: "floor/unresolved",
  effect: "ask",
  reason: "the path can't be known before it runs",
  remedy: "name the path literally",
};

const LINKS: FloorWord = {
  id: "floor/links",
  effect: "ask",
  reason: "the file has several names (hard links), so writing it changes all of them",
  remedy: "a person must approve it, or copy the file first",
};

const SELF: FloorWord = {
  id: "floor/portcullis",
  effect: "deny",
  reason: "commands can't run portcullis",
  remedy: "ask the person who runs portcullis to do it",
};

const ADDRESS: FloorWord = {
  id: "floor/address",
  effect: "deny",
  reason: "the address is private or special",
  remedy: "use a public address, or ask the policy's owner to add the literal address and port to egress.allow",
};

const NAME: FloorWord = { ...ADDRESS, id: "floor/name", reason: "the host name is private or special" };

/** What the floor says on a resource, in a page: the guard itself, places outside, files that run programs, links, private addresses. */
export function floorWords(resource: Resource, views: readonly PathView[], facts: FloorFacts): readonly FloorWord[] {
  switch (resource.kind) {
    case "path":
      return pathWords(resource, views, facts);
    case "command":
      return runsPortcullis(resource) ? [SELF] : [];
    case "url":
      return urlWords(resource, facts);
    case "upstream":
    case "opaque":
    case "call":
      return [];
  }
}

function pathWords(resource: PathResource, views: readonly PathView[], facts: FloorFacts): readonly FloorWord[] {
  const first = views[0];
  if (first === undefined) return [UNRESOLVED];
  if (first.within.length === 0) return [OUTSIDE];
  const words: FloorWord[] = [];
  if (views.some((view) => isProtected(resource, view, facts.protectedPaths))) words.push(STATE);
  if (!changes(resource.op)) return words;
  for (const view of views) {
    for (const { lower } of view.within) {
      const name = execName(lower);
      if (name === undefined) continue;
      if (!(resource.by === "git" && gitMayWrite(lower))) words.push(execWord(name));
    }
  }
  if (resource.op === "write" && (resource.links ?? 1) > 1 && resource.type !== "directory") words.push(LINKS);
  return words;
}

function execWord(name: string): FloorWord {
  return {
    id: "floor/exec-files",
    effect: "deny",
    reason: `writing \`${name}\` would make other programs run`,
    remedy: `ask the policy's owner for an allow rule that names \`${name}\` literally`,
    unless: name,
  };
}

/** What the log's rotation puts behind the name of a file: old logs are as much ours as the one in use. */
const PUT_ASIDE = /\.\d+-[0-9a-f]+$/;

/** The path is one of ours or below one; changing a directory above one would take it along. */
function isProtected(resource: PathResource, view: PathView, protectedPaths: readonly string[]): boolean {
  if (view.within.some(({ lower }) => lower === PROJECT_FILE)) return true;
  const lower = view.lower.replace(PUT_ASIDE, "");
  return protectedPaths.some(
    (path) => isInside(view.lower, path) || lower === path || (resource.op === "delete" && isInside(path, view.lower)),
  );
}

const LAUNCHERS = new Set(["npx", "npm", "pnpm", "pnpx", "yarn", "bun", "bunx", "corepack", "node", "deno", "tsx"]);

function runsPortcullis(command: CommandResource): boolean {
  const program = command.argv[0];
  if (typeof program !== "string") return false;
  if (bare(program) === "portcullis") return true;
  return LAUNCHERS.has(bare(program)) && command.argv.slice(1).some((word) => typeof word === "string" && bare(word) === "portcullis");
}

/** A program's name without its directory, version and extension. */
function bare(word: string): string {
  return posix
    .basename(word)
    .toLowerCase()
    .replace(/@.*$/, "")
    .replace(/\.(?:exe|cmd|ps1|m?js)$/, "");
}

function urlWords(url: UrlResource, facts: FloorFacts): readonly FloorWord[] {
  const { addresses } = url;
  const reopened = (address: string): boolean => facts.reopened.some((entry) => reopens(entry, address, url.port));
  if (addresses !== undefined) {
    if (addresses.length === 0) return [{ ...ADDRESS, reason: "the host has no address" }];
    const closed = addresses.filter(({ address, kind }) => kind !== "public" && !reopened(address));
    if (closed.length > 0) return [ADDRESS];
    // every address of a special name must have been reopened: a public answer for `x.internal` is no more to be trusted
    return isSpecialName(url.host) && !addresses.every(({ address }) => reopened(address)) ? [NAME] : [];
  }
  // a literal address comes with its kind; one that nobody classified is not to be trusted
  if (isAddress(url.host)) return [ADDRESS];
  if (!isSpecialName(url.host)) return [];
  return facts.reopened.some((entry) => entry.port === url.port) ? [] : [NAME];
}
