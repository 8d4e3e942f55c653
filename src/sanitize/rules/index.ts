/** All rules, and the matcher that finds their keywords; both are made on first use. */
import { createMatcher, type Matcher } from "../matcher.ts";
import { anchoredRules } from "./anchored.ts";
import { ASSIGNMENTS } from "./assignments.ts";
import { BLOCKS } from "./blocks.ts";
import { CLOUDS } from "./clouds.ts";
import { CODE_HOSTS } from "./code-hosts.ts";
import { COMMANDS } from "./commands.ts";
import { type Rule, tokenRule } from "./format.ts";
import { MODELS } from "./models.ts";
import { SERVICES } from "./services.ts";
import { STRUCTURES } from "./structures.ts";

/** The rules by keyword: what the matcher finds as word n concerns `byKeyword[n]`. */
interface RuleSet {
  readonly matcher: Matcher;
  readonly byKeyword: readonly { readonly length: number; readonly rules: readonly Rule[] }[];
}

let compiled: RuleSet | undefined;

/** The compiled rules (about 2 ms the first time). */
export function ruleSet(): RuleSet {
  compiled ??= compile([
    ...STRUCTURES,
    ...BLOCKS,
    ...anchoredRules(),
    ...[...CODE_HOSTS, ...CLOUDS, ...MODELS, ...SERVICES].map(tokenRule),
    ...ASSIGNMENTS,
    ...COMMANDS,
  ]);
  return compiled;
}

function compile(rules: readonly Rule[]): RuleSet {
  const byWord = new Map<string, Rule[]>();
  for (const rule of rules) {
    for (const word of rule.keywords) {
      const folded = word.toLowerCase();
      byWord.set(folded, [...(byWord.get(folded) ?? []), rule]);
    }
  }
  return {
    matcher: createMatcher([...byWord.keys()]),
    byKeyword: [...byWord].map(([word, found]) => ({ length: word.length, rules: found })),
  };
}
