import type { Obligations, Query, Resource } from "../types.ts";
import type { Engine } from "./engine.ts";
import type { Layer } from "./layer.ts";
import { DEFAULT_PART, tightest, toObligations, type Part } from "./part.ts";
import type { Rule } from "./rule.ts";
import type { Verdict } from "./verdict.ts";

/**
 * Conditions that come with a decision. For one resource a layer says what its matching rules give (the tightest of them), else what its
 * settings say; layers combine to the tightest; what nobody says is the default. Over resources the tightest holds, and only commands and
 * opaque parts speak of the sandbox, so that reading a file doesn't cut the network of the command beside it. See docs/policy.md.
 */
export function mergeObligations(engine: Engine, query: Query, resources: readonly Resource[], verdicts: readonly Verdict[]): Obligations {
  const durability = durabilityOf(engine, query.risk);
  let merged: Part | undefined;
  let seen = "";
  for (const [index, resource] of resources.entries()) {
    const matched = verdicts[index]?.matched ?? new Map<Layer, readonly Rule[]>();
    const runs = resource.kind === "command" || resource.kind === "opaque";
    const key = givesNothing(matched) ? String(runs) : "";
    if (key !== "" && seen.includes(key)) continue;
    seen += key;
    const part = key === "" ? partFor(engine.layers, query.tool, matched) : settingsPart(engine, query.tool);
    const own = runs ? part : withoutSandbox(part);
    merged = merged === undefined ? own : tightest(merged, own);
  }
  return toObligations({ ...settingsPart(engine, query.tool), ...merged }, durability);
}

const MAX_TOOLS = 500;
const settingsParts = new WeakMap<Engine, Map<string, Required<Part>>>();

/** What the settings alone say for a tool: most calls meet no rule with conditions of its own. Bounded, as tool names come from outside. */
function settingsPart(engine: Engine, tool: string): Required<Part> {
  let parts = settingsParts.get(engine);
  if (parts === undefined || parts.size >= MAX_TOOLS) settingsParts.set(engine, (parts = new Map()));
  let part = parts.get(tool);
  if (part === undefined) parts.set(tool, (part = partFor(engine.layers, tool, new Map())));
  return part;
}

/** What holds when no policy could be asked. */
export function defaultObligations(): Obligations {
  return toObligations(DEFAULT_PART, "power");
}

const SANDBOX_KEYS = ["backend", "profile", "network", "memory", "processes", "disk"] as const;

function withoutSandbox(part: Part): Part {
  const rest: Record<string, unknown> = { ...part };
  for (const key of SANDBOX_KEYS) delete rest[key];
  return rest;
}

function givesNothing(matched: ReadonlyMap<Layer, readonly Rule[]>): boolean {
  for (const rules of matched.values()) if (rules.some((rule) => rule.gives !== undefined)) return false;
  return true;
}

/** All conditions for one resource. An untrusted layer can only tighten what the others and the defaults say. */
function partFor(layers: readonly Layer[], tool: string, matched: ReadonlyMap<Layer, readonly Rule[]>): Required<Part> {
  let trusted: Part = {};
  let untrusted: Part = {};
  for (const layer of layers) {
    const given = (matched.get(layer) ?? []).flatMap((rule) => rule.gives ?? []).reduce(tightest, {});
    const level = layer.sanitize(tool);
    const own = { ...layer.part, ...(level === undefined ? {} : { sanitize: level }), ...given };
    if (layer.trusted) trusted = tightest(trusted, own);
    else untrusted = tightest(untrusted, own);
  }
  return tightest({ ...DEFAULT_PART, ...trusted }, untrusted) as Required<Part>;
}

function durabilityOf(engine: Engine, risk: Query["risk"]): Obligations["durability"] {
  const said = engine.layers.filter((layer) => layer.trusted).map((layer) => layer.settings.audit?.durability?.[risk]);
  if (said.includes("power")) return "power";
  return said.includes("process") ? "process" : risk === "low" ? "process" : "power";
}
