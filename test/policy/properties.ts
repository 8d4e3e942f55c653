import * as fc from "fast-check";
import { EFFECTS, strictest, type Effect } from "../../src/types.ts";
import {
  effectOf,
  engineOf,
  knownPathArb,
  layerArb,
  layersArb,
  numbered,
  queryArb,
  resourceArb,
  ruleArb,
  type LayerPlan,
  type Parts,
} from "./engine-kit.ts";

/** The properties that POLICY lists at the end of "Decision, in full", each as a runnable check over an engine's parts. */
export interface Property {
  readonly name: string;
  readonly check: (parts: Parts) => fc.IRawProperty<unknown>;
}

const looser = (a: Effect, b: Effect): boolean => EFFECTS.indexOf(a) < EFFECTS.indexOf(b);
const pick = fc.nat({ max: 1000 });

function addRule(plans: readonly LayerPlan[], at: number, rule: LayerPlan["rules"][number]): LayerPlan[] {
  return plans.map((plan, index) => (index === at % plans.length ? { ...plan, rules: [...plan.rules, { ...rule, id: "added" }] } : plan));
}

function holds(condition: boolean, about: () => string): void {
  if (!condition) throw new Error(about());
}

export const PROPERTIES: readonly Property[] = [
  {
    name: "order of rules never matters",
    check: (parts) =>
      fc.property(layersArb, queryArb, pick, (plans, query, turn) => {
        const turned = plans.map((plan) => ({
          ...plan,
          rules: [...plan.rules.slice(turn % 7), ...plan.rules.slice(0, turn % 7)].toReversed(),
        }));
        const [a, b] = [effectOf(parts, plans, query), effectOf(parts, turned, query)];
        holds(a === b, () => `${a} became ${b}`);
      }),
  },
  {
    name: "layers commute",
    check: (parts) =>
      fc.property(layersArb, queryArb, (plans, query) => {
        const [a, b] = [effectOf(parts, plans, query), effectOf(parts, plans.toReversed(), query)];
        holds(a === b, () => `${a} became ${b}`);
      }),
  },
  {
    name: "adding a deny never loosens",
    check: (parts) =>
      fc.property(layersArb, queryArb, ruleArb, pick, (plans, query, rule, at) => {
        const before = effectOf(parts, plans, query);
        const after = effectOf(parts, addRule(plans, at, { ...rule, effect: "deny" }), query);
        holds(!looser(after, before), () => `${before} became ${after}`);
      }),
  },
  {
    name: "adding an allow never tightens",
    check: (parts) =>
      fc.property(layersArb, queryArb, ruleArb, pick, (plans, query, rule, at) => {
        const { has: _has, ...allow } = rule;
        const before = effectOf(parts, plans, query);
        const after = effectOf(parts, addRule(plans, at, { ...allow, effect: "allow" }), query);
        holds(!looser(before, after), () => `${before} became ${after}`);
      }),
  },
  {
    name: "duplicates change nothing",
    check: (parts) =>
      fc.property(layersArb, queryArb, (plans, query) => {
        const twice = plans.map((plan) => ({ ...plan, rules: numbered([...plan.rules, ...plan.rules]) }));
        const [a, b] = [effectOf(parts, plans, query), effectOf(parts, [...twice, ...twice.slice(0, 1)], query)];
        holds(a === b, () => `${a} became ${b}`);
      }),
  },
  {
    name: "nothing below a sealed layer widens",
    check: (parts) =>
      fc.property(layerArb, layerArb, queryArb, (above, below, query) => {
        const sealed = { ...above, trusted: true, file: { ...above.file, sealed: true } };
        const alone = effectOf(parts, [sealed], query);
        const together = effectOf(parts, [sealed, below], query);
        holds(!looser(together, alone), () => `${alone} became ${together}`);
      }),
  },
  {
    name: "an untrusted layer only tightens",
    check: (parts) =>
      fc.property(layersArb, layerArb, queryArb, (plans, below, query) => {
        const alone = effectOf(parts, plans, query);
        const together = effectOf(parts, [...plans, { ...below, trusted: false }], query);
        holds(!looser(together, alone), () => `${alone} became ${together}`);
      }),
  },
  {
    name: "a compound is its strictest part",
    check: (parts) =>
      fc.property(layersArb, queryArb, (plans, query) => {
        const engine = engineOf(parts, plans);
        // wrappers are let through beside the command they wrap: parts are judged in its company
        const alone = query.resources.map((resource) => {
          const company = query.resources.filter((other) => other.kind === "command" && other.wrappers.length > 0);
          return [resource, ...company].map((one) => parts.decide(engine, { ...query, resources: [one, ...company] }).effect);
        });
        const worst = alone.flat().reduce<Effect | undefined>(strictest, undefined);
        const whole = parts.decide(engine, query).effect;
        holds(worst === whole, () => `${whole} is not the strictest of ${alone.flat().join(", ")}`);
      }),
  },
  {
    name: "warn rules change nothing",
    check: (parts) =>
      fc.property(layersArb, queryArb, ruleArb, pick, (plans, query, rule, at) => {
        const open = plans.map((plan) => ({ ...plan, file: { ...plan.file, sealed: false } }));
        const before = effectOf(parts, open, query);
        const after = effectOf(parts, addRule(open, at, { ...rule, mode: "warn" }), query);
        holds(before === after, () => `${before} became ${after}`);
      }),
  },
  {
    name: "the blamed rule alone gives the effect",
    check: (parts) =>
      fc.property(layersArb, queryArb, resourceArb, (plans, query, resource) => {
        const one = { ...query, resources: [resource] };
        const decision = parts.decide(engineOf(parts, plans), one);
        for (const ref of decision.rules) {
          const plan = plans[Number(ref.file.replace("layer-", ""))];
          const rule = plan?.rules.find(({ id }) => id === ref.id);
          if (plan === undefined || rule === undefined) continue;
          const alone = parts.decide(engineOf(parts, [{ ...plan, trusted: true, rules: [rule] }]), one);
          // what another rule or list had opened (a file or address of the floor, a hazard) is closed again
          const closed = alone.rules.some(({ id }) => id.startsWith("floor/") || (id === "shell.opaque" && resource.kind === "command"));
          holds(
            closed || alone.effect === decision.effect,
            () => `${JSON.stringify(rule)} alone gives ${alone.effect}, not ${decision.effect}`,
          );
        }
        holds(decision.rules.length > 0, () => "nothing is blamed");
      }),
  },
  {
    name: "an unknown word is never allowed by a rule",
    check: (parts) =>
      fc.property(layersArb, queryArb, resourceArb, (plans, query, resource) => {
        const unknown =
          resource.kind === "path"
            ? { ...resource, path: null }
            : resource.kind === "command"
              ? { ...resource, argv: [...resource.argv, null] }
              : undefined;
        if (unknown === undefined) return;
        const asking = plans.map((plan) => ({
          ...plan,
          file: { ...plan.file, approvals: { mode: "approve-all" as const }, default: "by-risk" as const },
        }));
        const effect = effectOf(parts, asking, { ...query, resources: [unknown] });
        holds(effect !== "allow", () => `allowed ${JSON.stringify(unknown)}`);
        // the floor of the mode set aside: no allow rule may be among those that decide
        const decision = parts.decide(engineOf(parts, plans), { ...query, resources: [unknown] });
        holds(
          !decision.rules.some((ref) => ref.effect === "allow" && /^r\d/.test(ref.id)),
          () => `allowed by ${JSON.stringify(decision.rules)}`,
        );
      }),
  },
  {
    name: "an argument that only may fit never loosens",
    check: (parts) =>
      fc.property(layersArb, queryArb, ruleArb, pick, (plans, query, rule, at) => {
        const { has: _has, ...allow } = rule;
        const plain = plans.map((plan) => ({ ...plan, rules: plan.rules.filter((own) => own.arg === undefined) }));
        const more = addRule(plain, at, { ...allow, effect: "allow", arg: { amount: { min: 10 } } });
        const [fits, absent] = [{ amount: "50" }, {}].map((args) => effectOf(parts, more, { ...query, args })) as [Effect, Effect];
        holds(!looser(fits, absent), () => `${absent} became ${fits}`);
      }),
  },
  {
    name: "an opaque part is never looser than its setting",
    check: (parts) =>
      fc.property(layersArb, queryArb, fc.boolean(), (plans, query, script) => {
        const part = { ...query, resources: [...query.resources, { kind: "opaque" as const, reason: "x", script }] };
        holds(effectOf(parts, plans, part) !== "allow", () => "allowed");
        const denying = plans.map((plan) => ({
          ...plan,
          file: { ...plan.file, shell: { scripts: "deny" as const, opaque: "deny" as const } },
        }));
        holds(effectOf(parts, denying, part) === "deny", () => "not denied");
      }),
  },
  {
    name: "a hazard passes only where a pattern spells it out, in every sealed layer",
    check: (parts) =>
      fc.property(layersArb, layerArb, queryArb, (plans, below, query) => {
        const python = {
          kind: "command" as const,
          argv: ["python3", "-c", "code"],
          cwd: "/w",
          sets: [],
          hazards: [{ word: 2, reason: "code" }],
          wrappers: [],
        };
        const one = { ...query, resources: [python] };
        const vague = plans.map((plan) => ({ ...plan, rules: plan.rules.filter((rule) => !rule.run?.includes("python3 -c code")) }));
        holds(effectOf(parts, vague, one) !== "allow", () => "allowed without its name");
        const sealed: LayerPlan = { trusted: true, file: { sealed: true }, rules: [{ id: "wide", effect: "allow", run: ["python3 ..."] }] };
        const naming = { ...below, rules: [...below.rules, { id: "exact", effect: "allow" as const, run: ["python3 -c code"] }] };
        holds(effectOf(parts, [sealed, naming], one) !== "allow", () => "allowed from below");
      }),
  },
  {
    name: "judging many paths says what deciding says of each",
    check: (parts) =>
      fc.property(layersArb, queryArb, knownPathArb, (plans, query, resource) => {
        if (resource.kind !== "path" || resource.path === null) return;
        const { links: _links, ...plain } = resource;
        const engine = engineOf(parts, plans);
        const [a, b] = [
          parts.decide(engine, { ...query, resources: [plain] }).effect,
          parts.judgePaths(engine, query)(resource.op, resource.path),
        ];
        holds(a === b, () => `${a} but ${b}`);
      }),
  },
];
