/** The order of the passes. Pure: the same text, options and delimiter give the same answer, on the main thread or off it. */
import type { SanitizeLevel } from "../types.ts";
import { describeBinaryText } from "./decode.ts";
import { findSecrets } from "./find.ts";
import { type Flag, flagInjections } from "./flag.ts";
import type { HeldFinder } from "./held.ts";
import { escapeLookalikes, removed, wrap } from "./markers.ts";
import { defuse } from "./markup.ts";
import { normalize } from "./normalize.ts";
import { cutPage, type Part } from "./page.ts";
import { createLedger, type Ledger, type Redaction, redact } from "./redact.ts";
import { dropCutWord, truncate, type Truncation } from "./truncate.ts";

/** Where a text comes from: our own words, a workspace file, a command, or anywhere outside (fetch, upstreams). */
export interface Source {
  readonly kind: "ours" | "workspace" | "outside" | "command";
  /** Named in the delimiter around text from outside, such as `fetch example.com` or `upstream github`. */
  readonly name: string;
}

export interface SanitizeOptions {
  readonly level: SanitizeLevel;
  readonly source: Source;
  /** Limit for the whole answer in bytes, marker included, delimiter not. */
  readonly maxBytes?: number;
  /** Bytes that there were, if an earlier limit cut the text already: its last word may be half a secret and goes. */
  readonly total?: number;
  /** How to get the rest with the tool's own paging; put behind the marker. */
  readonly rest?: string;
  /** Only this part is shown, cut from the text as cleaned and within `maxBytes`. `cut`: the text was cut before, so its last word goes. */
  readonly page?: { readonly start: number; readonly length: number; readonly cut: boolean };
}

/** A text fit to be shown, and what was done to it. `removed` counts hidden characters. */
export interface Sanitized {
  readonly text: string;
  readonly flags: readonly Flag[];
  readonly redactions: readonly Redaction[];
  readonly removed: number;
  readonly truncated?: Truncation;
  /** Where the part that is shown lies in the whole. */
  readonly page?: Omit<Part, "text">;
}

/** What a pass needs besides the text: the finder of held secrets, and the number of this call's delimiter. */
export interface PassContext {
  readonly held: HeldFinder;
  readonly delimiter: string;
}

/** One string through all passes but the last, with its findings added to `notes`. */
export interface Notes {
  readonly ledger: Ledger;
  readonly flags: Flag[];
  removed: number;
}

/** Command output counts as text from outside at `strict` only: at `standard` it is mostly the user's own. */
function isOutside({ level, source }: SanitizeOptions): boolean {
  return source.kind === "outside" || (source.kind === "command" && level === "strict");
}

/** All passes for one text. */
export function sanitizeText(input: string, options: SanitizeOptions, context: PassContext): Sanitized {
  const notes: Notes = { ledger: createLedger(), flags: [], removed: 0 };
  const cut = options.total !== undefined || options.page?.cut === true;
  const whole = cleanString(cut ? dropCutWord(input) : input, options, context, notes);
  const normalized = options.level === "standard" || options.level === "strict";
  const { maxBytes = Number.POSITIVE_INFINITY, total, rest, page } = options;
  const part = page && cutPage(whole, page.start, page.length, maxBytes);
  const shown: ReturnType<typeof truncate> = part ?? truncate(whole, { maxBytes, total, rest, checkEnd: normalized });
  const { text, marker, truncated } = shown;
  const body = normalized && isOutside(options) ? wrap(text, context.delimiter, options.source.name) : text;
  const lines = [body, ...(marker === undefined ? [] : [marker]), ...(notes.removed > 0 && normalized ? [removed(notes.removed)] : [])];
  return {
    text: lines.filter((line, at) => at > 0 || line !== "" || lines.length === 1).join("\n"),
    flags: mergeFlags(notes.flags),
    redactions: notes.ledger.redactions(),
    removed: notes.removed,
    ...(truncated === undefined ? {} : { truncated }),
    ...(part === undefined ? {} : { page: { start: part.start, end: part.end, total: part.total } }),
  };
}

/** Normalize, flag, defuse, redact: everything but cutting and wrapping. */
export function cleanString(input: string, options: SanitizeOptions, context: PassContext, notes: Notes): string {
  if (input === "") return input;
  const { level } = options;
  if (level === "off") return redact(input, context.held, notes.ledger, "held");
  if (level === "exact") {
    inspect(input, notes);
    return redact(input, context.held, notes.ledger, "held");
  }
  const binary = describeBinaryText(input);
  if (binary !== undefined) {
    notes.flags.push({ kind: "encoding", rule: "binary", count: 1 });
    return binary;
  }
  // A byte order mark is one at the beginning only, and what is wrapped doesn't begin anything.
  const clean = normalize(isOutside(options) ? input.replace(/^\ufeff/, "") : input, level === "strict");
  notes.removed += clean.removed;
  noteHidden(clean.found, clean.text, notes);
  const own = options.source.kind === "ours" ? { text: clean.text, count: 0 } : escapeLookalikes(clean.text);
  if (own.count > 0) notes.flags.push({ kind: "marker", rule: "imitated-marker", count: own.count });
  notes.flags.push(...flagInjections(own.text));
  return redact(isOutside(options) ? defuseInto(own.text, level === "strict", notes) : own.text, context.held, notes.ledger, "all");
}

function defuseInto(text: string, strict: boolean, notes: Notes): string {
  const defused = defuse(text, strict);
  for (const [rule, count] of defused.found) notes.flags.push({ kind: "markup", rule, count });
  return defused.text;
}

/** At `exact` nothing changes: what the other levels would take out is only said. */
function inspect(input: string, notes: Notes): void {
  const clean = normalize(input, false);
  noteHidden(clean.found, clean.text, notes);
  for (const { rule } of findSecrets(clean.text)) notes.flags.push({ kind: "secret", rule, count: 1 });
  notes.flags.push(...flagInjections(clean.text));
}

function noteHidden(found: ReadonlyMap<string, number>, text: string, notes: Notes): void {
  for (const [rule, count] of found) {
    notes.flags.push(rule === "surrogate" ? { kind: "encoding", rule: "lone-surrogate", count } : { kind: "hidden", rule, count });
  }
  if (!found.has("surrogate") && text.includes("\ufffd"))
    notes.flags.push({ kind: "encoding", rule: "replaced-bytes", count: text.split("\ufffd").length - 1 });
}

/** One flag for each kind and rule; counts add up, the highest score stays. */
export function mergeFlags(flags: readonly Flag[]): Flag[] {
  const merged = new Map<string, Flag>();
  for (const flag of flags) {
    const key = `${flag.kind} ${flag.rule}`;
    const seen = merged.get(key);
    merged.set(
      key,
      seen === undefined
        ? flag
        : {
            ...seen,
            ...flag,
            count: seen.count + flag.count,
            ...(seen.score === undefined ? {} : { score: Math.max(seen.score, flag.score ?? 0) }),
          },
    );
  }
  return [...merged.values()];
}
