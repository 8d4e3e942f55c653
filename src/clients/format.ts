/** What is asked of a format of configuration files. Edits touch nothing but the entry: every other byte stays. */
import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../types.ts";
import type { Entry } from "./clients.ts";

/** One way to write configuration down. Texts come without a byte order mark; lines may end either way. */
export interface Format {
  /** The whole file as a value; an empty one is an empty object. Refusal INVALID_INPUT with `line:column: ` and what is wrong. */
  parse(text: string): unknown;
  /** The text with one entry more, where `section` has none of that name. */
  insert(text: string, section: readonly string[], name: string, entry: Entry): string;
  /** The text without that entry; with `section`, when nothing is left in it. */
  remove(text: string, section: readonly string[], name: string, dropSection: boolean): string;
}

/** A file that can't be read as its format says. */
export function brokenAt(line: number, column: number, message: string): Refusal {
  return new Refusal("INVALID_INPUT", `${line}:${column}: ${message}`, "mend the file first, then try again; nothing was written");
}

/** The object at the end of `section`; undefined when it isn't there. Refusal INVALID_INPUT when something else stands in its place. */
export function sectionOf(value: unknown, section: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  let found: unknown = value;
  for (const [depth, key] of ["", ...section].entries()) {
    if (depth > 0) found = Object.hasOwn(found as object, key) ? (found as Record<string, unknown>)[key] : undefined;
    if (found === undefined || (found === null && depth > 0)) return undefined;
    if (typeof found !== "object" || found === null || Array.isArray(found)) {
      const where = depth === 0 ? "the file" : `\`${section.slice(0, depth).join(".")}\``;
      throw new Refusal(
        "INVALID_INPUT",
        `${where} is not a set of names and values`,
        "mend the file first, then try again; nothing was written",
      );
    }
  }
  return found as Record<string, unknown>;
}

/**
 * Edits and looks whether the text says exactly what was meant: everything as before and the entry as given, or gone with `undefined`. A form of
 * file that our edits don't fit is refused instead of harmed.
 */
export function editEntry(
  format: Format,
  text: string,
  section: readonly string[],
  name: string,
  entry: Entry | undefined,
  dropSection = false,
): string {
  const before = format.parse(text);
  const old = sectionOf(before, section)?.[name];
  const bare = old === undefined ? text : format.remove(text, section, name, dropSection);
  const after = entry === undefined ? bare : format.insert(bare, section, name, entry);
  if (
    !isDeepStrictEqual(plainOf(tryParse(format, after), section, name), plainOf(before, section, name)) ||
    !says(format, after, section, name, entry)
  )
    throw new Refusal(
      "FAILED",
      `the servers are written in a form that can't be edited safely (\`${section.join(".")}\`)`,
      "edit the file by hand; without --write the entry is printed, and nothing was written",
    );
  return after;
}

function tryParse(format: Format, text: string): unknown {
  try {
    return format.parse(text);
  } catch {
    return undefined;
  }
}

function says(format: Format, text: string, section: readonly string[], name: string, entry: Entry | undefined): boolean {
  return isDeepStrictEqual(toPlain(sectionOf(tryParse(format, text), section)?.[name]), toPlain(entry));
}

/** Everything but the entry, and without a section that holds nothing else. */
function plainOf(value: unknown, section: readonly string[], name: string): unknown {
  const copy = toPlain(value) as Record<string, unknown> | undefined;
  const parents: Record<string, unknown>[] = [];
  let at = copy;
  for (const key of section) {
    if (at === undefined || at === null) break;
    parents.push(at);
    at = at[key] as Record<string, unknown> | undefined;
  }
  if (at) delete at[name];
  for (const [depth, key] of [...section.entries()].reverse()) {
    const below = parents[depth]?.[key];
    if (below === null || (typeof below === "object" && Object.keys(below).length === 0)) delete parents[depth]?.[key];
  }
  return copy;
}

/**
 * A copy that can be compared: parsers differ in prototypes, dates and big numbers. Not by way of JSON.parse, which in Node 24.21 now and then misreads
 * a name with an escape (`{" ":1,"\\"":1}`).
 */
function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value === "bigint" || value instanceof Date) return String(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toPlain(item)]));
}

/** How the lines of a text end. */
export function lineEnd(text: string): "\r\n" | "\n" {
  return /\r?\n/.exec(text)?.[0] === "\r\n" ? "\r\n" : "\n";
}

/** A piece of text with the line ends that the file has. */
export function endLinesAs(piece: string, text: string): string {
  return piece.replaceAll("\n", lineEnd(text));
}
