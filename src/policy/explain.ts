import type { Decision, Effect, Obligations, Query, Refusal, RefusalCode, Resource, RuleRef } from "../types.ts";
import { defaultObligations } from "./obligations.ts";
import { isInside, withSlashes } from "./names.ts";

/** A decision as `explain_policy` and `policy explain --json` tell it. */
export interface Explanation {
  readonly effect: Effect;
  readonly code?: RefusalCode;
  readonly rules: readonly RuleRef[];
  readonly reason: string;
  readonly remedy: string;
  readonly resources: readonly Resource[];
  readonly obligations: Obligations;
  /** What rules in `mode: warn` would have done; absent when there are none. */
  readonly wouldHave?: readonly RuleRef[];
}

/** Tells a decision. Where a path lies outside the workspaces is not told: a link's target is nothing the caller may learn. */
export function explainDecision(decision: Decision, query: Query): Explanation {
  const { effect, code, rules, reason, remedy, obligations, wouldHave } = decision;
  const resources = query.resources.map((resource) => withoutOutside(resource, query.workspaces));
  return {
    effect,
    ...(code === undefined ? {} : { code }),
    rules,
    reason,
    remedy,
    resources,
    obligations,
    ...(wouldHave.length > 0 ? { wouldHave } : {}),
  };
}

/** Tells a call that was refused before it could be decided (a path outside, a command that the gate refuses). */
export function explainRefusal(refusal: Refusal): Explanation {
  const { code, message, remedy } = refusal;
  return { effect: "deny", code, rules: [], reason: message, remedy, resources: [], obligations: defaultObligations() };
}

/** The same for the model: what a name means inside is told by its kind alone. */
export function withoutInside(explanation: Explanation): Explanation {
  const resources = explanation.resources.map((resource) => {
    if (resource.kind !== "url" || resource.addresses === undefined) return resource;
    const addresses = resource.addresses.map(({ address, kind }) => ({
      address: kind === "public" || address === resource.host ? address : "not told",
      kind,
    }));
    return { ...resource, addresses };
  });
  return { ...explanation, resources };
}

function withoutOutside(resource: Resource, workspaces: readonly string[]): Resource {
  if (resource.kind !== "path" || resource.path === null) return resource;
  const { path } = resource;
  return workspaces.some((root) => isInside(withSlashes(path), withSlashes(root)))
    ? resource
    : { kind: "path", op: resource.op, path: null };
}

/** An explanation for people: some lines, the verdict first. */
export function describeExplanation(explanation: Explanation): string {
  const { effect, code, reason, remedy, rules, resources, wouldHave = [] } = explanation;
  const lines = [`${effect}${code === undefined ? "" : ` (${code})`}: ${reason}`, `  what to do: ${remedy}`];
  for (const rule of rules) lines.push(`  by ${rule.id} (${rule.effect}) at ${rule.file}:${rule.line}, layer ${rule.layer}`);
  for (const resource of resources) lines.push(`  touches ${describeResource(resource)}`);
  for (const rule of wouldHave) lines.push(`  would have been ${rule.effect} by ${rule.id} at ${rule.file}:${rule.line} (mode: warn)`);
  return lines.join("\n");
}

function describeResource(resource: Resource): string {
  switch (resource.kind) {
    case "path":
      return `${resource.op} ${resource.path === null ? "a path that can't be told" : quote(resource.path)}`;
    case "command":
      return `command ${resource.argv.map((word) => (word === null ? "<unknown>" : quote(word))).join(" ")} in ${resource.cwd === null ? "an unknown directory" : quote(resource.cwd)}`;
    case "url":
      return `${resource.method} ${resource.scheme}://${resource.host}:${resource.port}`;
    case "upstream":
      return `upstream ${resource.server}/${resource.tool}`;
    case "opaque":
      return `${resource.script ? "a script" : "something opaque"}: ${resource.reason}`;
    case "call":
      return `the call of ${resource.tool} alone`;
  }
}

/** Words from calls can hold anything: only plain ones are shown as they are. */
function quote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word)
    ? word
    : JSON.stringify(word).replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
