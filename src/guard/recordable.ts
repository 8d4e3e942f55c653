/** The query as the audit keeps it: enough to decide it anew, nothing that is secret or long. */
import type { Query } from "../types.ts";

/** Strings longer than this (contents, edits) are kept as their size only; a rule on such an argument is then not decidable on replay. */
const LONGEST = 256;
/** Secrets that are shorter can't be held back (docs/sanitizing.md). */
const SHORTEST = 4;
/** More resources than this are kept as a count: a delete of 10,000 files is one record. */
const MOST_RESOURCES = 200;

/** What stands in a recorded query for something that was left out. */
export interface LeftOut {
  readonly $leftOut: number;
}

/** A copy of the query with what the caller wrote redacted, and what is long left out. The rest are our own words and the policy's. */
export function recordableQuery(query: Query, redact: (text: string) => string): object {
  const { principal, resources, args } = query;
  return {
    ...query,
    principal: trim(principal, redact),
    args: trim(query.tool === "fetch" ? withoutMessage(args) : args, redact),
    resources: resources.length > MOST_RESOURCES ? leftOut(resources.length) : resources.map((resource) => trim(resource, redact)),
  };
}

/** What is sent to somebody else, and the headers that may carry credentials, are kept as their size only, however short. */
function withoutMessage(args: Query["args"]): Query["args"] {
  const { body, headers } = args;
  return {
    ...args,
    ...(body === undefined ? {} : { body: sized(body) }),
    ...(isObject(headers) ? { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, sized(value)])) } : {}),
  };
}

const sized = (value: unknown): unknown => (typeof value === "string" ? leftOut(value.length) : value);

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

const leftOut = (size: number): LeftOut => ({ $leftOut: size });

function trim(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return value.length > LONGEST ? leftOut(value.length) : value.length < SHORTEST ? value : redact(value);
  if (Array.isArray(value)) return value.length > MOST_RESOURCES ? leftOut(value.length) : value.map((item) => trim(item, redact));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), trim(item, redact)]));
  return value;
}
