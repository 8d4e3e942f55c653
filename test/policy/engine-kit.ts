import * as fc from "fast-check";
import type { Effect, Query, Resource } from "../../src/types.ts";
import type { buildEngine } from "../../src/policy/build-engine.ts";
import type { buildLayer } from "../../src/policy/build-layer.ts";
import type { decide } from "../../src/policy/decide.ts";
import type { compileEgress } from "../../src/policy/egress-list.ts";
import type { Engine } from "../../src/policy/engine.ts";
import type { judgePaths } from "../../src/policy/judge-paths.ts";
import type { compileRule } from "../../src/policy/rule.ts";
import type { PolicyFile, RuleSource } from "../../src/policy/schema.ts";
import type { Unit } from "../../src/policy/unit.ts";
import { equivalents, query } from "./support.ts";

/** The parts of the engine that the properties exercise; mutants bring their own. */
export interface Parts {
  readonly buildEngine: typeof buildEngine;
  readonly buildLayer: typeof buildLayer;
  readonly compileEgress: typeof compileEgress;
  readonly compileRule: typeof compileRule;
  readonly decide: typeof decide;
  readonly judgePaths: typeof judgePaths;
}

/** A layer as the generators make it. */
export interface LayerPlan {
  readonly trusted: boolean;
  readonly file: Omit<PolicyFile, "version" | "rules">;
  readonly rules: readonly RuleSource[];
}

function refuse(_path: readonly PropertyKey[], message: string): never {
  throw new Error(message);
}

/** Builds an engine without files: properties need thousands. */
export function engineOf(parts: Parts, plans: readonly LayerPlan[]): Engine {
  const enforced = plans.some((plan) => plan.file.sealed === true);
  const layers = plans.map((plan, number) => {
    const name = `layer-${number}`;
    const rules = plan.rules.map((source) => {
      const ref = { id: source.id, layer: "user", file: name, line: 1, effect: source.effect };
      return parts.compileRule(source, ref, { warn: plan.file.mode === "warn", base: undefined }, refuse);
    });
    const unit: Unit = {
      document: { file: name, sha256: "", value: {}, at: () => ({ line: 1, col: 1 }), atKey: () => ({ line: 1, col: 1 }) },
      settings: { version: 1, ...plan.file },
      rules,
      egress: (plan.file.egress?.allow ?? []).map(parts.compileEgress),
      files: [name],
      sha256: "",
      ref: (path, effect) => ({ id: path.join("."), layer: "user", file: name, line: 1, effect }),
    };
    return parts.buildLayer(plan.trusted ? "user" : "project", unit, { trusted: plan.trusted, enforced });
  });
  return parts.buildEngine(layers, { protectedPaths: ["/w/state"], wrappers: ["timeout"], equivalents, digests: [] });
}

export function effectOf(parts: Parts, plans: readonly LayerPlan[], one: Query): Effect {
  return parts.decide(engineOf(parts, plans), one).effect;
}

const GLOBS = ["**", "src/**", "**/.env", "src/a.ts", "**/*.ts", ".git/**", "**/.npmrc", "/w/src/*", "docs"];
const PATHS = [
  "src/a.ts",
  "SRC/A.ts",
  ".env",
  ".ENV",
  "src/.env",
  "docs",
  ".npmrc",
  ".git/index",
  ".git/config",
  "state/x",
  "a\nb/.env",
  ".env.",
];
const RUNS = [
  "git push ...",
  "git push",
  "git (push|pull) origin",
  "git ...",
  "npm run * ...",
  "python3 -c <any>",
  "python3 -c code",
  "python3 ...",
  "./build.sh ...",
  "timeout <int> git status",
];
const COMMANDS: readonly (readonly (string | null)[])[] = [
  ["git", "push"],
  ["git", "push", "-f"],
  ["git", "push", "--force", "origin"],
  ["git", null, "origin"],
  ["git", "-C", "x", "push"],
  [null, "push"],
  ["git", "pull", "origin"],
  ["npm", "run", "build"],
  ["npm", "run", null],
  ["./build.sh"],
  ["/usr/bin/git", "push"],
  ["timeout", "5", "git", "status"],
];

const effects = fc.constantFrom<Effect>("allow", "ask", "dry_run", "deny");
const some = <T>(list: readonly T[], most = 2): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...list), { minLength: 1, maxLength: most });
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined, freq: 2 });

const pathRule = fc.record({
  op: maybe(some(["read", "write", "list", "delete"] as const)),
  path: some(GLOBS),
  except: maybe(some(GLOBS, 1)),
});
const runRule = fc.record({ run: some(RUNS), except: maybe(some(RUNS, 1)) });
const hasRule = fc.record({ run: some(RUNS), has: some(["-f", "--force", "origin"]) });
const netRule = fc.record({
  net: fc.record({
    host: some(["example.com", "*.example.com", "*"]),
    method: maybe(some(["GET", "POST"])),
    port: maybe(some([80, 443, 8080])),
  }),
});
const anyRule = fc.record({ tool: maybe(some(["*", "run_command", "github/*", "read_text_file"])), except: maybe(some(["fetch"], 1)) });
const useRule = fc.record({ use: some(["read-basic", "git-read"] as const) });
const body = fc.oneof(
  { weight: 4, arbitrary: pathRule },
  { weight: 3, arbitrary: runRule },
  hasRule,
  { weight: 2, arbitrary: netRule },
  anyRule,
  useRule,
);
const more = fc.record({
  who: maybe(fc.record({ scope: some(["read", "write"], 1) })),
  when: maybe(fc.record({ risk: some(["low", "medium", "high"] as const) })),
  arg: maybe(fc.constant({ amount: { min: 10 } })),
});

/** A rule; `arg` conditions are rare, or nothing would match. */
export const ruleArb: fc.Arbitrary<RuleSource> = fc
  .tuple(effects, body, fc.integer({ min: 0, max: 9 }), more)
  .map(([effect, own, luck, extra]) => clean({ id: `r${luck}`, effect, ...own, ...(luck === 0 ? extra : {}) }, effect));

function clean(rule: Record<string, unknown>, effect: Effect): RuleSource {
  const entries = Object.entries(rule).filter(([key, value]) => value !== undefined && !(effect === "allow" && key === "has"));
  return Object.fromEntries(entries.map(([key, value]) => [key, isRecord(value) ? clean(value, "ask") : value])) as RuleSource;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Gives every rule of a list its own id. */
export function numbered(rules: readonly RuleSource[], prefix = "r"): RuleSource[] {
  return rules.map((rule, index) => ({ ...rule, id: `${prefix}${index}` }));
}

const settingsArb = fc
  .record({
    sealed: maybe(fc.boolean()),
    default: maybe(fc.constantFrom("by-risk", "deny")),
    approvals: maybe(fc.record({ mode: fc.constantFrom("auto-approve", "auto-approve", "approve-writes", "approve-all", "dry-run") })),
    shell: maybe(fc.record({ scripts: maybe(fc.constantFrom("ask", "deny")), opaque: maybe(fc.constantFrom("ask", "deny")) })),
    egress: maybe(fc.record({ allow: some(["example.com", "127.0.0.1:8080"]), others: maybe(fc.constantFrom("ask", "deny")) })),
  })
  .map((settings) => clean(settings, "ask") as unknown as LayerPlan["file"]);

export const layerArb: fc.Arbitrary<LayerPlan> = fc.record({
  trusted: fc.integer({ min: 0, max: 4 }).map((luck) => luck > 0),
  file: settingsArb,
  rules: fc.array(ruleArb, { maxLength: 6 }).map((rules) => numbered(rules)),
});
export const layersArb = fc.array(layerArb, { minLength: 1, maxLength: 3 });

const pathArb: fc.Arbitrary<Resource> = fc
  .record({
    op: fc.constantFrom("read" as const, "list" as const, "write" as const, "delete" as const),
    path: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...PATHS).map((name) => `/w/${name}`) },
      { weight: 1, arbitrary: fc.constantFrom("/w", "/etc/passwd", null) },
    ),
    links: fc.constantFrom(1, 1, 1, 2),
  })
  .map((own) => ({ kind: "path", ...own }));
const commandArb: fc.Arbitrary<Resource> = fc
  .record({
    argv: fc.constantFrom(...COMMANDS, ["python3", "-c", "code"]),
    cwd: fc.constantFrom("/w", "/w", "/w", "/w/src", null),
    wrapped: fc.boolean(),
  })
  .map(({ argv, cwd, wrapped }) => ({
    kind: "command",
    argv,
    cwd,
    sets: argv[0] === "git" ? ["git-read"] : [],
    hazards: argv[0] === "python3" ? [{ word: 2, reason: "code" }] : [],
    wrappers: wrapped ? ["timeout"] : [],
  }));
const loopback = [{ address: "127.0.0.1", kind: "loopback" }];
const publicly = [{ address: "93.184.216.34", kind: "public" }];
const urlArb: fc.Arbitrary<Resource> = fc
  .record({
    method: fc.constantFrom("GET", "POST"),
    host: fc.constantFrom("example.com", "a.example.com", "other.org", "127.0.0.1", "localhost"),
    port: fc.constantFrom(443, 8080),
  })
  .map((own) => ({ kind: "url", scheme: "https", ...own, addresses: /^(?:127|local)/.test(own.host) ? loopback : publicly }));
const opaqueArb: fc.Arbitrary<Resource> = fc.boolean().map((script) => ({ kind: "opaque", reason: "a substitution", script }));

export const resourceArb = fc.oneof(
  { weight: 5, arbitrary: pathArb },
  { weight: 4, arbitrary: commandArb },
  { weight: 2, arbitrary: urlArb },
  opaqueArb,
);
export const knownPathArb = pathArb.filter((one) => one.kind === "path" && one.path !== null);

export const queryArb: fc.Arbitrary<Query> = fc
  .record({
    resources: fc.array(resourceArb, { minLength: 1, maxLength: 3 }),
    tool: fc.constantFrom("read_text_file", "run_command", "fetch", "github/list_issues"),
    risk: fc.constantFrom("low" as const, "medium" as const, "high" as const),
    scopes: fc.constantFrom([], ["read"], ["read", "write"]),
    args: fc.constantFrom({}, { amount: 5 }, { amount: 50 }, { amount: "50" }),
  })
  .map(({ resources, scopes, ...own }) => query(resources, { ...own, principal: { id: "p", scopes } }));
