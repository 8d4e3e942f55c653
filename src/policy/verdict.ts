import { strictest, type Effect, type Query, type Resource, type RuleRef } from "../types.ts";
import { admits } from "./egress-list.ts";
import type { Blame, CallQuery, Engine, Ruling } from "./engine.ts";
import { floorWords, type FloorWord } from "./floor.ts";
import type { Layer } from "./layer.ts";
import { isUnknown, matchResource, riskOfResource, type Seen } from "./match.ts";
import { viewPath } from "./names.ts";
import type { Rule } from "./rule.ts";
import { both, MAYBE, NO, YES } from "./trit.ts";

/** What is decided about one resource. */
export interface Verdict {
  readonly effect: Effect;
  readonly blames: readonly Blame[];
  /** Rules that surely match and say anything but deny: their obligations hold. By layer. */
  readonly matched: ReadonlyMap<Layer, readonly Rule[]>;
  /** Rules in `mode: warn` that match. */
  readonly warned: readonly RuleRef[];
}

/** What one layer says of one resource. */
interface Word {
  /** The strictest effect of what surely matches; undefined: silent. */
  yes: Effect | undefined;
  readonly blames: Blame[];
  readonly matched: Rule[];
  readonly warned: RuleRef[];
  /** An allow rule spells out all hazards of the command. */
  covers: boolean;
  /** Literal names of floor files that an allow rule spells out. */
  readonly lifts: string[];
}

/**
 * Decides one resource. The list of checks: the built-in floor; each layer's strictest word; a sealed layer's own default; the default
 * when nobody surely spoke; opaque parts and hazards; the floors of the approval mode. The strictest wins.
 */
export function judgeResource(engine: Engine, call: CallQuery, resource: Resource, resources: Query["resources"]): Verdict {
  const seen = look(engine, call, resource);
  const words = new Map(engine.layers.map((layer) => [layer, listen(engine, layer, call, seen, resources)]));
  const blames: Blame[] = [];
  const floor = floorWords(resource, seen.views, engine).filter((word) => !isLifted(word, words));
  for (const word of floor) blames.push(fromFloor(word));
  const follows = resource.kind === "path" && resource.by !== undefined && resources.some(({ kind }) => kind === "command");
  let spoken = false;
  for (const [layer, word] of words) {
    blames.push(...word.blames);
    // an untrusted layer only tightens: its ask must not take the place of a default deny
    if (word.yes !== undefined) spoken ||= layer.trusted;
    else if (layer.sealed && !follows) blames.push(fromSetting(ownDefault(engine, layer, seen)));
  }
  if (resource.kind === "opaque") blames.push(fromSetting(defaultFor(engine, seen), resource.reason));
  else if (!spoken && follows) blames.push(fromFloor(FOLLOWS));
  else if (!spoken) blames.push(fromSetting(defaultFor(engine, seen)));
  if (resource.kind === "command" && resource.hazards.length > 0 && !isCovered(words)) {
    blames.push(fromSetting(engine.defaults.opaque, resource.hazards.map(({ reason }) => reason).join("; ")));
  }
  const atLeast = engine.modeFloor[seen.risk];
  if (atLeast.effect !== "allow") blames.push(fromSetting(atLeast));
  const effect = blames.reduce<Effect | undefined>((worst, { counted }) => strictest(worst, counted), undefined) ?? "deny";
  return {
    effect,
    blames: blames.filter(({ counted }) => counted === effect),
    matched: new Map([...words].map(([layer, word]) => [layer, word.matched])),
    warned: [...words.values()].flatMap((word) => word.warned),
  };
}

function look(engine: Engine, call: CallQuery, resource: Resource): Seen {
  const known = resource.kind === "path" && resource.path !== null;
  return {
    resource,
    risk: riskOfResource(resource, call.risk),
    unknown: isUnknown(resource),
    views: known && resource.path !== null ? viewPath(resource.path, call.workspaces, engine.equivalents) : [],
    workspaces: call.workspaces,
  };
}

/** One layer's word: the strictest of its rules, no order, no priority. */
function listen(engine: Engine, layer: Layer, call: CallQuery, seen: Seen, resources: Query["resources"]): Word {
  const word: Word = { yes: undefined, blames: [], matched: [], warned: [], covers: false, lifts: [] };
  for (const rule of layer.rules.candidates(call.tool, seen.resource)) {
    const found = matchResource(rule, seen);
    const match = both(found.match, rule.call(call));
    if (match === NO || (rule.allow && (match === MAYBE || !layer.trusted))) continue;
    if (rule.warn && !(engine.sealed && !rule.allow)) {
      word.warned.push(rule.ref);
      continue;
    }
    speak(word, layer, rule.ref, match === MAYBE, rule.source.why);
    if (match === YES && rule.ref.effect !== "deny") word.matched.push(rule);
    if (!rule.allow) continue;
    word.covers ||= found.covers;
    if (seen.resource.kind === "path")
      for (const glob of rule.paths ?? []) word.lifts.push(...glob.segments.map((name) => name.toLowerCase()));
  }
  for (const setting of settingsAsRules(engine, layer, seen, resources)) speak(word, layer, setting, false, undefined);
  return word;
}

function speak(word: Word, layer: Layer, ref: RuleRef, maybe: boolean, why: string | undefined): void {
  const counted = maybe && ref.effect === "deny" && !layer.sealed && !layer.denies ? "ask" : ref.effect;
  // a deny that only may match tightens a default and never replaces it: adding a deny must not loosen
  if (!maybe || ref.effect !== "deny") word.yes = strictest(word.yes, counted);
  word.blames.push({ ref, counted, maybe, why, reason: undefined, remedy: undefined });
}

/** Rules that are written as settings: `limits.extensions.deny`, which every layer may say, and the allows `egress.allow` and `shell.wrappers`. */
function settingsAsRules(engine: Engine, layer: Layer, seen: Seen, resources: Query["resources"]): readonly RuleRef[] {
  const { resource } = seen;
  if (layer.warn) return [];
  if (resource.kind === "path") return writesDenied(layer, seen) ? [layer.ref(["limits", "extensions"], "deny")] : [];
  if (!layer.trusted) return [];
  if (resource.kind === "url") return admits(layer.egress, resource) ? [layer.ref(["egress", "allow"], "allow")] : [];
  if (resource.kind !== "command" || seen.unknown || resource.hazards.length > 0) return [];
  const program = resource.argv[0];
  const wraps = (other: Resource): boolean => other.kind === "command" && other.wrappers.some((wrapper) => wrapper === program);
  const letThrough = typeof program === "string" && engine.wrappers.includes(program) && resources.some(wraps);
  return letThrough ? [layer.ref(["shell", "wrappers"], "allow")] : [];
}

/** Is the file of a kind that the layer lets nobody write, make, move to or copy to? Case and equivalent spellings (`a.exe.`) don't matter. */
function writesDenied(layer: Layer, { resource, views }: Seen): boolean {
  const denied = layer.settings.limits?.extensions?.deny ?? [];
  if (denied.length === 0 || resource.kind !== "path" || resource.op !== "write") return false;
  return denied.some((extension) => views.some(({ lower }) => lower.endsWith(`.${extension.toLowerCase().replace(/^\./, "")}`)));
}

/** What a command writes as part of itself needs no rule of its own (types.ts, `by`): the verdict on the command is in the same call. */
const FOLLOWS: FloorWord = { id: "floor/command", effect: "allow", reason: "it follows its command", remedy: "none needed" };

/** An exception needs an allow rule that names the file, in some trusted layer and in every sealed one. */
function isLifted(floor: FloorWord, words: ReadonlyMap<Layer, Word>): boolean {
  const name = floor.unless;
  if (name === undefined) return false;
  const lifts = ([, word]: [Layer, Word]): boolean => word.lifts.includes(name);
  return [...words].some(lifts) && [...words].every((entry) => !entry[0].sealed || lifts(entry));
}

/** Hazards are covered when some layer's pattern names them, and every sealed layer's does. */
function isCovered(words: ReadonlyMap<Layer, Word>): boolean {
  return [...words.values()].some((word) => word.covers) && [...words].every(([layer, word]) => !layer.sealed || word.covers);
}

function defaultFor(engine: Engine, seen: Seen): Ruling {
  const { defaults } = engine;
  if (seen.resource.kind === "opaque") return seen.resource.script ? defaults.scripts : defaults.opaque;
  if (seen.resource.kind === "url") return defaults.others;
  return defaults.byRisk[seen.risk];
}

/** A sealed layer that is silent says its own default. */
function ownDefault(engine: Engine, layer: Layer, seen: Seen): Ruling {
  const general = defaultFor(engine, seen);
  const denies = layer.denies && seen.resource.kind !== "opaque" && seen.resource.kind !== "url";
  return denies ? { effect: "deny", ref: layer.ref(["default"], "deny") } : general;
}

function fromFloor(word: FloorWord): Blame {
  const { id, effect, reason, remedy } = word;
  return { ref: { id, layer: "floor", file: "built-in", line: 1, effect }, counted: effect, maybe: false, why: undefined, reason, remedy };
}

function fromSetting(ruling: Ruling, reason?: string): Blame {
  return { ref: ruling.ref, counted: ruling.effect, maybe: false, why: undefined, reason, remedy: undefined };
}
