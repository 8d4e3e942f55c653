import { isDeepStrictEqual } from "node:util";
import { aloneEngine } from "./check-unit.ts";
import { decide } from "./decide.ts";
import { testQuery, type FixedEyes } from "./inline-tests.ts";
import type { Equivalents } from "./names.ts";
import { riskTable } from "./risk.ts";
import type { InlineTest } from "./schema.ts";
import { readFile } from "./read-file.ts";
import { loadUnit, type Unit } from "./unit.ts";

const USER = { reader: readFile, layer: "user" } as const;

/**
 * What changes from one policy file to another, a line each: rules and settings by name, and every inline test of either file that the two
 * decide differently. Empty when they are the same. Throws PolicyError.
 */
export function diffPolicies(before: string, after: string, facts: { equivalents: Equivalents; eyes?: FixedEyes }): string[] {
  const [a, b] = [loadUnit(before, USER), loadUnit(after, USER)];
  return [...diffRules(a, b), ...diffSettings(a, b), ...diffDecisions(a, b, facts)];
}

function diffRules(a: Unit, b: Unit): string[] {
  const [old, now] = [a, b].map((unit) => new Map(unit.rules.map((rule) => [rule.ref.id, rule]))) as [
    Map<string, Unit["rules"][number]>,
    Map<string, Unit["rules"][number]>,
  ];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((id) => {
    const [was, is] = [old.get(id), now.get(id)];
    if (is === undefined) return [`- rule ${id} (${was?.ref.effect})`];
    if (was === undefined) return [`+ rule ${id} (${is.ref.effect})`];
    const effect = was.ref.effect === is.ref.effect ? `still ${is.ref.effect}` : `${was.ref.effect} to ${is.ref.effect}`;
    return isDeepStrictEqual(was.source, is.source) ? [] : [`~ rule ${id} (${effect})`];
  });
}

function diffSettings(a: Unit, b: Unit): string[] {
  const quiet = new Set(["rules", "tests", "name", "version", "extends"]);
  const [old, now] = [a, b].map(({ settings }) => settings as unknown as Record<string, unknown>) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((key) => !quiet.has(key));
  return keys.flatMap((key) => (isDeepStrictEqual(old[key], now[key]) ? [] : [`~ ${key}: ${tell(old[key])} to ${tell(now[key])}`]));
}

function tell(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function diffDecisions(a: Unit, b: Unit, facts: { equivalents: Equivalents; eyes?: FixedEyes }): string[] {
  const [old, now] = [aloneEngine(a, facts.equivalents), aloneEngine(b, facts.equivalents)];
  const [oldRisk, newRisk] = [riskTable(old.layers), riskTable(now.layers)];
  const tests: readonly InlineTest[] = [...(a.settings.tests ?? []), ...(b.settings.tests ?? [])];
  return [...new Map(tests.map((test) => [nameOf(test), test]))].flatMap(([name, test]) => {
    const was = decide(old, testQuery(test, oldRisk, facts.eyes)).effect;
    const is = decide(now, testQuery(test, newRisk, facts.eyes)).effect;
    return was === is ? [] : [`! ${name}: ${was} to ${is}`];
  });
}

function nameOf(test: InlineTest): string {
  const { expect: _expect, rule: _rule, ...call } = test;
  return JSON.stringify(call);
}
