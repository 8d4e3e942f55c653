/** A call on its way through the gate: what is known of it so far. */
import { Refusal } from "../types.ts";
import type { Call, CallMeta, Effect, HttpHop, Obligations } from "../types.ts";
import type { Judged } from "./judge.ts";
import type { Stages } from "./stages.ts";
import type { Visit } from "./visit.ts";

/** What is known of a call while it passes. */
export interface Passage {
  call: Call;
  readonly started: number;
  effect: Effect;
  rules: readonly string[];
  warnings: readonly string[];
  readonly policy: ReturnType<Stages["policy"]>;
  durability: Obligations["durability"];
  judged?: Judged;
  readonly hops: HttpHop[];
  channel?: string;
  visit?: Visit;
}

/** Takes a decision into the passage; a deny ends it. */
export function enter(passage: Passage, judged: Judged): void {
  const { effect, code, rules, reason, remedy, wouldHave, obligations, cause } = judged.decision;
  Object.assign(passage, {
    judged,
    effect,
    rules: rules.map((rule) => rule.id),
    warnings: [...(passage.visit?.warnings ?? []), ...wouldHave.map((rule) => `${rule.id} would have said ${rule.effect}`)],
    durability: obligations.durability,
  });
  if (effect === "deny") throw new Refusal(code ?? "DENIED", reason, remedy, cause);
}

/** What the caller learns of its call. */
export function metaOf(passage: Passage, callId: string): CallMeta {
  return { callId, effect: passage.effect, rules: passage.rules, ...(passage.warnings.length > 0 ? { warnings: passage.warnings } : {}) };
}

/**
 * What may be read or listed below a granted directory, and what a preview may show. A yes for a search also covers what the same rules would
 * have asked about below it (with `approve-all` everything is asked), and nothing that another rule asks about.
 */
export function admits(passage: Passage): (path: string, op: "read" | "list") => boolean {
  const { judged, policy } = passage;
  if (!judged) return () => false;
  const { query, decision } = judged;
  const judge = policy.judgePaths(query);
  const asked = new Set(decision.effect === "ask" ? passage.rules : []);
  return (path, op) => {
    const effect = judge(op, path);
    if (effect !== "ask" || asked.size === 0) return effect === "allow";
    return policy.decide({ ...query, resources: [{ kind: "path", op, path }] }).rules.every((rule) => asked.has(rule.id));
  };
}
