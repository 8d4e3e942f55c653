/** JSON-RPC 2.0 messages, read strictly, the same over every transport. */
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/server";

/** How deep a message may nest: what is read by recursion, here and in libraries, overflows the stack at a few thousand. */
const DEEPEST = 100;
/** Values that a message may hold. Each is looked at several times on its way, and half a million would hold up everybody for seconds. */
const MOST_VALUES = 50_000;
/** Characters of an id or a progress token, which come back with every answer and notice. */
const LONGEST_NAME = 1_000;

/**
 * A value as a JSON-RPC 2.0 message, or why it is none. Only the members that JSON-RPC knows are read, by exact name: `Method` is not `method`. The
 * SDK checks the rest against the schema of each method.
 */
export function readMessage(value: unknown): JSONRPCMessage | string {
  if (!isBounded(value)) return `the message nests deeper than ${DEEPEST} or holds more than ${MOST_VALUES} values: send less at once`;
  return asMessage(value) ?? "this is not one JSON-RPC 2.0 message (batches were removed in 2025-06-18)";
}

function asMessage(value: unknown): JSONRPCMessage | undefined {
  if (!isObject(value) || value.jsonrpc !== "2.0") return undefined;
  const { id, method, params, result, error } = value;
  if (Object.hasOwn(value, "id") && !isName(id)) return undefined;
  if (params !== undefined && !isObject(params)) return undefined;
  if (isObject(params?._meta) && params._meta.progressToken !== undefined && !isName(params._meta.progressToken)) return undefined;
  const head = { jsonrpc: "2.0", ...(id === undefined ? {} : { id }) };
  if (typeof method === "string") return { ...head, method, ...(params === undefined ? {} : { params }) } as JSONRPCMessage;
  if (method !== undefined || id === undefined) return undefined;
  if (isObject(result) && error === undefined) return { ...head, result } as JSONRPCMessage;
  return isObject(error) && result === undefined ? ({ ...head, error } as JSONRPCMessage) : undefined;
}

function isName(value: unknown): value is RequestId {
  return typeof value === "string" ? value.length <= LONGEST_NAME : Number.isSafeInteger(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Level by level, never by recursion. */
function isBounded(value: unknown): boolean {
  let level = [value];
  let seen = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    seen += level.length;
    if (depth > DEEPEST || seen > MOST_VALUES) return false;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? (Object.values(one) as unknown[]) : []));
  }
  return true;
}

/** The id of what may be no message at all, for the error that answers it. */
export function idOf(value: unknown): RequestId | null {
  const id = typeof value === "object" && value !== null ? (value as { id?: unknown }).id : undefined;
  return isName(id) ? id : null;
}
