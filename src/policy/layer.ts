import type { Resource, RuleRef, SanitizeLevel } from "../types.ts";
import type { EgressEntry } from "./egress-list.ts";
import type { Part } from "./part.ts";
import type { Rule } from "./rule.ts";
import type { PolicyFile } from "./schema.ts";

export type LayerName = "admin" | "user" | "project";

/** One policy with all it extends, in its place among the others. */
export interface Layer {
  readonly name: LayerName;
  readonly file: string;
  readonly sealed: boolean;
  /** `default: deny`, enforced. */
  readonly denies: boolean;
  /** A project's file counts as trusted only by its hash; until then it may only tighten. */
  readonly trusted: boolean;
  readonly warn: boolean;
  readonly rules: RuleIndex;
  readonly egress: readonly EgressEntry[];
  /** Conditions its settings state, without defaults (a sealed layer states them all). */
  readonly part: Part;
  /** Its `sanitize` for a tool, undefined where it says nothing. */
  sanitize(tool: string): SanitizeLevel | undefined;
  readonly settings: PolicyFile;
  /** Where a setting is written, for rules that are settings (`egress.allow`, `default`). */
  ref(path: readonly string[], effect: RuleRef["effect"]): RuleRef;
}

/** Finds the rules that may match a resource without looking at all of them. */
interface RuleIndex {
  readonly all: readonly Rule[];
  candidates(tool: string, resource: Resource): readonly Rule[];
}

const MAX_TOOLS = 500;

/** Indexes rules by tool, then by kind, operation or program. Tools are cached up to a bound: names from outside must not grow it. */
export function indexRules(rules: readonly Rule[]): RuleIndex {
  const tools = new Map<string, ToolIndex>();
  return {
    all: rules,
    candidates(tool, resource) {
      let index = tools.get(tool);
      if (index === undefined) {
        if (tools.size >= MAX_TOOLS) tools.clear();
        index = indexTool(rules.filter((rule) => rule.tool(tool)));
        tools.set(tool, index);
      }
      return index(resource);
    },
  };
}

type ToolIndex = (resource: Resource) => readonly Rule[];

function indexTool(rules: readonly Rule[]): ToolIndex {
  const any = rules.filter((rule) => rule.kind === "any");
  const urls = rules.filter((rule) => rule.kind === "any" || rule.kind === "url");
  const commands = rules.filter((rule) => rule.kind === "any" || rule.kind === "command");
  const byOp = (op: string): Rule[] =>
    rules.filter((rule) => rule.kind === "any" || (rule.kind === "path" && (rule.ops === undefined || rule.ops.some((one) => one === op))));
  const paths = { read: byOp("read"), list: byOp("list"), write: byOp("write"), delete: byOp("delete") };
  const named = new Map<string, Rule[]>();
  const open: Rule[] = [];
  for (const rule of commands) {
    const programs = rule.runs?.map((run) => run.program);
    if (programs === undefined || programs.includes(undefined)) open.push(rule);
    else for (const program of new Set(programs)) named.set(program ?? "", [...(named.get(program ?? "") ?? []), rule]);
  }
  const merged = new Map([...named].map(([program, own]) => [program, [...open, ...own]]));
  return (resource) => {
    switch (resource.kind) {
      case "path":
        return paths[resource.op];
      case "url":
        return urls;
      case "command": {
        const program = resource.argv[0];
        // an unknown program or a path may be any of them
        return typeof program !== "string" || program.includes("/") ? commands : (merged.get(program) ?? open);
      }
      case "upstream":
      case "opaque":
      case "call":
        return any;
    }
  };
}
