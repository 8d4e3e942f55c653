import type { Decision, Query, Refusal } from "../types.ts";
export function explainDecision(decision: Decision, query: Query): Record<string, unknown> {
  return {
    effect: decision.effect,
    code: decision.code,
    rules: decision.rules,
    reason: decision.reason,
    remedy: decision.remedy,
    resources: query.resources,
    obligations: decision.obligations,
  };
}
export function explainRefusal(refusal: Refusal): Record<string, unknown> {
  return { effect: "deny", code: refusal.code, rules: [], reason: refusal.message, remedy: refusal.remedy, resources: [], obligations: {} };
}
