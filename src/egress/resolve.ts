import { lookup, Resolver } from "node:dns/promises";
import type { Target, UrlEyes, UrlResource } from "../types.ts";
import { Refusal } from "../types.ts";
import type { ClassifiedAddress } from "./address.ts";
import { classify } from "./address.ts";
import { checkHeaders } from "./headers.ts";
import { authorityOf, normalizeMethod, normalizeUrl } from "./host.ts";
import { isLocalhost, specialName } from "./names.ts";

/** Asks for all addresses of a name. Rejects with the system's error; an empty list is "none". */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** Answers "there is none", as c-ares and getaddrinfo say it. Everything else is a failure to find out. */
const NONE: readonly unknown[] = ["ENOTFOUND", "ENODATA", "EAI_NODATA", "EAI_NONAME"];

/** How long a look-up may take (ms); the system's own would go on for half a minute. */
const LOOKUP_TIMEOUT = 10_000;

/** Addresses that one name may have; more is an answer nobody needs. */
const MOST_ADDRESSES = 64;

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

async function orNone(answer: Promise<string[]>): Promise<string[]> {
  return answer.catch((error: unknown) => {
    if (NONE.includes(codeOf(error))) return [];
    throw error;
  });
}

/**
 * The resolver that `egress.dns` names: the system's own (which also reads its hosts file), or named servers as `address:port`.
 * Both address families are asked, so that a private answer in one can't hide behind a public one in the other.
 */
export function openLookup(dns: "system" | readonly string[]): Lookup {
  if (dns === "system") return async (host) => (await lookup(host, { all: true })).map((found) => found.address);
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers(dns);
  return async (host) => (await Promise.all([orNone(resolver.resolve4(host)), orNone(resolver.resolve6(host))])).flat();
}

/** Has the operator opened exactly this address and port again? See `reopenedBy`. */
export type Reopened = (address: string, port: number) => boolean;

/** Addresses that need no look-up: a literal is its own; `localhost` is loopback by definition, the half that was reopened if one was. */
function knownAddresses({ host, port }: Target, reopened: Reopened): readonly ClassifiedAddress[] | undefined {
  const literal = classify(host);
  if (literal.kind !== "invalid") return [literal];
  if (!isLocalhost(host)) return undefined;
  const loopback = ["127.0.0.1", "::1"];
  const opened = loopback.filter((address) => reopened(address, port));
  return (opened.length > 0 ? opened : loopback).map(classify);
}

async function ask(look: Lookup, host: string): Promise<readonly ClassifiedAddress[]> {
  let found: readonly string[];
  try {
    found = await waitFor(look(host), AbortSignal.timeout(LOOKUP_TIMEOUT));
  } catch (error) {
    if (!NONE.includes(codeOf(error)))
      throw new Refusal("FAILED", `looking up \`${host}\` failed`, "check the name server (egress.dns) and try again", error);
    found = [];
  }
  if (found.length === 0) throw new Refusal("NOT_FOUND", `\`${host}\` has no address`, "check the name");
  if (found.length > MOST_ADDRESSES)
    throw new Refusal("DENIED", `\`${host}\` has more than ${MOST_ADDRESSES} addresses`, "use a host with fewer");
  return [...new Set(found)].map(classify);
}

/** Waits for a promise, or throws the signal's reason when it fires first. The work behind the promise goes on unheard. */
export async function waitFor<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: fired, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, fired]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Eyes for one call. The first answer for a name holds for the whole call, redirects included: a name that answers otherwise the next time
 * (DNS rebinding) is never asked a next time. `signal` ends the waiting; its reason should be a Refusal.
 */
export function openEyes(look: Lookup, reopened: Reopened, signal: AbortSignal): UrlEyes {
  const answers = new Map<string, Promise<readonly ClassifiedAddress[]>>();
  return {
    parse: normalizeUrl,
    resource(target: Target, method: string): UrlResource {
      const { scheme, host, port } = target;
      const addresses = knownAddresses(target, reopened);
      return { kind: "url", method: normalizeMethod(method), scheme, host, port, ...(addresses && { addresses: addresses.map(plain) }) };
    },
    async resolve(resource: UrlResource): Promise<UrlResource> {
      if (resource.addresses) return resource;
      const answer = answers.get(resource.host) ?? ask(look, resource.host);
      answers.set(resource.host, answer);
      const addresses = await waitFor(answer, signal);
      return { ...resource, addresses: addresses.map(plain) };
    },
    headers: checkHeaders,
  };
}

/** The record's form: no more than the resource's own fields. */
function plain({ address, kind }: ClassifiedAddress): { address: string; kind: string } {
  return { address, kind };
}

/**
 * The addresses that may be dialled, all of them or none: one forbidden address, or a name that is special by itself, refuses the request,
 * unless the operator reopened exactly that address and port. The reason names the kind and never the address: what a name means inside is
 * not for the caller.
 */
export function dialable(resource: UrlResource, reopened: Reopened): readonly string[] {
  const { host, port, addresses = [] } = resource;
  if (addresses.length === 0) throw new Refusal("DENIED", `\`${host}\` was not resolved`, "report this: a request skipped its look-up");
  const name = specialName(host);
  for (const { address } of addresses) {
    const { kind, forbidden } = classify(address);
    if (reopened(address, port) || (!forbidden && name === undefined)) continue;
    const what = forbidden ? `a forbidden address (${kind})` : `a special name (${name})`;
    const reason = classify(host).kind === "invalid" ? `\`${authorityOf(host, port)}\` means ${what}` : `the URL names ${what}`;
    throw new Refusal("DENIED", reason, "an operator can list the literal address:port in egress.allow");
  }
  return addresses.map(({ address }) => address);
}
