import type { PolicyFile, RuleSource } from "./schema.ts";

/**
 * `extends` is not a layer: rules add to those extended (the same id replaces), every other setting replaces, key by key within its
 * section, so that a file which changes one limit keeps the others. Inline tests stay with their own file, requirements add up.
 */
export function extendSettings(parent: PolicyFile, child: PolicyFile): PolicyFile {
  const merged: Record<string, unknown> = { ...parent };
  for (const [key, value] of Object.entries(child)) {
    const before = merged[key];
    merged[key] = isSection(value) && isSection(before) ? { ...before, ...value } : value;
  }
  const require = [...(parent.require ?? []), ...(child.require ?? [])];
  const { tests } = child;
  return { ...(merged as PolicyFile), ...(require.length > 0 ? { require } : {}), rules: [], tests: tests ?? [] };
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Items of parents and child in order; a later one with the same id takes the place of the earlier. */
export function replaceById<T extends { readonly source: Pick<RuleSource, "id"> }>(rules: readonly T[]): T[] {
  const byId = new Map<string, T>();
  for (const rule of rules) byId.set(rule.source.id, rule);
  return [...byId.values()];
}
