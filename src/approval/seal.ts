/** What a yes is worth: the digests it is bound to, and the seal that proves a returned answer belongs to a question of ours. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Call, Prepared, Resource } from "../types.ts";

/**
 * `identity` says which call this is (principal, tool, arguments); `binding` adds everything else a yes depends on (resources with their real
 * paths, the state before, the policy). Same identity with another binding means that something changed since the person looked.
 */
export interface Binding {
  readonly identity: string;
  readonly binding: string;
  /** Same tool on the same resources, whatever the content: what `approve_session` covers. */
  readonly scope: string;
}

/** Digests of a call as it stands now. The addresses of a name aren't bound: they rotate, and each is judged again before it is dialled. */
export function bindCall(
  call: Pick<Call, "principal" | "tool" | "args">,
  resources: readonly Resource[],
  { states, scope }: Pick<Prepared, "states" | "scope">,
  policyDigest: string,
): Binding {
  const named = resources.map((resource) => (resource.kind === "url" ? { ...resource, addresses: undefined } : resource));
  const identity = digest([call.principal.id, call.tool, call.args]);
  // These say which tool it is and nothing of what it is aimed at: only the arguments do.
  const aim = resources.some(({ kind }) => kind === "upstream" || kind === "call") ? call.args : undefined;
  return {
    identity,
    binding: digest([identity, named, states, policyDigest]),
    scope: digest([call.principal.id, call.tool, named, scope, aim, policyDigest]),
  };
}

/** The state string that goes out with a question: id, session and expiry under a MAC. It grants nothing by itself: the pending record does. */
export function sealState(key: Uint8Array, id: string, session: string, binding: string): string {
  return `${id}.${mac(key, id, session, binding)}`;
}

/** The id inside a state string of ours, if its form is right. */
export function stateId(state: string): string | undefined {
  const match = /^(apr_[0-9a-f]{32})\.[A-Za-z0-9_-]{43}$/.exec(state);
  return match?.[1];
}

/** Does this state string belong to this question? Compared in constant time. */
export function verifyState(key: Uint8Array, state: string, id: string, session: string, binding: string): boolean {
  const expected = Buffer.from(sealState(key, id, session, binding));
  const given = Buffer.from(state);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function mac(key: Uint8Array, ...parts: readonly string[]): string {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url");
}

function digest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** JSON with sorted keys (RFC 8785 in spirit: own properties only, no insignificant space), so that the order of arguments never matters. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
