import type { Decision, Principal, Query, Risk } from "../types.ts";
import { toList } from "./call-match.ts";
import { decide } from "./decide.ts";
import type { CallQuery, Engine } from "./engine.ts";
import { isHidden } from "./hidden.ts";
import { judgePaths, type PathJudge } from "./judge-paths.ts";
import type { Problem } from "./problems.ts";
import { riskTable, type RiskOf } from "./risk.ts";
import type { Settings } from "./settings.ts";

/** A policy in force: all layers, compiled. Immutable; a reload makes a new one. */
export interface Policy {
  /** `sha256:HEX` over all files in force, their layers and whether they are trusted. */
  readonly digest: string;
  readonly layers: readonly LayerInfo[];
  readonly settings: Settings;
  /** Files in force, for watching; they are protected from every tool. */
  readonly files: readonly string[];
  /** Lint findings, what an untrusted project says in vain, requirements unmet under `mode: warn`. */
  readonly warnings: readonly Problem[];
  readonly riskOf: RiskOf;
  /** Does a rule look at arguments? Where none does, verdicts on paths hold for every call of a tool. */
  readonly readsArguments: boolean;
  /** Scopes that rules name in `who`: what a caller may be asked to bring. Sorted. */
  readonly scopes: readonly string[];
  /** Pure: a recorded query replays to the same decision. */
  decide(query: Query): Decision;
  /** Prepares judging many paths for one call, as a search needs it; each answer is what `decide` would say of that path alone. */
  judgePaths(call: CallQuery): PathJudge;
  /** Is the tool denied outright to this principal, whatever its arguments? */
  hidden(tool: string, risk: Risk, principal: Principal): boolean;
}

interface LayerInfo {
  readonly name: string;
  readonly file: string;
  readonly sealed: boolean;
  readonly trusted: boolean;
  readonly mode: "enforce" | "warn";
  readonly rules: number;
}

/** Puts the parts of a loaded policy behind one face. */
export function makePolicy(engine: Engine, settings: Settings, about: { files: readonly string[]; warnings: readonly Problem[] }): Policy {
  return {
    digest: engine.digest,
    layers: engine.layers.map(({ name, file, sealed, trusted, warn, rules }) => ({
      name,
      file,
      sealed,
      trusted,
      mode: warn ? "warn" : "enforce",
      rules: rules.all.length,
    })),
    settings,
    files: about.files,
    warnings: about.warnings,
    riskOf: riskTable(engine.layers),
    readsArguments: engine.layers.some(({ rules }) => rules.all.some(({ source }) => source.arg !== undefined)),
    scopes: [
      ...new Set(engine.layers.flatMap(({ rules }) => rules.all.flatMap(({ source }) => toList(source.who?.scope) ?? []))),
    ].toSorted(),
    decide: (query) => decide(engine, query),
    judgePaths: (call) => judgePaths(engine, call),
    hidden: (tool, risk, principal) => isHidden(engine, tool, risk, principal),
  };
}
