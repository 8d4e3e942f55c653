/** Everything that is counted: names as Prometheus wants them, and the labels of each. No label ever takes a caller's own words. */

/** A kind of number. `highest` keeps the largest value that was seen; a histogram counts seconds in `BOUNDS`. */
interface Kind {
  readonly kind: "counter" | "highest" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
}

export const FAMILIES = {
  portcullis_calls_total: { kind: "counter", help: "Calls by how they ended", labels: ["tool", "effect", "status"] },
  portcullis_refusals_total: { kind: "counter", help: "Calls that were refused or failed", labels: ["tool", "code"] },
  portcullis_rules_total: { kind: "counter", help: "Decisions by the rules that led to them", labels: ["rule", "effect"] },
  portcullis_call_seconds: { kind: "histogram", help: "Time from a call's arrival to its end", labels: ["tool"] },
  portcullis_approvals_total: { kind: "counter", help: "What became of calls that need a person's yes", labels: ["answer"] },
  portcullis_budget_used_ratio: { kind: "highest", help: "Largest share of a budget that is used", labels: ["of", "counted"] },
  portcullis_audit_seconds: { kind: "histogram", help: "Time from a record's hand-over to its durability", labels: ["record"] },
  portcullis_sandbox_kills_total: { kind: "counter", help: "Commands that the sandbox ended", labels: ["reason"] },
  portcullis_log_lines_dropped_total: { kind: "counter", help: "Log lines lost to a full or slow destination", labels: [] },
  portcullis_policy_reloads_total: { kind: "counter", help: "Policy files that changed while serving", labels: ["result"] },
} as const satisfies Readonly<Record<string, Kind>>;

export type FamilyName = keyof typeof FAMILIES;

/** Upper bounds of the buckets in seconds; what takes longer than the last falls into `+Inf`. Close enough for p50 and p99 to mean something. */
export const BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
] as const;
