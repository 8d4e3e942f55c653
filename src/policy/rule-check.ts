import type { Report } from "./rule.ts";
import type { RuleSource } from "./schema.ts";

/** Conditions that exclude or misuse each other: such a rule would silently never fire, so it is a mistake of its file. */
export function checkRule(rule: RuleSource, report: Report): void {
  const named = resourceKeys(rule);
  const [first, second] = named;
  if (first !== undefined && second !== undefined) {
    report([second.key], `the rule can never match: \`${first.key}\` and \`${second.key}\` speak of different resources - make two rules`);
  }
  if (rule.run !== undefined && rule.use !== undefined)
    report(["use"], "`run` and `use` in one rule would have to hold both - make two rules");
  if (rule.effect === "allow") {
    if (rule.who?.client !== undefined)
      report(
        ["who", "client"],
        "an allow rule can't rest on `client`, which is only what a client says of itself - use key, role or scope",
      );
    if (rule.when?.client !== undefined)
      report(
        ["when", "client"],
        "an allow rule can't rest on `client`, which is only what a client says of itself - use key, role or scope",
      );
    if (rule.has !== undefined) report(["has"], "`has` is for deny and ask rules - list the admitted options under flags");
    if (rule.flags !== undefined && rule.run === undefined && rule.use === undefined)
      report(["flags"], "`flags` alone would allow every program - name one under run");
  } else if (rule.flags !== undefined) report(["flags"], "`flags` is for allow rules - list the unwanted options under has");
  if (rule.effect === "deny") {
    for (const key of ["limits", "sandbox", "sanitize", "channel"] as const) {
      if (rule[key] !== undefined) report([key], `a deny has no conditions, so \`${key}\` says nothing - drop it`);
    }
  }
  for (const key of ["who", "when", "net", "limits", "sandbox"] as const) {
    const value = rule[key];
    if (value !== undefined && Object.keys(value).length === 0 && key !== "net")
      report([key], `\`${key}\` is empty and says nothing - fill it or drop it`);
  }
  checkArgs(rule, report);
  checkNames(rule, report);
  checkOperations(rule, report);
}

const RESOURCE_KEYS = ["path", "op", "run", "use", "has", "flags", "net"] as const;
const KIND: Readonly<Record<(typeof RESOURCE_KEYS)[number], string>> = {
  path: "path",
  op: "path",
  run: "command",
  use: "command",
  has: "command",
  flags: "command",
  net: "url",
};

/** The keys that name a resource, one of each kind. */
function resourceKeys(rule: RuleSource): { key: string; kind: string }[] {
  const seen = new Map<string, string>();
  for (const key of RESOURCE_KEYS) if (rule[key] !== undefined && !seen.has(KIND[key])) seen.set(KIND[key], key);
  return [...seen].map(([kind, key]) => ({ key, kind }));
}

function checkArgs(rule: RuleSource, report: Report): void {
  for (const [field, wanted] of Object.entries(rule.arg ?? {})) {
    if (typeof wanted !== "object" || Array.isArray(wanted)) continue;
    if (Object.keys(wanted).length === 0) report(["arg", field], `\`${field}\` names no condition - use glob, min, max or in`);
    if (wanted.min !== undefined && wanted.max !== undefined && wanted.min > wanted.max) {
      report(["arg", field], `the rule can never match: min ${wanted.min} is above max ${wanted.max} - swap them`);
    }
  }
}

function checkNames(rule: RuleSource, report: Report): void {
  const tools = [rule.tool ?? []].flat();
  const servers = [rule.server ?? []].flat();
  for (const server of servers) {
    if (server.includes("/")) report(["server"], "a server has no `/` in its name - write server/tool under tool");
  }
  if (servers.length > 0 && tools.length > 0 && tools.every((tool) => tool !== "*" && !tool.includes("/"))) {
    report(["server"], "the rule can never match: a tool of a server is written server/tool - write it so under tool");
  }
  const local = tools.length > 0 && tools.every((tool) => tool !== "*" && tool.includes("/"));
  const owned = resourceKeys(rule)[0];
  if (owned !== undefined && (local || servers.length > 0)) {
    report([owned.key], `the rule can never match: tools of servers have no \`${owned.key}\` - use arg for their arguments`);
  }
}

/** Tools of ours that never make a resource of the kind the rule names. */
function checkOperations(rule: RuleSource, report: Report): void {
  const tools = [rule.tool ?? []].flat();
  const named = resourceKeys(rule)[0];
  if (named === undefined || tools.length === 0) return;
  if (named.kind === "path" && tools.every((tool) => tool === "fetch")) {
    report([named.key], `the rule can never match: fetch has no \`${named.key}\` - use net`);
  }
  const files = /^(?:read_|write_|edit_|list_|move_|copy_|create_|delete_|search_|directory_|get_file)\w*$/;
  if (named.kind !== "path" && tools.every((tool) => files.test(tool))) {
    report([named.key], `the rule can never match: file tools have no \`${named.key}\` - use op and path`);
  }
}
