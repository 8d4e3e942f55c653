/** The config file's YAML, checked against its schema; errors as `file:line:col: message`. */
import { LineCounter, isMap, parseDocument } from "yaml";
import * as z from "zod";
import { closestName } from "./closest.ts";
import { ConfigError } from "./error.ts";
import { configSchema } from "./schema.ts";
import type { ConfigFile } from "./schema.ts";

/** Throws ConfigError with every problem of the file, one a line. An empty file is an empty configuration. */
export function parseConfig(text: string, file: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, schema: "core", prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`);
  if (broken.length > 0) throw new ConfigError(broken.join("\n"));
  if (document.contents === null) return {};
  const parsed = configSchema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describe(issue, document, at));
  throw new ConfigError(problems.join("\n"));
}

/** The keys that the schema knows at a place. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const part of path) schema = unwrap(shapeOf(unwrap(schema))[String(part)]);
  return Object.keys(shapeOf(unwrap(schema)));
}

const shapeOf = (schema: unknown): Record<string, unknown> => (schema as { shape?: Record<string, unknown> } | undefined)?.shape ?? {};

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? schema.unwrap() : schema;
}

function describe(issue: z.core.$ZodIssue, document: ReturnType<typeof parseDocument>, at: (offset: number) => string): string[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code !== "unrecognized_keys") {
    const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
    return [`${at(node?.range?.[0] ?? 0)}: \`${path.join(".")}\`: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`];
  }
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  const known = keysAt(path);
  return issue.keys.map((key) => {
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === key) : undefined;
    const guess = closestName(key, known);
    return `${at((pair?.key as { range?: [number] } | undefined)?.range?.[0] ?? 0)}: unknown key "${key}"${guess ? ` - did you mean "${guess}"?` : ""}`;
  });
}
