import type { PathOp, Risk, RuleRef } from "../types.ts";
import { compileArgv, type ArgvPattern } from "./argv-pattern.ts";
import { compileCall, toList, type CallMatcher } from "./call-match.ts";
import type { KeyPath } from "./reader.ts";
import { compileHost, type HostGlob } from "./host-glob.ts";
import type { Part } from "./part.ts";
import { compilePathGlob, type PathGlob } from "./path-glob.ts";
import type { RuleSource } from "./schema.ts";
import { compileWord } from "./word-glob.ts";

/** What a rule speaks of: paths, commands, URLs, or every resource of the calls it matches. */
type RuleKind = "path" | "command" | "url" | "any";

/** A rule ready to match. */
export interface Rule {
  readonly ref: RuleRef;
  readonly source: RuleSource;
  readonly kind: RuleKind;
  readonly allow: boolean;
  /** `mode: warn`, of the rule or of its whole file. */
  readonly warn: boolean;
  /** Relative globs hold only within this workspace (a project's file), or in each. */
  readonly base: string | undefined;
  readonly gives: Part | undefined;
  readonly risks: readonly Risk[] | undefined;
  readonly ops: readonly PathOp[] | undefined;
  readonly paths: readonly PathGlob[] | undefined;
  readonly runs: readonly ArgvPattern[] | undefined;
  readonly hosts: readonly HostGlob[] | undefined;
  readonly except: { readonly paths: readonly PathGlob[]; readonly runs: readonly ArgvPattern[]; readonly hosts: readonly HostGlob[] };
  readonly call: CallMatcher;
  readonly tool: (tool: string) => boolean;
}

/** Reports a mistake in the rule at a place below it. */
export type Report = (path: KeyPath, message: string) => void;

const NEVER: CallMatcher = () => 0;

/** Compiles a rule; mistakes go to `report` (several may), and the rule is then not to be used. */
export function compileRule(source: RuleSource, ref: RuleRef, options: { warn: boolean; base: string | undefined }, report: Report): Rule {
  const each = <T>(key: KeyPath, values: string | readonly string[] | undefined, compile: (text: string) => T): T[] | undefined =>
    toList(values)?.flatMap((text, index) => {
      try {
        return [compile(text)];
      } catch (error) {
        report(Array.isArray(values) ? [...key, index] : key, (error as Error).message);
        return [];
      }
    });
  const kind = kindOf(source);
  const exceptTools = kind === "any" ? each(["except"], source.except, compileTool) : undefined;
  const tools = each(["tool"], source.tool, compileTool);
  const servers = each(["server"], source.server, compileTool);
  let call = NEVER;
  try {
    call = compileCall(source);
  } catch (error) {
    report(["arg"], (error as Error).message);
  }
  return {
    ref,
    source,
    kind,
    allow: source.effect === "allow",
    warn: options.warn || source.mode === "warn",
    base: options.base,
    gives: givenBy(source),
    risks: toList(source.when?.risk),
    ops: toList(source.op),
    paths: each(["path"], source.path, compilePathGlob),
    runs: each(["run"], source.run, compileArgv),
    hosts: each(["net", "host"], source.net?.host, compileHost),
    except: {
      paths: (kind === "path" ? each(["except"], source.except, compilePathGlob) : undefined) ?? [],
      runs: (kind === "command" ? each(["except"], source.except, compileArgv) : undefined) ?? [],
      hosts: (kind === "url" ? each(["except"], source.except, compileHost) : undefined) ?? [],
    },
    call,
    tool(tool) {
      if (tools !== undefined && !tools.some((matches) => matches(tool))) return false;
      if (servers !== undefined && !(tool.includes("/") && servers.some((matches) => matches(tool.slice(0, tool.indexOf("/"))))))
        return false;
      return !(exceptTools?.some((matches) => matches(tool)) ?? false);
    },
  };
}

/** `*` alone is every tool; else `*` does not cross the `/` between server and tool. Throws an Error fit for a Problem. */
export function compileTool(text: string): (tool: string) => boolean {
  if (text === "*") return () => true;
  const { expression } = compileWord(text, "segment");
  return (tool) => expression.test(tool);
}

function kindOf(source: RuleSource): RuleKind {
  if (source.path !== undefined || source.op !== undefined) return "path";
  if (source.net !== undefined) return "url";
  return source.run !== undefined || source.use !== undefined || source.has !== undefined || source.flags !== undefined ? "command" : "any";
}

function givenBy(source: RuleSource): Part | undefined {
  const { limits, sandbox, sanitize, channel } = source;
  if (limits === undefined && sandbox === undefined && sanitize === undefined && channel === undefined) return undefined;
  const given = { ...limits, ...sandbox, sanitize, channel };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
