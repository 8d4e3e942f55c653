/** YAML: an entry is put behind the last one, with the indentation of its neighbours. The library reads; the text is edited where it says. */
import { LineCounter, isMap, isPair, parseDocument, stringify } from "yaml";
import type { Document, Pair, YAMLMap } from "yaml";
import { brokenAt, endLinesAs, lineEnd } from "./format.ts";
import type { Format } from "./format.ts";

export const yaml: Format = {
  parse: (text) => (documentOf(text).toJS({ maxAliasCount: 100 }) as unknown) ?? {},

  insert(text, section, name, entry) {
    const document = documentOf(text);
    const root = document.contents;
    const pair = pairOf(document, section);
    const map = pair?.value;
    const end = lineEnd(text);
    const block = (indent: string, value: unknown) => endLinesAs(stringify(value, { lineWidth: 0 }).replace(/^(?=.)/gm, indent), text);
    if (!pair) {
      const missing = section.toReversed().reduce<unknown>((value, key) => ({ [key]: value }), { [name]: entry });
      if (isMap(root) && root.flow) return intoBraces(text, root, missing as object);
      return `${text}${text === "" || text.endsWith("\n") ? "" : end}${block("", missing)}`;
    }
    if (isMap(map) && map.items.length > 0) {
      if (map.flow) return intoBraces(text, map, { [name]: entry });
      const at = lineAfter(text, endOf(map));
      const indent = " ".repeat(columnOf(text, startOf(map)));
      return `${text.slice(0, at)}${text[at - 1] === "\n" ? "" : end}${block(indent, { [name]: entry })}${text.slice(at)}`;
    }
    // `extensions:` with nothing behind it, or `{}`, is opened
    const [from, to] = rangeOf(map) ?? [endOf(pair.key) + 1, endOf(pair.key) + 1];
    const at = lineAfter(text, to);
    const comment = text.slice(to, at).trim();
    return `${text.slice(0, from).trimEnd()}${comment === "" ? "" : ` ${comment}`}${end}${block("  ", { [name]: entry })}${text.slice(at)}`;
  },

  remove(text, section, name, dropSection) {
    const document = documentOf(text);
    const parent = pairOf(document, section) as Pair;
    const map = parent.value as YAMLMap;
    if (map.flow) return text; // the look after an edit refuses it
    const doomed = map.items.length === 1 && dropSection ? parent : (pairOf(document, [...section, name]) as Pair);
    const from = text.lastIndexOf("\n", startOf(doomed.key) - 1) + 1;
    const rest = text.slice(lineAfter(text, endOf(doomed.value)));
    // a map that is left empty would say nothing instead of an empty map
    const left = map.items.length === 1 && doomed !== parent ? `  {}${lineEnd(text)}` : "";
    return text.slice(0, from) + left + rest;
  },
};

/** JSON is YAML as well, so a map in braces takes JSON. */
function intoBraces(text: string, map: YAMLMap, members: object): string {
  const last = endOf(map) - 1;
  return `${text.slice(0, last).trimEnd()}${map.items.length > 0 ? "," : ""} ${JSON.stringify(members).slice(1, -1)} ${text.slice(last)}`;
}

function documentOf(text: string): Document {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw brokenAt(line, col, `this is not YAML (${error.message.split("\n")[0] ?? error.code})`);
  }
  return document;
}

function pairOf(document: Document, path: readonly string[]): Pair | undefined {
  let map: unknown = document.contents;
  let found: Pair | undefined;
  for (const key of path) {
    found = isMap(map) ? map.items.find((pair) => isPair(pair) && String(pair.key) === key) : undefined;
    map = found?.value;
  }
  return found;
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  return range ? [range[0], range[1]] : undefined;
}

function startOf(node: unknown): number {
  return rangeOf(node)?.[0] ?? 0;
}

function endOf(node: unknown): number {
  return rangeOf(node)?.[1] ?? 0;
}

/** Where the line after the one that ends at `offset` starts; the offset itself when that is the start of a line. */
function lineAfter(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === "\n") return offset;
  const next = text.indexOf("\n", offset);
  return next === -1 ? text.length : next + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}
