/** The secrets we hold ourselves: exact matches beat every pattern. Looked for as they are and as they travel (base64, hex, URL, JSON). */
import type { Span } from "./find.ts";
import { createMatcher } from "./matcher.ts";

/** A secret by the name it has in the policy. */
export interface HeldSecret {
  readonly name: string;
  readonly value: string;
}

/** A value of less than this would be found in any text; it can't be kept out of answers. */
const LEAST = 4;

/** Finds the given secrets in a text. */
export type HeldFinder = (text: string) => Span[];

const NOTHING: HeldFinder = () => [];

/** Makes a finder that rebuilds itself when the secrets change (they may rotate at any time). */
export function createHeldFinder(secrets: () => readonly HeldSecret[]): HeldFinder {
  let known: readonly HeldSecret[] = [];
  let find = NOTHING;
  return (text) => {
    const held = secrets();
    if (held.length !== known.length || held.some(({ name, value }, at) => known[at]?.value !== value || known[at].name !== name)) {
      find = compile(held);
      known = held.map(({ name, value }) => ({ name, value }));
    }
    return find(text);
  };
}

function compile(secrets: readonly HeldSecret[]): HeldFinder {
  const forms = secrets
    .filter(({ value }) => value.length >= LEAST)
    .flatMap(({ name, value }) => formsOf(value).map((form) => ({ rule: ruleOf(name), form })));
  if (forms.length === 0) return NOTHING;
  // Case matters here, so no fold.
  const matcher = createMatcher(
    forms.map(({ form }) => form),
    (unit) => unit,
  );
  return (text) => {
    const spans: Span[] = [];
    matcher.scan(text, (word, end) => {
      const match = forms[word];
      if (match !== undefined) spans.push({ start: end - match.form.length, end, rule: match.rule, rank: -1 });
    });
    return spans;
  };
}

/** How the secret is called in the marker. */
function ruleOf(name: string): string {
  return `secret-${name.replace(/[^A-Za-z0-9_.-]/g, "_").slice(0, 60)}`;
}

/** A value as it may be written. Forms of fewer than 8 characters would match by chance, but for the value itself. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const json = JSON.stringify(value).slice(1, -1);
  const encoded = [
    ...[0, 1, 2].flatMap((shift) => base64At(bytes, shift)),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    encodeURIComponent(value.toWellFormed()),
    new URLSearchParams([["", value]]).toString().slice(1),
    json,
    JSON.stringify(json).slice(1, -1),
    json.replaceAll("/", "\\/"),
    value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    value.replaceAll("'", "'\\''"),
  ];
  return [...new Set([value, ...encoded.filter((form) => form.length >= 8)])];
}

/** The base64 of a value that stands `shift` bytes into a group of three, without the characters that its neighbours share. */
function base64At(bytes: Buffer, shift: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const from = Math.ceil((shift * 8) / 6);
  const to = Math.floor(((shift + bytes.length) * 8) / 6);
  const inner = whole.slice(from, to);
  return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
}
