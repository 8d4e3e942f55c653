import { strictest, type CommandResource, type Effect, type PathOp, type PathResource } from "../types.ts";
import type { CallQuery, Engine } from "./engine.ts";
import { changes } from "./exec-files.ts";
import { floorWords } from "./floor.ts";
import { matchPath, riskOfResource } from "./match.ts";
import { viewPath } from "./names.ts";
import type { Layer } from "./layer.ts";
import type { Rule } from "./rule.ts";
import { both, MAYBE, NO, YES, type Trit } from "./trit.ts";
import { judgeResource } from "./verdict.ts";

/**
 * Judges many known paths for one call: what `decide` would say of each alone, without its words; with `by`, as part of what a command does
 * (types.ts, `PathResource.by`), whose own verdict is not looked at.
 */
export type PathJudge = (op: PathOp, path: string, by?: PathResource["by"]) => Effect;

/** Stands for the command that a write with `by` belongs to; it is decided elsewhere. */
const ITS_COMMAND: CommandResource = { kind: "command", argv: [], cwd: null, sets: [], hazards: [], wrappers: [] };

/**
 * Prepares judging: the rules are narrowed to those that this call can meet, so that a search may ask about 50,000 paths. Reading and
 * listing take a short way; writes, which meet the whole floor, take the long one.
 */
export function judgePaths(engine: Engine, call: CallQuery): PathJudge {
  const ways = new Map<PathOp, (path: string) => Effect>();
  return (op, path, by) => {
    if (changes(op)) return longWay(engine, call, op, path, by);
    let way = ways.get(op);
    if (way === undefined) ways.set(op, (way = shortWay(engine, call, op)));
    return way(path);
  };
}

function longWay(engine: Engine, call: CallQuery, op: PathOp, path: string, by: PathResource["by"]): Effect {
  if (by !== undefined) return judgeResource(engine, call, { kind: "path", op, path, by }, [ITS_COMMAND]).effect;
  const resource = { kind: "path" as const, op, path };
  return judgeResource(engine, call, resource, [resource]).effect;
}

interface Narrowed {
  readonly layer: Layer;
  readonly rules: readonly { readonly rule: Rule; readonly call: Trit }[];
}

function shortWay(engine: Engine, call: CallQuery, op: PathOp): (path: string) => Effect {
  const probe = { kind: "path" as const, op, path: "" };
  const risk = riskOfResource(probe, call.risk);
  const layers = engine.layers.map((layer) => narrow(engine, layer, call, probe, risk));
  const fallback = engine.defaults.byRisk[risk].effect;
  const atLeast = engine.modeFloor[risk].effect;
  return (path) => {
    const views = viewPath(path, call.workspaces, engine.equivalents);
    let effect: Effect | undefined = atLeast;
    let spoken = false;
    for (const word of floorWords({ ...probe, path }, views, engine)) effect = strictest(effect, word.effect);
    if (effect === "deny") return effect;
    for (const { layer, rules } of layers) {
      let yes = false;
      for (const { rule, call: certain } of rules) {
        const match = both(matchPath(rule, op, views), certain);
        if (match === NO || (rule.allow && match !== YES)) continue;
        if (match === YES || rule.ref.effect !== "deny") yes = true;
        const counted = match === MAYBE && rule.ref.effect === "deny" && !layer.sealed && !layer.denies ? "ask" : rule.ref.effect;
        effect = strictest(effect, counted);
        if (effect === "deny") return effect;
      }
      if (yes) spoken ||= layer.trusted;
      else if (layer.sealed) effect = strictest(effect, layer.denies ? "deny" : fallback);
    }
    return (spoken ? effect : strictest(effect, fallback)) ?? "deny";
  };
}

function narrow(
  engine: Engine,
  layer: Layer,
  call: CallQuery,
  probe: { kind: "path"; op: PathOp; path: string },
  risk: CallQuery["risk"],
): Narrowed {
  const rules = layer.rules.candidates(call.tool, probe).flatMap((rule) => {
    const certain = rule.call(call);
    const counts = certain !== NO && !(rule.allow && !layer.trusted) && !(rule.warn && !(engine.sealed && !rule.allow));
    return counts && (rule.risks?.includes(risk) ?? true) ? [{ rule, call: certain }] : [];
  });
  return { layer, rules };
}
