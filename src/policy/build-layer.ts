import type { SanitizeLevel } from "../types.ts";
import { indexRules, type Layer, type LayerName } from "./layer.ts";
import { DEFAULT_PART, tighter, type Part } from "./part.ts";
import { compileTool } from "./rule.ts";
import type { PolicyFile } from "./schema.ts";
import type { Unit } from "./unit.ts";

/** Puts a loaded file in its place. `enforced`: a sealed layer is in force, under which `mode: warn` of a whole file doesn't count. */
export function buildLayer(name: LayerName, unit: Unit, options: { trusted: boolean; enforced: boolean }): Layer {
  const { settings } = unit;
  const warn = settings.mode === "warn" && !options.enforced;
  const sealed = settings.sealed === true;
  const rules = unit.rules.map((rule) => ({ ...rule, warn: warn || rule.source.mode === "warn" }));
  return {
    name,
    file: unit.document.file,
    sealed,
    denies: settings.default === "deny" && !warn,
    trusted: options.trusted,
    warn,
    rules: indexRules(rules),
    egress: unit.egress,
    part: sealed ? { ...DEFAULT_PART, ...statedPart(settings) } : statedPart(settings),
    sanitize: compileSanitize(settings.sanitize, sealed),
    settings,
    ref: (path, effect) => unit.ref(path, effect),
  };
}

/** The conditions that the settings state. */
function statedPart(settings: PolicyFile): Part {
  const { limits, sandbox, approvals } = settings;
  const stated: Record<string, unknown> = {};
  for (const key of ["timeout", "read", "write", "output"] as const) stated[key] = limits?.[key];
  for (const key of ["backend", "profile", "network", "memory", "processes", "disk"] as const) stated[key] = sandbox?.[key];
  stated["channel"] = approvals?.channel;
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
}

const LEVELS = ["off", "exact", "standard", "strict"] as const;

/** `sanitize` by tool: an exact name beats a glob, a glob beats `*`; of several globs the strictest. */
function compileSanitize(sanitize: PolicyFile["sanitize"], sealed: boolean): Layer["sanitize"] {
  const otherwise = sealed ? DEFAULT_PART.sanitize : undefined;
  if (sanitize === undefined) return () => otherwise;
  if (typeof sanitize === "string") return () => sanitize;
  const globs = Object.entries(sanitize).flatMap(([glob, level]) => (glob === "*" ? [] : [{ matches: compileTool(glob), level }]));
  return (tool) => {
    if (Object.hasOwn(sanitize, tool)) return sanitize[tool];
    const level = globs
      .filter(({ matches }) => matches(tool))
      .reduce<SanitizeLevel | undefined>(
        (worst, one) => (worst === undefined ? one.level : tighter<SanitizeLevel>(LEVELS, worst, one.level)),
        undefined,
      );
    return level ?? sanitize["*"] ?? otherwise;
  };
}
