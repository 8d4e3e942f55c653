/** Structured answers: every string of a JSON value, keys too. Strings aren't wrapped, because the value keeps its shape. */
import type { Flag } from "./flag.ts";
import { truncated } from "./markers.ts";
import { cleanString, mergeFlags, type Notes, type PassContext, type SanitizeOptions } from "./passes.ts";
import { createLedger, type Redaction } from "./redact.ts";
import { fits } from "./rules/assignments.ts";
import { claimOf } from "./rules/names.ts";
import { truncate } from "./truncate.ts";

/** A value fit to be shown, and what was done to it. */
export interface SanitizedValue {
  readonly value: unknown;
  readonly flags: readonly Flag[];
  readonly redactions: readonly Redaction[];
  readonly removed: number;
  readonly truncated?: { readonly kept: number; readonly total: number };
}

/** JSON of a tool isn't deeper; what is, was made to overflow somebody. */
const DEPTH = 200;

/** All passes for every string in a JSON value. `maxBytes` is the limit for all of them together. */
export function sanitizeValue(input: unknown, options: SanitizeOptions, context: PassContext): SanitizedValue {
  const notes: Notes = { ledger: createLedger(), flags: [], removed: 0 };
  const budget = { left: options.maxBytes ?? Number.POSITIVE_INFINITY, kept: 0, total: 0 };
  const rules = options.level === "standard" || options.level === "strict";

  const string = (text: string): string => {
    const clean = cleanString(text, options, context, notes);
    const size = Buffer.byteLength(clean);
    budget.total += size;
    const shown = budget.left <= 0 ? truncated(0, size) : joined(truncate(clean, { maxBytes: budget.left, checkEnd: rules }));
    const used = Math.min(size, Buffer.byteLength(shown));
    budget.left -= used;
    budget.kept += used;
    return shown;
  };
  /** A string under a telling name is judged with that name, as in `"password": "..."`. */
  const named = (name: string, text: string): string => {
    const claim = rules ? claimOf(name) : undefined;
    return claim !== undefined && fits(text, claim) ? notes.ledger.mark("assigned-secret", text) : string(text);
  };
  const walk = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return string(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth > DEPTH) return "[left out: nested too deeply]";
    if (Array.isArray(value)) return value.map((item) => walk(item, depth + 1));
    return Object.fromEntries(entries(value, depth));
  };
  const entries = (value: object, depth: number): [string, unknown][] => {
    const record = new Map(Object.entries(value));
    const label = record.get("name") ?? record.get("key");
    return [...record].map(([key, item]) => {
      const clean =
        typeof item === "string" ? named(key === "value" && typeof label === "string" ? label : key, item) : walk(item, depth + 1);
      return [cleanString(key, options, context, notes), clean];
    });
  };

  const value = walk(input, 0);
  return {
    value,
    flags: mergeFlags(notes.flags),
    redactions: notes.ledger.redactions(),
    removed: notes.removed,
    ...(budget.total > budget.kept ? { truncated: { kept: budget.kept, total: budget.total } } : {}),
  };
}

function joined({ text, marker }: { text: string; marker?: string }): string {
  return marker === undefined ? text : `${text}${marker}`;
}
