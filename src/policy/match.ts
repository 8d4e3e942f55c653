import type { CommandResource, PathOp, Resource, Risk, UrlResource } from "../types.ts";
import { matchArgv } from "./argv-pattern.ts";
import type { PathView } from "./names.ts";
import { flagsCover, matchHas } from "./options.ts";
import type { PathGlob } from "./path-glob.ts";
import type { Rule } from "./rule.ts";
import { both, either, MAYBE, NO, YES, type Trit } from "./trit.ts";

/** How a rule meets a resource. `covers`: an allow pattern spells out every hazard of the command. */
interface Match {
  readonly match: Trit;
  readonly covers: boolean;
}

/** A resource with what the rules need to look at, worked out once. */
export interface Seen {
  readonly resource: Resource;
  readonly risk: Risk;
  /** Something about it isn't known before it runs: no rule can allow it. */
  readonly unknown: boolean;
  /** Spellings of a path; the first is the path itself. Empty for an unknown path and for other resources. */
  readonly views: readonly PathView[];
  readonly workspaces: readonly string[];
}

const NEVER: Match = { match: NO, covers: false };

/** Matches the conditions of a rule on one resource; those on the call (tool, who, arg) are `rule.tool` and `rule.call`. */
export function matchResource(rule: Rule, seen: Seen): Match {
  const { resource } = seen;
  if (rule.allow && (seen.unknown || resource.kind === "opaque")) return NEVER;
  if (rule.risks !== undefined && !rule.risks.includes(seen.risk)) return NEVER;
  if (rule.kind === "any") return { match: YES, covers: false };
  if (rule.kind === "path") return resource.kind === "path" ? { match: matchPath(rule, resource.op, seen.views), covers: false } : NEVER;
  if (rule.kind === "url") return resource.kind === "url" && matchUrl(rule, resource) ? { match: YES, covers: false } : NEVER;
  return resource.kind === "command" ? matchCommand(rule, resource, seen.workspaces) : NEVER;
}

/** Risk of a resource: reads and lists low, writes medium, deletes and commands high, the rest as its tool. */
export function riskOfResource(resource: Resource, tool: Risk): Risk {
  if (resource.kind === "command") return "high";
  if (resource.kind !== "path") return tool;
  return resource.op === "write" ? "medium" : resource.op === "delete" ? "high" : "low";
}

/** A word, path or directory of the resource that nobody can know before it runs. */
export function isUnknown(resource: Resource): boolean {
  if (resource.kind === "path") return resource.path === null;
  return resource.kind === "command" && (resource.cwd === null || resource.argv.length === 0 || resource.argv.includes(null));
}

/** Path rules: allow holds the exact name; the others also any case and equivalent spellings, name by name with their exceptions. */
export function matchPath(rule: Rule, op: PathOp, views: readonly PathView[]): Trit {
  if (rule.ops !== undefined && !rule.ops.includes(op)) return NO;
  const { paths } = rule;
  if (paths === undefined) return YES;
  const first = views[0];
  if (first === undefined) return MAYBE;
  if (rule.allow) {
    if (!exactly(paths, first, rule.base)) return NO;
    return views.some((view) => anyCase(rule.except.paths, view, rule.base)) ? NO : YES;
  }
  return views.some((view) => anyCase(paths, view, rule.base) && !exactly(rule.except.paths, view, rule.base)) ? YES : NO;
}

function exactly(globs: readonly PathGlob[], view: PathView, base: string | undefined): boolean {
  for (const glob of globs) {
    if (glob.absolute) {
      if (glob.matches(view.path)) return true;
    } else if (view.within.some(({ root, path }) => (base === undefined || root === base) && glob.matches(path))) return true;
  }
  return false;
}

function anyCase(globs: readonly PathGlob[], view: PathView, base: string | undefined): boolean {
  for (const glob of globs) {
    if (glob.absolute) {
      if (glob.matchesAnyCase(view.path, view.lower)) return true;
    } else {
      for (const { root, path, lower } of view.within) {
        if ((base === undefined || root === base) && glob.matchesAnyCase(path, lower)) return true;
      }
    }
  }
  return false;
}

const SAFE_METHODS = ["GET", "HEAD"];
const WEB_PORTS = [80, 443];

/** What a `net` rule leaves out narrows an allow (GET and HEAD, ports 80 and 443) and widens the others: a deny must not be dodged by a port. */
function matchUrl(rule: Rule, url: UrlResource): boolean {
  const net = rule.source.net;
  const fits = <T>(given: T | readonly T[] | undefined, value: T, otherwise: readonly T[]): boolean => {
    if (given === undefined) return !rule.allow || otherwise.includes(value);
    return Array.isArray(given) ? given.includes(value) : given === value;
  };
  if (!fits(net?.method, url.method, SAFE_METHODS) || !fits(net?.port, url.port, WEB_PORTS)) return false;
  if (net?.scheme !== undefined && !fits<string>(net.scheme, url.scheme, [])) return false;
  if (rule.hosts !== undefined && !rule.hosts.some((host) => host.matches(url.host))) return false;
  return !rule.except.hosts.some((host) => host.matches(url.host));
}

function matchCommand(rule: Rule, command: CommandResource, workspaces: readonly string[]): Match {
  let match: Trit = YES;
  let covers = false;
  if (rule.runs !== undefined) {
    match = NO;
    for (const pattern of rule.runs) {
      const found = matchArgv(pattern, command, workspaces, rule.allow);
      match = either(match, found.match);
      covers ||= found.match === YES && found.covers;
    }
  }
  const { use, flags, has } = rule.source;
  if (use !== undefined && ![use].flat().some((set) => command.sets.includes(set))) return NEVER;
  if (flags !== undefined && !flagsCover([flags].flat(), command)) return NEVER;
  if (has !== undefined) match = both(match, matchHas([has].flat(), command));
  if (match === NO) return NEVER;
  // an exception narrows an allow already when it may apply, the others only when it surely does
  const excepted = rule.except.runs.some((pattern) => matchArgv(pattern, command, workspaces, !rule.allow).match !== NO);
  return excepted ? NEVER : { match, covers };
}
