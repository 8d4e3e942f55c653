/** Totals as people read them. */
import { quantile } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";
import type { FamilyName } from "./families.ts";
import type { Tally } from "./tally.ts";

const EFFECTS = ["allow", "ask", "dry_run", "deny"] as const;

/** Durations are milliseconds, as exact as the buckets are wide; null where there was none. */
export interface Summary {
  readonly tools: readonly ({
    readonly tool: string;
    readonly calls: number;
    readonly refused: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  } & Readonly<Record<(typeof EFFECTS)[number], number>>)[];
  readonly refusals: readonly { readonly code: string; readonly calls: number }[];
  readonly rules: readonly { readonly rule: string; readonly effect: string; readonly calls: number }[];
  readonly approvals: readonly { readonly answer: string; readonly calls: number }[];
  readonly budgets: readonly { readonly of: string; readonly counted: string; readonly highest: number }[];
  readonly audit: readonly {
    readonly record: string;
    readonly count: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  }[];
  readonly sandboxKills: readonly { readonly reason: string; readonly commands: number }[];
  readonly policyReloads: readonly { readonly result: string; readonly reloads: number }[];
  readonly logLinesDropped: number;
}

/** Sums up; the largest numbers first. */
export function summarizeTally(tally: Tally): Summary {
  return {
    tools: toolsOf(tally),
    refusals: largest(sumBy(tally, "portcullis_refusals_total", 1)).map(([code, calls]) => ({ code, calls })),
    rules: [...tally.series("portcullis_rules_total")]
      .sort((a, b) => b.value - a.value)
      .map(({ labels: [rule = "", effect = ""], value }) => ({ rule, effect, calls: value })),
    approvals: largest(sumBy(tally, "portcullis_approvals_total", 0)).map(([answer, calls]) => ({ answer, calls })),
    budgets: tally
      .series("portcullis_budget_used_ratio")
      .map(({ labels: [of = "", counted = ""], value }) => ({ of, counted, highest: value })),
    audit: tally
      .series("portcullis_audit_seconds")
      .map(({ labels: [record = ""], value, histogram }) => ({ record, count: value, ...percentiles(histogram) })),
    sandboxKills: largest(sumBy(tally, "portcullis_sandbox_kills_total", 0)).map(([reason, commands]) => ({ reason, commands })),
    policyReloads: largest(sumBy(tally, "portcullis_policy_reloads_total", 0)).map(([result, reloads]) => ({ result, reloads })),
    logLinesDropped: tally.series("portcullis_log_lines_dropped_total")[0]?.value ?? 0,
  };
}

function toolsOf(tally: Tally): Summary["tools"] {
  const durations = new Map(tally.series("portcullis_call_seconds").map(({ labels: [tool = ""], histogram }) => [tool, histogram]));
  const refused = sumBy(tally, "portcullis_refusals_total", 0);
  const calls = tally.series("portcullis_calls_total");
  return largest(sumBy(tally, "portcullis_calls_total", 0)).map(([tool, total]) => {
    const decided = EFFECTS.map((effect) => {
      const own = calls.filter(({ labels }) => labels[0] === tool && labels[1] === effect);
      return [effect, own.reduce((sum, { value }) => sum + value, 0)] as const;
    });
    const effects = Object.fromEntries(decided) as Record<(typeof EFFECTS)[number], number>;
    return { tool, calls: total, ...effects, refused: refused.get(tool) ?? 0, ...percentiles(durations.get(tool)) };
  });
}

function percentiles(histogram: Histogram | undefined): { readonly p50Ms: number | null; readonly p99Ms: number | null } {
  const ms = (share: number): number | null => {
    const seconds = histogram && quantile(histogram, share);
    return seconds === undefined ? null : Number((seconds * 1000).toPrecision(3));
  };
  return { p50Ms: ms(0.5), p99Ms: ms(0.99) };
}

/** The values of a family, added up by one of its labels. */
function sumBy(tally: Tally, family: FamilyName, place: number): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { labels, value } of tally.series(family)) sums.set(labels[place] ?? "", (sums.get(labels[place] ?? "") ?? 0) + value);
  return sums;
}

const largest = (sums: ReadonlyMap<string, number>): [string, number][] => [...sums].sort(([, a], [, b]) => b - a);
