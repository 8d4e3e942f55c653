import type { Principal } from "../types.ts";
import type { CallQuery } from "./engine.ts";
import type { RuleSource } from "./schema.ts";
import { MAYBE, NO, YES, type Trit } from "./trit.ts";
import { compileWord } from "./word-glob.ts";

/** A condition on the call: may the rule apply to any of its resources? */
export type CallMatcher = (call: CallQuery) => Trit;

/** One value or many, as the schema admits them. */
export function toList<T>(value: T | readonly T[] | undefined): readonly T[] | undefined {
  return value === undefined ? undefined : Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

type Who = NonNullable<RuleSource["who"]>;

/** `who:` every named property has one of the values; a property the principal lacks never matches. */
export function matchWho(who: Who, principal: Principal, session: string): boolean {
  return (
    isOneOf(who.client, [principal.client]) &&
    isOneOf(who.key, [principal.key]) &&
    isOneOf(who.role, [principal.role]) &&
    isOneOf(who.user, [principal.user]) &&
    isOneOf(who.scope, principal.scopes) &&
    isOneOf(who.session, [session])
  );
}

function isOneOf(wanted: string | readonly string[] | undefined, actual: readonly (string | undefined)[]): boolean {
  return wanted === undefined || (toList(wanted) ?? []).some((value) => actual.includes(value));
}

/** Compiles `who`, `arg` and the part of `when` that is about the call. Throws an Error fit for a Problem. */
export function compileCall(rule: RuleSource): CallMatcher {
  const { who, when } = rule;
  const args = Object.entries(rule.arg ?? {}).map(([field, wanted]) => ({ field, test: compileArg(wanted, rule.effect === "allow") }));
  const transports = toList(when?.transport);
  const clients = toList(when?.client);
  return (call) => {
    if (who !== undefined && !matchWho(who, call.principal, call.session)) return NO;
    if (transports !== undefined && !transports.includes(call.transport)) return NO;
    if (clients !== undefined && !(call.principal.client !== undefined && clients.includes(call.principal.client))) return NO;
    if (when?.interactive !== undefined && when.interactive !== call.interactive) return NO;
    let match: Trit = YES;
    for (const { field, test } of args) {
      if (!Object.hasOwn(call.args, field)) return NO;
      const found = test(call.args[field]);
      if (found < match) match = found;
    }
    return match;
  };
}

type Wanted = NonNullable<RuleSource["arg"]>[string];

/** A list as argument: all of it must fit an allow rule, any of it the others. */
function compileArg(wanted: Wanted, allow: boolean): (value: unknown) => Trit {
  const one = compileScalar(wanted, allow);
  return (value) => {
    if (!Array.isArray(value)) return one(value);
    const found = value.map(one);
    if (found.length === 0) return NO;
    return found.reduce((a, b) => (allow === a < b ? a : b));
  };
}

function compileScalar(wanted: Wanted, allow: boolean): (value: unknown) => Trit {
  if (typeof wanted !== "object") return (value) => (value === wanted ? YES : NO);
  if (Array.isArray(wanted)) return (value) => (wanted.includes(value as string) ? YES : NO);
  const globs = toList(wanted.glob)?.map((glob) => compileWord(glob, "segment"));
  const { min, max } = wanted;
  return (value) => {
    if (wanted.in !== undefined && !wanted.in.includes(value as string)) return NO;
    if (globs !== undefined) {
      if (typeof value !== "string" || !globs.some((glob) => glob.expression.test(value))) return NO;
      // `src/**` must not admit `src/../../etc`
      if (allow && value.split("/").includes("..")) return NO;
    }
    if (min === undefined && max === undefined) return YES;
    if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))) return MAYBE;
    if (typeof value !== "number" || Number.isNaN(value)) return NO;
    return value >= (min ?? -Infinity) && value <= (max ?? Infinity) ? YES : NO;
  };
}
