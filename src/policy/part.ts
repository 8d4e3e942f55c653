import type { Obligations, SandboxSpec, SanitizeLevel } from "../types.ts";

/** Some of the conditions that come with a yes, flat: what one rule or one layer says of them. */
export interface Part extends Partial<SandboxSpec> {
  readonly timeout?: number;
  readonly read?: number;
  readonly write?: number;
  readonly output?: number;
  readonly sanitize?: SanitizeLevel;
  readonly channel?: "any" | "out_of_band";
}

/** From loosest to tightest. Numbers are tightest when smallest. */
const ORDERS = {
  sanitize: ["off", "exact", "standard", "strict"],
  channel: ["any", "out_of_band"],
  backend: ["off", "auto", "landlock", "bwrap"],
  profile: ["workspace-write", "read-only"],
  network: ["allowlist", "none"],
} as const;

/** What holds where no layer says anything: see docs/policy.md. */
export const DEFAULT_PART: Required<Part> = {
  timeout: 60_000,
  read: 1024 ** 2,
  write: 1024 ** 2,
  output: 256 * 1024,
  sanitize: "standard",
  channel: "any",
  backend: "auto",
  profile: "workspace-write",
  network: "none",
  memory: 1024 ** 3,
  processes: 256,
  disk: 1024 ** 3,
};

/** The tighter of two values of an ordered set. */
export function tighter<T extends string>(order: readonly T[], a: T, b: T): T {
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}

/** Both parts, the tighter value where both speak. */
export function tightest(a: Part, b: Part): Part {
  const merged: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const other = merged[key];
    if (other === undefined) merged[key] = value;
    else if (typeof value === "number") merged[key] = Math.min(value, other as number);
    else merged[key] = tighter<string>(ORDERS[key as keyof typeof ORDERS], other as string, value as string);
  }
  return merged;
}

/** A full part as the words of types.ts. */
export function toObligations(part: Required<Part>, durability: Obligations["durability"]): Obligations {
  const { timeout, read, write, output, sanitize, channel, backend, profile, network, memory, processes, disk } = part;
  return { timeout, read, write, output, sanitize, durability, channel, sandbox: { backend, profile, network, memory, processes, disk } };
}
