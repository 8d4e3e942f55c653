import type { Principal, Resource, Risk } from "../types.ts";
import { matchWho } from "./call-match.ts";
import type { Engine } from "./engine.ts";
import type { Layer } from "./layer.ts";
import type { Rule } from "./rule.ts";
import { foreignResource, shapeOf } from "./tool-shapes.ts";

/**
 * Is a tool denied outright to this principal, whatever its arguments? Such a tool isn't listed. Everything that depends on arguments,
 * paths, commands or hosts counts as possible, so that a tool is hidden only when no call of it could ever pass.
 */
export function isHidden(engine: Engine, tool: string, risk: Risk, principal: Principal): boolean {
  return kindsOf(tool).some((probe) => deniedOutright(engine, tool, risk, principal, probe));
}

/** One probe for each kind of resource that every call of the tool has. */
function kindsOf(tool: string): readonly Resource[] {
  const shape = shapeOf(tool);
  if (shape === undefined) return [foreignResource(tool)];
  if (shape.touches === "command") return [{ kind: "command", argv: [null], cwd: null, sets: [], hazards: [], wrappers: [] }];
  if (shape.touches === "url") return [{ kind: "url", method: "GET", scheme: "https", host: "", port: 443 }];
  if (shape.touches === "opaque") return [{ kind: "opaque", reason: "", script: false }];
  const ops = [...new Set((shape.paths ?? []).flatMap(([, ...ops]) => ops))];
  return ops.length === 0 ? [{ kind: "call", tool }] : ops.map((op) => ({ kind: "path", op, path: null }));
}

function deniedOutright(engine: Engine, tool: string, risk: Risk, principal: Principal, probe: Resource): boolean {
  let mayPass = false;
  for (const layer of engine.layers) {
    const rules = layer.rules.candidates(tool, probe).filter((rule) => concerns(rule, principal));
    if (rules.some((rule) => counts(engine, layer, rule) && rule.ref.effect === "deny" && isOutright(rule))) return true;
    const opens = opensBySetting(layer, probe) || rules.some((rule) => counts(engine, layer, rule) && rule.ref.effect !== "deny");
    if (opens) mayPass = true;
    else if (layer.sealed && fallback(engine, layer, probe, risk) === "deny") return true;
  }
  return !mayPass && fallback(engine, undefined, probe, risk) === "deny";
}

function counts(engine: Engine, layer: Layer, rule: Rule): boolean {
  if (rule.allow && !layer.trusted) return false;
  return !rule.warn || (engine.sealed && !rule.allow);
}

/** Could `who` hold for this principal? A condition on the session is unknown when tools are listed, so it counts as possible. */
function concerns(rule: Rule, principal: Principal): boolean {
  const { who } = rule.source;
  if (who === undefined) return true;
  const { session: _session, ...rest } = who;
  return matchWho(rest, principal, "");
}

/** Matches every resource of every call: nothing in it looks at arguments, paths, commands, hosts, session or circumstances. */
function isOutright(rule: Rule): boolean {
  const { source } = rule;
  const conditional =
    source.arg ?? source.when ?? source.path ?? source.run ?? source.use ?? source.has ?? source.net ?? source.who?.session;
  return conditional === undefined && (source.except === undefined || rule.kind === "any");
}

/** `egress.allow` opens hosts. A way for a command needs a rule for the program, so wrappers open nothing by themselves. */
function opensBySetting(layer: Layer, probe: Resource): boolean {
  return probe.kind === "url" && layer.trusted && !layer.warn && layer.egress.length > 0;
}

function fallback(engine: Engine, layer: Layer | undefined, probe: Resource, risk: Risk): string {
  if (probe.kind === "url") return engine.defaults.others.effect;
  if (probe.kind === "opaque") return engine.defaults.opaque.effect;
  if (layer?.denies === true) return "deny";
  if (probe.kind === "command") return engine.defaults.byRisk.high.effect;
  if (probe.kind === "path") return engine.defaults.byRisk[probe.op === "write" ? "medium" : probe.op === "delete" ? "high" : "low"].effect;
  return engine.defaults.byRisk[risk].effect;
}
