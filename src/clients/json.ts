/** JSON and JSON with comments: new entries go behind what is there, so that every comment stays with what it speaks of. */
import { createScanner, getNodePath, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Node, ParseError } from "jsonc-parser";
import { Refusal } from "../types.ts";
import type { Entry } from "./clients.ts";
import { brokenAt, endLinesAs, lineEnd } from "./format.ts";
import type { Format } from "./format.ts";

/** Of `SyntaxKind`, a const enum that isn't there at run time: a comma, comments (line, block), white space (line breaks and other), the end. */
const COMMA = 5;
const COMMENTS = [12, 13];
const SPACE = [14, 15];
const END = 17;

export const json: Format = {
  parse: (text) => valueOf(treeOf(text)),

  insert(text, section, name, entry) {
    const root = treeOf(text);
    const unit = indentUnit(text);
    if (root === undefined) {
      const whole = JSON.stringify(nest([...section, name], entry), null, unit);
      const gap = text === "" || /\n[ \t]*$/.test(text) ? "" : lineEnd(text);
      return `${text}${gap}${endLinesAs(whole, text)}${lineEnd(text)}`;
    }
    const path = [...section];
    const missing: string[] = [];
    for (; path.length > 0 && memberOf(root, path)?.children?.[1]?.type !== "object"; path.pop()) missing.unshift(path.at(-1) as string);
    const empty = missing[0] === undefined ? undefined : memberOf(root, [...path, missing[0]])?.children?.[1];
    const value = nest(missing.slice(1).concat(missing.length > 0 ? name : []), entry);
    // `"mcpServers": null` gives its place to the section
    if (empty) return splice(text, empty, pretty(value, unit, indentAt(text, empty.offset), text));
    const parent = path.length === 0 ? root : (memberOf(root, path)?.children?.[1] as Node);
    return addMember(text, parent, missing[0] ?? name, value, unit);
  },

  remove(text, section, name, dropSection) {
    const root = treeOf(text) as Node;
    let path = [...section, name];
    const isAlone = (): boolean => memberOf(root, path.slice(0, -1))?.children?.[1]?.children?.length === 1;
    if (dropSection) while (path.length > 1 && isAlone()) path = path.slice(0, -1);
    return removeMember(text, memberOf(root, path) as Node);
  },
};

function treeOf(text: string): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [error] = errors;
  if (error) {
    const before = text.slice(0, error.offset).split(/\r?\n/);
    const what = printParseErrorCode(error.error).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    throw brokenAt(before.length, (before.at(-1)?.length ?? 0) + 1, `this is not JSON (${what.trim()})`);
  }
  if (root) rejectTwins(root);
  return root;
}

/** Which of two members of the same name counts differs between programs, so neither is edited. */
function rejectTwins(node: Node): void {
  if (node.type === "object") {
    const names = (node.children ?? []).map((member) => String(member.children?.[0]?.value));
    const twin = names.find((name, index) => names.indexOf(name) !== index);
    if (twin !== undefined) {
      const where = [...getNodePath(node), twin].join(".");
      throw new Refusal("INVALID_INPUT", `\`${where}\` is there twice`, "remove one of them, then try again; nothing was written");
    }
  }
  for (const child of node.children ?? []) rejectTwins(child);
}

function valueOf(node: Node | undefined): unknown {
  if (node === undefined) return {};
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value as unknown;
  return Object.fromEntries((node.children ?? []).map(({ children }) => [children?.[0]?.value as string, valueOf(children?.[1])]));
}

/** The member (name and value) at the end of a path of names. */
function memberOf(root: Node, path: readonly string[]): Node | undefined {
  let found: Node | undefined;
  let object: Node | undefined = root;
  for (const name of path) {
    found = object?.type === "object" ? object.children?.find((member) => member.children?.[0]?.value === name) : undefined;
    object = found?.children?.[1];
  }
  return found;
}

function nest(path: readonly string[], entry: Entry): unknown {
  return path.reduceRight<unknown>((value, key) => ({ [key]: value }), entry);
}

function addMember(text: string, parent: Node, name: string, value: unknown, unit: string): string {
  const close = parent.offset + parent.length - 1;
  const last = parent.children?.at(-1);
  const start = last ? last.offset + last.length : parent.offset + 1;
  const { comma, end } = readGap(text, start, close);
  // An object on one line stays on one line, unless it is empty and has to be opened.
  if (last && !text.slice(parent.offset, close).includes("\n")) {
    const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
    return `${text.slice(0, end)}${comma === undefined ? "," : ""}${member}${text.slice(end)}`;
  }
  const outer = indentAt(text, parent.offset);
  const inner = last ? indentAt(text, last.offset) : outer + unit;
  const member = endLinesAs(`\n${inner}`, text) + `${JSON.stringify(name)}: ${pretty(value, unit, inner, text)}`;
  const rest = text.slice(end);
  // What stands behind the last member keeps its place: its comma first, comments next, then the new one.
  return [
    text.slice(0, start),
    last && comma === undefined ? "," : "",
    text.slice(start, end),
    member,
    comma === undefined ? "" : ",",
    /^[ \t]*\r?\n/.test(rest) ? "" : endLinesAs(`\n${outer}`, text),
    rest,
  ].join("");
}

function removeMember(text: string, member: Node): string {
  const siblings = member.parent?.children ?? [];
  const index = siblings.indexOf(member);
  const before = siblings[index - 1];
  const parent = member.parent as Node;
  const close = parent.offset + parent.length - 1;
  const end = member.offset + member.length;
  const own = readGap(text, end, siblings[index + 1]?.offset ?? close).comma;
  const from = /\s*$/.exec(text.slice(0, member.offset))?.index ?? member.offset;
  const upTo = own === undefined ? end : own + 1;
  // Without a comma of its own it took the one before, which stays where the file likes trailing ones.
  const previous = own === undefined && before ? readGap(text, before.offset + before.length, member.offset).comma : undefined;
  const head = text.slice(0, from);
  const rest = text.slice(upTo);
  // an object that is opened for nothing is closed
  const closed = siblings.length === 1 && head.endsWith("{") ? rest.replace(/^\s+(?=\})/, "") : rest;
  return (previous === undefined ? head : head.slice(0, previous) + head.slice(previous + 1)) + closed;
}

/** Between a member and what follows: where its comma is, and where the last comma or comment ends. */
function readGap(text: string, from: number, to: number): { comma: number | undefined; end: number } {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  let comma: number | undefined;
  let end = from;
  for (let kind: number = scanner.scan(); kind !== END && scanner.getTokenOffset() < to; kind = scanner.scan()) {
    if (SPACE.includes(kind)) continue;
    if (kind !== COMMA && !COMMENTS.includes(kind)) break;
    if (kind === COMMA) comma = scanner.getTokenOffset();
    end = scanner.getTokenOffset() + scanner.getTokenLength();
  }
  return { comma, end };
}

function splice(text: string, { offset, length }: Node, piece: string): string {
  return text.slice(0, offset) + piece + text.slice(offset + length);
}

function pretty(value: unknown, unit: string, indent: string, text: string): string {
  return endLinesAs(JSON.stringify(value, null, unit).replaceAll("\n", `\n${indent}`), text);
}

/** White space at the start of the line that `offset` is on. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** What the file indents with: its first indented line says so. */
function indentUnit(text: string): string {
  return /\n([ \t]+)["}/]/.exec(text)?.[1] ?? "  ";
}
