import type { Durability, Risk } from "../types.ts";
import type { Layer } from "./layer.ts";
import { DEFAULT_PART, tighter } from "./part.ts";
import type { PolicyFile } from "./schema.ts";
import type { Rate } from "../types/units.ts";

type Section<K extends keyof PolicyFile> = NonNullable<PolicyFile[K]>;
type Full<K extends keyof PolicyFile> = { readonly [Key in keyof Section<K>]-?: NonNullable<Section<K>[Key]> };

/** All settings in force, layers combined. Keys as in the file; sizes in bytes, times in milliseconds. */
export interface Settings {
  readonly approvals: Full<"approvals">;
  readonly shell: Full<"shell">;
  readonly sandbox: Full<"sandbox">;
  readonly egress: Full<"egress">;
  readonly env: Full<"env">;
  readonly secrets: Section<"secrets">;
  readonly limits: Omit<Full<"limits">, "rate" | "workspace"> & { readonly rate: readonly ToolRate[]; readonly workspace?: number };
  readonly budgets: Section<"budgets">;
  readonly packages: Section<"packages">;
  readonly flow: Section<"flow">;
  readonly upstreams: Section<"upstreams">;
  readonly extensions: Section<"extensions">;
  readonly audit: Full<"audit"> & { readonly durability: Readonly<Record<Risk, Durability>> };
}

/** A rate for the tools that a glob names; every entry that matches a tool applies. */
interface ToolRate {
  readonly tool: string;
  readonly rate: Rate;
}

/** What holds where nobody says anything: see docs/policy.md. */
const DEFAULTS = {
  approvals: {
    mode: "approve-writes",
    headless: "park",
    timeout: 300_000,
    parked: 86_400_000,
    session_ttl: 3_600_000,
    remember: ["once", "session"],
    channel: "any",
  },
  shell: { scripts: "ask", opaque: "ask", wrappers: ["timeout", "env", "nice"], path: "auto" },
  sandbox: {
    backend: "auto",
    profile: "workspace-write",
    network: "none",
    on_missing: "deny",
    user: "nobody",
    memory: 1024 ** 3,
    processes: 256,
    disk: 1024 ** 3,
  },
  egress: { allow: [], others: "ask", dns: "system", redirects: 5 },
  env: { pass: ["LANG", "TZ"], set: {} },
  secrets: {},
  limits: {
    read: DEFAULT_PART.read,
    write: DEFAULT_PART.write,
    output: DEFAULT_PART.output,
    timeout: DEFAULT_PART.timeout,
    concurrent: 8,
    extensions: { deny: [] },
  },
  budgets: {},
  packages: {},
  flow: {},
  upstreams: {},
  extensions: {},
  audit: { retain: 90 * 86_400_000, arguments: "digest", durability: { low: "process", medium: "power", high: "power" } },
} as const satisfies Record<string, Record<string, unknown>>;

type Combine = (a: never, b: never) => unknown;

const smaller: Combine = (a: number, b: number) => Math.min(a, b);
const union: Combine = (a: readonly unknown[], b: readonly unknown[]) => [...new Set([...a, ...b])];
const common: Combine = (a: readonly unknown[], b: readonly unknown[]) => a.filter((item) => b.includes(item));
const ordered =
  (...order: string[]): Combine =>
  (a: string, b: string) =>
    tighter(order, a, b);
const first: Combine = (a: unknown) => a;
const entries: Combine = (a: object, b: object) => ({ ...b, ...a });
const nested =
  (table: Readonly<Record<string, Combine>>): Combine =>
  (a: Record<string, unknown>, b: Record<string, unknown>) =>
    combineKeys(table, a, b);
const slower: Combine = (a: Rate, b: Rate) => (a.count / a.per <= b.count / b.per ? a : b);
const listed: Combine = (a: "auto" | readonly string[], b: "auto" | readonly string[]) =>
  a === "auto" ? b : b === "auto" ? a : a.filter((item) => b.includes(item));

const askDeny = ordered("ask", "deny");

/** How two layers combine where both speak: to the tighter. */
const TIGHTEN: Readonly<Record<string, Readonly<Record<string, Combine>>>> = {
  approvals: {
    mode: ordered("auto-approve", "approve-writes", "approve-all", "dry-run"),
    headless: ordered("park", "deny"),
    timeout: smaller,
    parked: smaller,
    session_ttl: smaller,
    remember: common,
    channel: ordered("any", "out_of_band"),
  },
  shell: { scripts: askDeny, opaque: askDeny, wrappers: common, path: listed },
  sandbox: {
    backend: ordered("off", "auto", "landlock", "bwrap"),
    profile: ordered("workspace-write", "read-only"),
    network: ordered("allowlist", "none"),
    on_missing: first,
    memory: smaller,
    processes: smaller,
    disk: smaller,
  },
  egress: { others: askDeny, redirects: smaller },
  limits: {
    read: smaller,
    write: smaller,
    output: smaller,
    timeout: smaller,
    concurrent: smaller,
    workspace: smaller,
    extensions: nested({ deny: union }),
  },
  budgets: {
    session: nested({ calls: smaller, egress: smaller, warn_at: union }),
    principal: nested({ calls: slower, egress: slower, warn_at: union }),
  },
  packages: {
    installs: ordered("ask", "lockfile-only", "deny"),
    sources: common,
    pinned: first,
    scripts: askDeny,
    hashes: first,
    block: union,
    typo: askDeny,
    exec: askDeny,
  },
  flow: { sources: nested({ trusted: common, untrusted: union, private: union }), work: common },
  audit: {
    durability: nested({ low: ordered("process", "power"), medium: ordered("process", "power"), high: ordered("process", "power") }),
  },
};

/** Settings that only ever give: taken from trusted layers, and from none below a sealed one. */
const GIVE: Readonly<Record<string, Readonly<Record<string, Combine>>>> = {
  sandbox: { user: first },
  egress: { allow: union, dns: first },
  env: { pass: union, set: entries },
  secrets: { "*": first },
  upstreams: { "*": first },
  extensions: { keys: union, tools: entries },
  audit: { retain: first, arguments: first },
};

/** Combines the settings of all layers, outermost first. */
export function combineSettings(layers: readonly Layer[]): Settings {
  const barrier = layers.findIndex((layer) => layer.sealed && layer.trusted);
  const trusted = layers.filter((layer) => layer.trusted);
  const givers = trusted.filter((layer) => barrier === -1 || layers.indexOf(layer) <= barrier);
  const settings: Record<string, Record<string, unknown>> = {};
  for (const section of Object.keys(DEFAULTS)) {
    const table = TIGHTEN[section] ?? {};
    const pick = (layer: Layer): Record<string, unknown> => sectionOf(layer, section);
    const said = trusted.map((layer) =>
      only(table, layer.sealed ? { ...DEFAULTS[section as keyof typeof DEFAULTS], ...pick(layer) } : pick(layer)),
    );
    const given = givers.map((layer) => only(GIVE[section] ?? {}, pick(layer)));
    const trustedSettings = { ...DEFAULTS[section as keyof typeof DEFAULTS], ...said.reduce((a, b) => combineKeys(table, a, b), {}) };
    const tightened = layers.filter((layer) => !layer.trusted).map((layer) => only(table, pick(layer)));
    settings[section] = {
      ...tightened.reduce((a, b) => combineKeys(table, a, b), trustedSettings),
      ...given.reduce((a, b) => combineKeys(GIVE[section] ?? {}, a, b), {}),
    };
  }
  settings["audit"] = {
    ...settings["audit"],
    durability: { ...DEFAULTS.audit.durability, ...(settings["audit"]?.["durability"] as object) },
  };
  settings["limits"] = { ...settings["limits"], rate: layers.flatMap(ratesOf) };
  return settings as unknown as Settings;
}

function sectionOf(layer: Layer, section: string): Record<string, unknown> {
  const value = layer.settings[section as keyof PolicyFile];
  return typeof value === "object" && !Array.isArray(value) ? value : {};
}

function only(table: Readonly<Record<string, Combine>>, value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([key, one]) => one !== undefined && (Object.hasOwn(table, key) || Object.hasOwn(table, "*"))),
  );
}

function combineKeys(
  table: Readonly<Record<string, Combine>>,
  a: Record<string, unknown>,
  b: Record<string, unknown>,
): Record<string, unknown> {
  const merged = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const combine = (table[key] ?? table["*"] ?? first) as (x: unknown, y: unknown) => unknown;
    merged[key] = Object.hasOwn(merged, key) && merged[key] !== undefined ? combine(merged[key], value) : value;
  }
  return merged;
}

function ratesOf(layer: Layer): ToolRate[] {
  return Object.entries(layer.settings.limits?.rate ?? {}).map(([tool, rate]) => ({ tool, rate }));
}
