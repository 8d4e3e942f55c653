import { createHash } from "node:crypto";
import { strictest, type Effect, type Risk, type RuleRef } from "../types.ts";
import type { EgressEntry } from "./egress-list.ts";
import type { Defaults, Engine, Ruling } from "./engine.ts";
import type { Layer } from "./layer.ts";
import { withSlashes } from "./names.ts";
import type { Equivalents } from "./names.ts";
import type { Settings } from "./settings.ts";

type Mode = Settings["approvals"]["mode"];
const RISKS: readonly Risk[] = ["low", "medium", "high"];

/** What the approval mode says of each risk where no rule speaks. */
const MODES: Readonly<Record<Mode, Readonly<Record<Risk, Effect>>>> = {
  "auto-approve": { low: "allow", medium: "allow", high: "allow" },
  "approve-writes": { low: "allow", medium: "ask", high: "ask" },
  "approve-all": { low: "ask", medium: "ask", high: "ask" },
  "dry-run": { low: "allow", medium: "dry_run", high: "dry_run" },
};

/** Works out what the layers together say where no rule does. */
export function buildEngine(
  layers: readonly Layer[],
  options: { protectedPaths: readonly string[]; wrappers: readonly string[]; equivalents: Equivalents; digests: readonly string[] },
): Engine {
  const enforced = layers.filter((layer) => !layer.warn);
  const modes = modesOf(enforced);
  const byRisk = forRisks((risk) =>
    strictestRuling(modes.map(({ mode, layer }) => rule(layer, ["approvals", "mode"], MODES[mode][risk], "default"))),
  );
  const denying = enforced.find((layer) => layer.denies);
  const denied = denying === undefined ? undefined : rule(denying, ["default"], "deny");
  const floors = modes.filter(({ mode }) => mode === "approve-all" || mode === "dry-run");
  const defaults: Defaults = {
    byRisk: denied === undefined ? byRisk : forRisks(() => denied),
    scripts: strictestRuling(enforced.map((layer) => shellRuling(layer, "scripts"))),
    opaque: strictestRuling(enforced.map((layer) => shellRuling(layer, "opaque"))),
    others: strictestRuling(enforced.map(othersRuling)),
  };
  return {
    layers,
    sealed: layers.some((layer) => layer.sealed),
    defaults,
    modeFloor: forRisks((risk) =>
      strictestRuling([
        { effect: "allow", ref: builtIn("approvals.mode", "allow") },
        ...floors.map(({ mode, layer }) => rule(layer, ["approvals", "mode"], MODES[mode][risk])),
      ]),
    ),
    protectedPaths: options.protectedPaths.map((path) => withSlashes(path).toLowerCase()),
    reopened: reopenedBy(layers),
    wrappers: options.wrappers,
    equivalents: options.equivalents,
    digest: `sha256:${createHash("sha256").update(options.digests.join("\n")).digest("hex")}`,
  };
}

/** Modes in force: those the trusted layers name (else the default one), and those an untrusted one adds. */
function modesOf(layers: readonly Layer[]): { mode: Mode; layer: Layer | undefined }[] {
  const named = layers.flatMap((layer) =>
    layer.settings.approvals?.mode === undefined ? [] : [{ mode: layer.settings.approvals.mode, layer }],
  );
  const trusted = named.some(({ layer }) => layer.trusted);
  const sealed = layers.some((layer) => layer.sealed && layer.settings.approvals?.mode === undefined);
  return trusted && !sealed ? named : [{ mode: "approve-writes", layer: undefined }, ...named];
}

/** A default-deny layer that doesn't say what happens to scripts and opaque parts denies them too. */
function shellRuling(layer: Layer, key: "scripts" | "opaque"): Ruling {
  const said = layer.settings.shell?.[key];
  if (said === undefined && layer.denies) return rule(layer, ["default"], "deny", `shell.${key}`);
  return rule(layer, ["shell", key], said ?? "ask");
}

function othersRuling(layer: Layer): Ruling {
  const said = layer.settings.egress?.others;
  if (said === undefined && layer.denies) return rule(layer, ["default"], "deny", "egress.others");
  return rule(layer, ["egress", "others"], said ?? "ask");
}

function rule(layer: Layer | undefined, path: readonly string[], effect: Effect, id?: string): Ruling {
  const ref = layer === undefined ? builtIn(path.join("."), effect) : layer.ref(path, effect);
  return { effect, ref: id === undefined ? ref : { ...ref, id } };
}

function builtIn(id: string, effect: Effect): RuleRef {
  return { id, layer: "default", file: "built-in", line: 1, effect };
}

function strictestRuling(rulings: readonly Ruling[]): Ruling {
  const worst = rulings.reduce<Effect | undefined>((effect, ruling) => strictest(effect, ruling.effect), undefined);
  return rulings.find(({ effect }) => effect === worst) ?? { effect: "ask", ref: builtIn("default", "ask") };
}

function forRisks<T>(make: (risk: Risk) => T): Record<Risk, T> {
  const [low, medium, high] = RISKS.map(make) as [T, T, T];
  return { low, medium, high };
}

/** Literal addresses of `egress.allow`: of some trusted layer, and of every sealed one. */
function reopenedBy(layers: readonly Layer[]): EgressEntry[] {
  const trusted = layers.filter((layer) => layer.trusted && !layer.warn);
  const sealed = layers.filter((layer) => layer.sealed).map(literals);
  const everySealed = (entry: EgressEntry): boolean =>
    sealed.every((own) => own.some(({ address, port }) => address === entry.address && port === entry.port));
  return trusted.flatMap(literals).filter(everySealed);
}

function literals(layer: Layer): EgressEntry[] {
  return layer.egress.filter((entry) => entry.address !== undefined);
}
