import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node } from "yaml";
import { PolicyError, suggest, type Problem } from "./problems.ts";
import type { KeyPath, PolicyDocument } from "./reader.ts";

/** A policy as text with its positions: every later complaint names line and column. */

const MAX_BYTES = 256 * 1024;

/** Reads a policy file: at most 256 KiB, not writable by others (as doas refuses its configuration). Throws PolicyError. */
export function readPolicyText(file: string): string {
  const fail = (message: string): never => {
    throw new PolicyError([{ file, line: 1, col: 1, message }]);
  };
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return fail("is not a file - give the path of a policy file");
    if ((stat.mode & 0o022) !== 0) return fail(`can be written by others - run: chmod go-w ${file}`);
    if (stat.size > MAX_BYTES) return fail(`is ${stat.size} bytes, more than the 262144 allowed - split it with extends`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    if (error instanceof TypeError) return fail("is not valid UTF-8 - save it as UTF-8");
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return fail(code === "ENOENT" ? "does not exist - check the path" : `can't be read (${code}) - check its permissions`);
  }
}

/** Parses YAML (core schema, unique keys, no aliases, one document). Throws PolicyError with every problem of the text. */
export function parsePolicyText(file: string, text: string): PolicyDocument {
  try {
    return parse(file, text);
  } catch (error) {
    // the parser and its walks recurse
    if (!(error instanceof RangeError)) throw error;
    throw new PolicyError([{ file, line: 1, col: 1, message: TOO_DEEP }]);
  }
}

const TOO_DEEP = "nested too deeply - flatten it";

function parse(file: string, text: string): PolicyDocument {
  const lines = new LineCounter();
  const position = (offset: number): { line: number; col: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  if (Buffer.byteLength(text) > MAX_BYTES) {
    const message = `is ${Buffer.byteLength(text)} bytes, more than the 262144 allowed - split it with extends`;
    throw new PolicyError([{ file, line: 1, col: 1, message }]);
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    version: "1.2",
    schema: "core",
    uniqueKeys: true,
    stringKeys: true,
    prettyErrors: false,
  });
  const overflow = document.errors.find((error) => /stack/i.test(error.message));
  if (overflow !== undefined) throw new PolicyError([{ file, ...position(overflow.pos[0]), message: TOO_DEEP }]);
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => ({
    file,
    ...position(error.pos[0]),
    message: mendYaml(error.code, error.message),
  }));
  visit(document, {
    Pair(_key, pair) {
      // JavaScript would take it for something else than a key, and the condition it names would be lost
      if (isScalar(pair.key) && pair.key.value === "__proto__" && pair.key.range) {
        problems.push({ file, ...position(pair.key.range[0]), message: "`__proto__` can't be a key - drop it" });
      }
    },
    Node(_key, node) {
      const marked = isAlias(node) || ("anchor" in node && node.anchor !== undefined);
      if (marked && node.range) {
        problems.push({ file, ...position(node.range[0]), message: "anchors and aliases are not allowed - write the value out" });
      }
    },
  });
  if (problems.length > 0) throw new PolicyError(problems);
  if (document.contents === null || !isMap(document.contents)) {
    const message = document.contents === null ? "is empty - start with `version: 1`" : "must be a map of keys - start with `version: 1`";
    throw new PolicyError([{ file, line: 1, col: 1, message }]);
  }
  return {
    file,
    sha256: createHash("sha256").update(text).digest("hex"),
    value: document.toJS({ maxAliasCount: 0 }),
    at: (path) => position(nearest(document, path)?.range?.[0] ?? 0),
    atKey(path, key) {
      const map = nearest(document, path);
      const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
      const range = pair !== undefined && isScalar(pair.key) ? pair.key.range : map?.range;
      return position(range?.[0] ?? 0);
    },
  };
}

function nearest(document: Document, path: KeyPath): Node | null {
  let node: unknown = document.contents;
  for (const key of path) {
    if (!isMap(node) && !isSeq(node)) break;
    const next: unknown = node.get(key, true);
    if (next === undefined || next === null) break;
    node = next;
  }
  return node as Node | null;
}

/** The parser's word in our form: lower case, with a mend. */
function mendYaml(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "the same key twice in one map - keep one of them";
  if (code === "MULTIPLE_DOCS") return "more than one document - keep one policy a file";
  if (code === "TAG_RESOLVE_FAILED") return "tags are not allowed - write a plain value";
  if (code === "NON_STRING_KEY") return "a key must be a plain text - write it so";
  const first = (message.split("\n")[0] ?? "").replace(/\.$/, "");
  return `not valid yaml: ${first.charAt(0).toLowerCase()}${first.slice(1)} - mend the syntax here`;
}

/** An unknown key, with the nearest known one. */
export function unknownKey(key: string, known: readonly string[]): string {
  return `unknown key "${key.slice(0, 60)}"${suggest(key, known)}`;
}
