/** Budgets: how much a session and a principal may use. A call is charged before it runs, what came over the network after it. */
import { Refusal } from "../types.ts";
import type { Rate } from "./rates.ts";

/** `budgets` of the policy; egress in bytes, `warn_at` as shares of 1. */
export interface BudgetSettings {
  readonly session?:
    | { readonly calls?: number | undefined; readonly egress?: number | undefined; readonly warn_at?: readonly number[] | undefined }
    | undefined;
  readonly principal?:
    | { readonly calls?: Rate | undefined; readonly egress?: Rate | undefined; readonly warn_at?: readonly number[] | undefined }
    | undefined;
}

/** What a principal has used in one period of `per` milliseconds since the epoch. */
export interface Use {
  readonly principal: string;
  readonly counted: "calls" | "egress";
  readonly per: number;
  readonly period: number;
}

/** Where principals' use is counted, durably and for all processes at once. */
export interface UsageStore {
  /** Adds an amount unless that would go beyond the limit; gives what is used then. */
  add(use: Use, amount: number, limit: number): number | undefined;
  used(use: Use): number;
}

/** What a session has used. */
export interface Used {
  calls: number;
  egress: number;
}

const WARN_AT = [0.8, 0.95, 1];

/** Charges one call. Throws BUDGET_EXHAUSTED and charges nothing, or gives the warnings that this call brought. */
export function chargeCall(budgets: BudgetSettings, session: Used, principal: string, store: () => UsageStore, now: number): string[] {
  const warnings: string[] = [];
  const limit = budgets.session?.calls;
  if (limit !== undefined && session.calls >= limit)
    throw exhausted(
      `this session has made the ${limit} calls of its budget`,
      "Finish here: a person can raise budgets.session.calls or start a new session.",
    );
  const own = budgets.principal?.calls;
  if (own !== undefined) {
    const used = store().add(useOf(principal, "calls", own, now), 1, own.count);
    if (used === undefined)
      throw exhausted(
        `you have made the ${own.count} calls of your budget`,
        `It begins anew at ${endOf(own, now)}; a person can raise budgets.principal.calls.`,
      );
    warnings.push(...crossed(used - 1, used, own.count, budgets.principal?.warn_at, "your calls"));
  }
  session.calls += 1;
  if (limit !== undefined)
    warnings.push(...crossed(session.calls - 1, session.calls, limit, budgets.session?.warn_at, "this session's calls"));
  return warnings;
}

/** Refuses what would go out when the egress is used up. How much a call brings isn't known before, so the last one may go beyond. */
export function checkEgress(budgets: BudgetSettings, session: Used, principal: string, store: () => UsageStore, now: number): void {
  const limit = budgets.session?.egress;
  if (limit !== undefined && session.egress >= limit)
    throw exhausted(
      `this session has received the ${limit} bytes of its budget`,
      "Work with what you have: a person can raise budgets.session.egress.",
    );
  const own = budgets.principal?.egress;
  if (own !== undefined && store().used(useOf(principal, "egress", own, now)) >= own.count)
    throw exhausted(
      `you have received the ${own.count} bytes of your budget`,
      `It begins anew at ${endOf(own, now)}; a person can raise budgets.principal.egress.`,
    );
}

/** Counts bytes that came; gives the warnings that they brought. */
export function chargeEgress(
  budgets: BudgetSettings,
  session: Used,
  principal: string,
  store: () => UsageStore,
  now: number,
  bytes: number,
): string[] {
  const warnings: string[] = [];
  session.egress += bytes;
  const limit = budgets.session?.egress;
  if (limit !== undefined)
    warnings.push(
      ...crossed(session.egress - bytes, session.egress, limit, budgets.session?.warn_at, "this session's bytes from the network"),
    );
  const own = budgets.principal?.egress;
  if (own === undefined) return warnings;
  const used = store().add(useOf(principal, "egress", own, now), bytes, Number.MAX_SAFE_INTEGER) ?? bytes;
  return [...warnings, ...crossed(used - bytes, used, own.count, budgets.principal?.warn_at, "your bytes from the network")];
}

/** How much of a budget is used; 1 is all of it. */
export interface Share {
  readonly of: "session" | "principal";
  readonly counted: Use["counted"];
  readonly share: number;
}

/** The shares that a session and its principal have used, as far as there are budgets for them. Charges nothing. */
export function usedShares(budgets: BudgetSettings, session: Used, principal: string, store: () => UsageStore, now: number): Share[] {
  return (["calls", "egress"] as const).flatMap((counted) => {
    const limit = budgets.session?.[counted];
    const own = budgets.principal?.[counted];
    return [
      ...(limit === undefined ? [] : [{ of: "session" as const, counted, share: session[counted] / limit }]),
      ...(own === undefined
        ? []
        : [{ of: "principal" as const, counted, share: store().used(useOf(principal, counted, own, now)) / own.count }]),
    ];
  });
}

/** The shares of a budget that were reached between two amounts, in words. */
function crossed(before: number, after: number, limit: number, shares: readonly number[] = WARN_AT, whose: string): string[] {
  return shares
    .filter((share) => before < share * limit && after >= share * limit)
    .map((share) => `budget: ${Math.round(share * 100)} % of ${whose} are used (${after} of ${limit})`);
}

const periodOf = ({ per }: Rate, now: number): number => Math.floor(now / per);

function useOf(principal: string, counted: Use["counted"], rate: Rate, now: number): Use {
  return { principal, counted, per: rate.per, period: periodOf(rate, now) };
}

const endOf = (rate: Rate, now: number): string => new Date((periodOf(rate, now) + 1) * rate.per).toISOString();

const exhausted = (reason: string, remedy: string) => new Refusal("BUDGET_EXHAUSTED", reason, remedy);
