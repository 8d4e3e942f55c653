import type * as z from "zod";
import { unknownKey } from "./document.ts";
import { PolicyError, suggest, type Problem } from "./problems.ts";
import type { KeyPath, PolicyDocument } from "./reader.ts";
import { policySchema, ruleSchema, type PolicyFile, type RuleSource } from "./schema.ts";

/** Holds a parsed file against the schema. Throws PolicyError with all that is wrong. */
export function validateDocument(document: PolicyDocument): PolicyFile {
  const result = policySchema.safeParse(document.value, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => toProblems(document, issue, []));
  problems.sort((a, b) => a.line - b.line || a.col - b.col);
  throw new PolicyError(problems);
}

/** The rules of a file that doesn't pass as a whole which pass by themselves, with their indexes: their own mistakes are worth telling too. */
export function soundRules(document: PolicyDocument): { index: number; source: RuleSource }[] {
  const { rules } = document.value as { rules?: unknown };
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((value, index) => {
    const result = ruleSchema.safeParse(value);
    return result.success ? [{ index, source: result.data }] : [];
  });
}

function toProblems(document: PolicyDocument, issue: z.core.$ZodIssue, prefix: KeyPath): Problem[] {
  const path = [...prefix, ...issue.path];
  const problem = (position: { line: number; col: number }, message: string): Problem => ({ file: document.file, ...position, message });
  const subject = subjectOf(path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => problem(document.atKey(path, key), unknownKey(key, knownKeys(path))));
    case "invalid_key":
      return [
        problem(document.atKey(path.slice(0, -1), String(path.at(-1))), `the name ${subject} ${issue.issues[0]?.message ?? "is wrong"}`),
      ];
    case "invalid_union": {
      const branch = closestBranch(issue, document, path);
      return branch.flatMap((inner) => toProblems(document, inner, path));
    }
    case "invalid_type":
      if (issue.input === undefined) return [missing(problem, document, path)];
      return [
        problem(document.at(path), `${subject} ${issue.message.startsWith("must") ? issue.message : `must be ${article(issue.expected)}`}`),
      ];
    case "invalid_value": {
      if (issue.input === undefined) return [missing(problem, document, path)];
      const known = issue.values.map(String);
      const own = /^must|^can/.test(issue.message);
      const message = own
        ? issue.message
        : `can't be ${told(issue.input)}${suggest(typeof issue.input === "string" ? issue.input : "", known)}`;
      return [problem(document.at(path), `${subject} ${message}`)];
    }
    case "too_big":
    case "too_small":
    case "invalid_format":
    case "not_multiple_of":
    case "invalid_element":
    case "custom":
      return [problem(document.at(path), `${subject} ${mend(issue.message)}`)];
  }
}

function missing(
  problem: (at: { line: number; col: number }, message: string) => Problem,
  document: PolicyDocument,
  path: KeyPath,
): Problem {
  return problem(document.at(path.slice(0, -1)), `the key ${subjectOf(path)} is missing - add it`);
}

function told(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 60);
}

/** Our own messages begin with a verb; anything of zod's is lowered and says what to do. */
function mend(message: string): string {
  return /^(must|is|can)/.test(message) ? message : `is out of range: ${message.charAt(0).toLowerCase()}${message.slice(1)} - change it`;
}

/** The last key of a path as people wrote it; an index is told with its list: `"op" entry 2`. */
function subjectOf(path: KeyPath): string {
  const last = path.at(-1);
  if (last === undefined) return "the policy";
  if (typeof last === "number") return `"${String(path.at(-2))}" entry ${last + 1}`;
  return `"${String(last).slice(0, 60)}"`;
}

function article(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    object: "a map",
    record: "a map",
    array: "a list",
    string: "a text",
    int: "a whole number",
    boolean: "true or false",
  };
  return words[expected] ?? `a ${expected}`;
}

/** Of a union's branches the one whose outer type fits what was written: a map is held against the map, a list against the list. */
function closestBranch(issue: z.core.$ZodIssueInvalidUnion, document: PolicyDocument, path: KeyPath): z.core.$ZodIssue[] {
  const value = path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], document.value);
  const shape = Array.isArray(value) ? "array" : typeof value === "object" ? "object" : "scalar";
  const fits = (branch: readonly z.core.$ZodIssue[]): boolean => {
    for (const inner of branch) {
      if (inner.path.length > 0) continue;
      if (inner.code === "invalid_value") return shape === "scalar";
      if (inner.code === "invalid_type") {
        const wanted = inner.expected === "record" ? "object" : inner.expected;
        return shape === "scalar" ? wanted !== "array" && wanted !== "object" : wanted === shape;
      }
    }
    return true;
  };
  return [...(issue.errors.find(fits) ?? issue.errors[0] ?? [])];
}

/** Keys that the schema knows at a path, whatever branch of a union they are in. */
function knownKeys(path: KeyPath): string[] {
  let here: readonly z.core.$ZodType[] = [policySchema];
  for (const key of path) here = here.flatMap(unwrap).flatMap((schema) => child(schema, key));
  return here.flatMap(unwrap).flatMap((schema) => (isObject(schema) ? Object.keys(schema._zod.def.shape) : []));
}

function isObject(schema: z.core.$ZodType): schema is z.core.$ZodObject {
  return schema._zod.def.type === "object";
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  const def = schema._zod.def as { type: string; innerType?: z.core.$ZodType; options?: readonly z.core.$ZodType[] };
  if (def.innerType !== undefined) return unwrap(def.innerType);
  if (def.options !== undefined) return def.options.flatMap(unwrap);
  return [schema];
}

function child(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
  if (isObject(schema)) return Object.hasOwn(schema._zod.def.shape, key) ? [schema._zod.def.shape[String(key)] as z.core.$ZodType] : [];
  const def = schema._zod.def as { type: string; element?: z.core.$ZodType; valueType?: z.core.$ZodType };
  const inner = def.element ?? def.valueType;
  return inner === undefined ? [] : [inner];
}
