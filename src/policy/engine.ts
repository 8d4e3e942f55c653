import type { Effect, Query, Risk, RuleRef } from "../types.ts";
import type { EgressEntry } from "./egress-list.ts";
import type { Layer } from "./layer.ts";
import type { Equivalents } from "./names.ts";

/** All that deciding looks at: compiled once at load, never changed. */
export interface Engine {
  readonly layers: readonly Layer[];
  readonly sealed: boolean;
  /** What no layer speaks of. */
  readonly defaults: Defaults;
  /** Effects that hold at least, by risk: `approve-all` and `dry-run` are floors. */
  readonly modeFloor: Readonly<Record<Risk, Ruling>>;
  readonly protectedPaths: readonly string[];
  readonly reopened: readonly EgressEntry[];
  readonly wrappers: readonly string[];
  readonly equivalents: Equivalents;
  readonly digest: string;
}

/** An effect and the setting it comes from. */
export interface Ruling {
  readonly effect: Effect;
  readonly ref: RuleRef;
}

export interface Defaults {
  readonly byRisk: Readonly<Record<Risk, Ruling>>;
  readonly scripts: Ruling;
  readonly opaque: Ruling;
  readonly others: Ruling;
}

/** A rule or setting that spoke, with what its word counted as (a maybe-deny counts as ask). */
export interface Blame {
  readonly ref: RuleRef;
  readonly counted: Effect;
  readonly maybe: boolean;
  readonly why: string | undefined;
  /** A sentence of its own, of the floor and of settings. */
  readonly reason: string | undefined;
  readonly remedy: string | undefined;
}

/** A query without its resources: what conditions on the caller and the call look at. */
export type CallQuery = Omit<Query, "resources">;
