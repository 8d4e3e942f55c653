import { strictest, type Decision, type Effect, type Query, type RefusalCode, type RuleRef } from "../types.ts";
import type { Blame, Engine } from "./engine.ts";
import { defaultObligations, mergeObligations } from "./obligations.ts";
import { judgeResource, type Verdict } from "./verdict.ts";
import { riskOfResource } from "./match.ts";
import { wordDecision } from "./words.ts";

/**
 * Decides a call: the strictest effect over its resources. Pure: query in, decision out, no clock, disk, network or environment, so that
 * a recorded query replays to the same decision. An exception while deciding is a deny. See docs/policy.md.
 */
export function decide(engine: Engine, query: Query): Decision {
  try {
    return combine(engine, query);
  } catch (error) {
    return failClosed(engine, error);
  }
}

function combine(engine: Engine, query: Query): Decision {
  const { resources } = query;
  const all = resources.length > 0 ? resources : [{ kind: "call" as const, tool: query.tool }];
  const verdicts = all.map((resource) => judgeResource(engine, query, resource, all));
  const effect = verdicts.reduce<Effect | undefined>((worst, verdict) => strictest(worst, verdict.effect), undefined) ?? "deny";
  const blames = unique(verdicts.filter((verdict) => verdict.effect === effect).flatMap((verdict) => verdict.blames));
  const warned = uniqueRefs(verdicts.flatMap((verdict) => verdict.warned)).filter((ref) => ref.effect !== effect);
  const code = CODES[effect];
  return {
    effect,
    ...(code === undefined ? {} : { code }),
    rules: blames.map((blame) => blame.ref),
    ...wordDecision(effect, blames, riskOfDecision(query, verdicts, effect)),
    obligations: mergeObligations(engine, query, all, verdicts),
    wouldHave: warned,
    digest: engine.digest,
  };
}

const CODES: Readonly<Partial<Record<Effect, RefusalCode>>> = { ask: "APPROVAL_REQUIRED", deny: "DENIED" };

/** The highest risk among the resources that made the decision, for its words. */
function riskOfDecision(query: Query, verdicts: readonly Verdict[], effect: Effect): Query["risk"] {
  const risks = query.resources
    .filter((_, index) => verdicts[index]?.effect === effect)
    .map((resource) => riskOfResource(resource, query.risk));
  return risks.includes("high") ? "high" : risks.includes("medium") ? "medium" : (risks[0] ?? query.risk);
}

function unique(blames: readonly Blame[]): Blame[] {
  const seen = new Map<string, Blame>();
  for (const blame of blames) {
    const key = `${blame.ref.layer} ${blame.ref.id} ${blame.ref.file}`;
    if (!seen.has(key)) seen.set(key, blame);
  }
  return [...seen.values()];
}

function uniqueRefs(refs: readonly RuleRef[]): RuleRef[] {
  return [...new Set(refs)];
}

function failClosed(engine: Engine, error: unknown): Decision {
  const ref: RuleRef = { id: "floor/error", layer: "floor", file: "built-in", line: 1, effect: "deny" };
  const kind = error instanceof Error ? error.name : "error";
  return {
    effect: "deny",
    code: "DENIED",
    rules: [ref],
    reason: `the decision could not be made (${kind})`,
    remedy: "report it to the person who runs portcullis; nothing was done",
    obligations: defaultObligations(),
    wouldHave: [],
    digest: engine.digest,
    cause: error,
  };
}
