/** TOML: an entry is a table of its own, at the end of the file, where it belongs to nothing else. */
import { TomlError, parse, stringify } from "smol-toml";
import { brokenAt, endLinesAs, lineEnd } from "./format.ts";
import type { Format } from "./format.ts";

export const toml: Format = {
  parse(text) {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      const [what = "invalid"] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
      throw brokenAt(error.line, error.column, `this is not TOML (${what})`);
    }
  },

  insert(text, section, name, entry) {
    const nested = [...section, name].reduceRight<unknown>((value, key) => ({ [key]: value }), entry);
    const table = endLinesAs(`${stringify(nested).trim()}\n`, text);
    if (text.trim() === "") return text + table;
    const end = lineEnd(text);
    return `${text}${text.endsWith("\n") ? "" : end}${/\n\r?\n$/.test(text) ? "" : end}${table}`;
  },

  remove(text, section, name) {
    const path = [...section, name];
    const statements = statementsOf(text);
    const kept: string[] = [];
    let ours = false;
    /** Blank lines and comments behind our table: they speak of what follows. */
    let behind: string[] = [];
    for (const statement of statements) {
      const header = headerOf(statement);
      if (header) {
        const before = ours;
        ours = path.every((key, depth) => header[depth] === key);
        // the blank line that sets a table off goes with it
        if (ours && !before && kept.at(-1)?.trim() === "") kept.pop();
        if (before) kept.push(...behind);
        behind = [];
      }
      if (!ours) kept.push(statement);
      else if (isIdle(statement)) behind.push(statement);
      else behind = [];
    }
    return [...kept, ...behind].join("");
  },
};

/** The text in pieces that say one thing each: a header, a pair (of several lines, if its value has them), a comment, a blank line. */
function statementsOf(text: string): string[] {
  const lines = text.split(/(?<=\n)/);
  const statements: string[] = [];
  for (let from = 0; from < lines.length;) {
    let to = from + 1;
    // the document parses, so some number of lines does
    while (!isIdle(lines[from] ?? "") && !parses(lines.slice(from, to).join("")) && to < lines.length) to += 1;
    statements.push(lines.slice(from, to).join(""));
    from = to;
  }
  return statements;
}

function isIdle(statement: string): boolean {
  return /^\s*(#|$)/.test(statement);
}

function parses(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The names in a table's header; undefined when the statement is none. */
function headerOf(statement: string): readonly string[] | undefined {
  if (!/^\s*\[/.test(statement)) return undefined;
  const names: string[] = [];
  for (let at: unknown = parse(statement); typeof at === "object" && at !== null;) {
    const [key] = Object.keys(at);
    if (key === undefined) break;
    if (!Array.isArray(at)) names.push(key);
    at = (at as Record<string, unknown>)[key];
  }
  return names;
}
