/** JSON-RPC 2.0 messages, read strictly, the same over every transport. */
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/server";

/**
 * A value as a JSON-RPC 2.0 message, undefined when it is none. Only the members that JSON-RPC knows are read, by exact name: `Method` is not
 * `method`. The SDK checks the rest against the schema of each method.
 */
export function readMessage(value: unknown): JSONRPCMessage | undefined {
  if (!isObject(value) || value.jsonrpc !== "2.0") return undefined;
  const { id, method, params, result, error } = value;
  if (Object.hasOwn(value, "id") && typeof id !== "string" && !Number.isSafeInteger(id)) return undefined;
  if (params !== undefined && !isObject(params)) return undefined;
  const head = { jsonrpc: "2.0", ...(id === undefined ? {} : { id }) };
  if (typeof method === "string") return { ...head, method, ...(params === undefined ? {} : { params }) } as JSONRPCMessage;
  if (method !== undefined || id === undefined) return undefined;
  if (isObject(result) && error === undefined) return { ...head, result } as JSONRPCMessage;
  return isObject(error) && result === undefined ? ({ ...head, error } as JSONRPCMessage) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The id of what may be no message at all, for the error that answers it. */
export function idOf(value: unknown): RequestId | null {
  const id = typeof value === "object" && value !== null ? (value as { id?: unknown }).id : undefined;
  return typeof id === "string" || typeof id === "number" ? id : null;
}
