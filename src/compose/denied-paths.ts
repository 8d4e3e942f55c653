/** What the sandbox kept from a command, as far as the command's own words tell, with the rules that did it. */
import { dirname, join, resolve } from "node:path";
import type { Policy } from "../policy/policy.ts";
import type { DeniedPath, KeptOutput, Query, ReadCommand } from "../types.ts";
import type { View } from "./view.ts";

/** What strerror(3) says to a reader or writer of what is hidden or read-only; Node prints the names. */
const TROUBLE = /permission denied|read-only file system|device or resource busy|\b(EACCES|EROFS|EBUSY|EPERM)\b/i;
const MOST_LINES = 200;
const MOST_PATHS = 20;

/** Finds, in lines that speak of a refusal, names of paths that the view hides or protects. Nothing is told of other paths. */
export function deniedPaths(
  stderr: KeptOutput,
  view: View,
  about: { readonly policy: Policy; readonly query: Query; readonly command: ReadCommand; readonly workspaces: readonly string[] },
): DeniedPath[] {
  if (stderr.total === 0 || (view.masked.length === 0 && view.readOnly.length === 0)) return [];
  const { policy, query, command, workspaces } = about;
  const text = `${Buffer.from(stderr.head).toString()}\n${Buffer.from(stderr.tail).toString()}`;
  const lines = text.split("\n").filter((line) => TROUBLE.test(line));
  const [masked, readOnly] = [new Set(view.masked), new Set(view.readOnly)];
  const starts = new Set([command.cwd, ...command.reading.commands.flatMap(({ cwd }) => cwd ?? []), ...workspaces]);
  const found = new Map<string, DeniedPath>();
  for (const line of lines.slice(0, MOST_LINES)) {
    for (const word of line.split(/[\s'"`:()<>,‘’]+/).slice(0, 40)) {
      for (const start of word === "" ? [] : starts) {
        const path = resolve(start, word);
        const op = covers(masked, path) ? "read" : covers(readOnly, path) ? "write" : undefined;
        if (op === undefined || found.size >= MOST_PATHS) continue;
        found.set(`${op} ${path}`, { path, op, rules: rulesOf(policy, query, op, path) });
        break;
      }
    }
  }
  return [...found.values()];
}

function covers(paths: ReadonlySet<string>, path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (paths.has(at)) return true;
    if (at === join(at, "..")) return false;
  }
}

/** A path may be hidden because only read_text_file may not read it. */
function rulesOf(policy: Policy, query: Query, op: "read" | "write", path: string): string[] {
  const resources = [{ kind: "path" as const, op, path }];
  const own = policy.decide({ ...query, resources });
  const decision = own.effect === "allow" ? policy.decide({ ...query, tool: "read_text_file", args: {}, resources }) : own;
  return decision.rules.map(({ id }) => id);
}
