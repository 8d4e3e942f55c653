/**
 * The outermost door, before anything is made of a request: headers that can be read one way only, a Host that is ours, an Origin that may call.
 * It holds for every method and every path.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isOwnHost, isOwnOrigin } from "./hosts.ts";
import type { OwnNames } from "./hosts.ts";
import { readPeers } from "./proxy.ts";

/** What of a request the door looks at; Node's IncomingMessage has it. */
export interface Knock {
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    readonly localAddress?: string | undefined;
    readonly localPort?: number | undefined;
  };
}

/** What is known of a request that was let in. */
export interface Admitted {
  /** Where it comes from. */
  readonly address: string;
  /** Our own origin as the client sees it. */
  readonly base: string;
}

/** Why one was not. */
interface Turned {
  readonly status: 400 | 403;
  readonly reason: string;
}

/** Headers that must not come twice: each reader would take another one (request smuggling, confused proxies). */
const SINGLE = new Set([
  "host",
  "origin",
  "authorization",
  "content-type",
  "content-length",
  "mcp-session-id",
  "mcp-protocol-version",
  "mcp-method",
  "mcp-name",
]);

/** Makes the door. `trustProxy` holds the proxies whose word on client and scheme counts. */
export function createDoor(own: OwnNames, trustProxy: readonly string[]): (knock: Knock) => Admitted | Turned {
  const peers = readPeers(trustProxy);
  return ({ url = "", headers, rawHeaders, socket }) => {
    const twice = findTwice(rawHeaders);
    if (twice !== undefined) return { status: 400, reason: `the header ${twice} came twice` };
    const { host = "", origin } = headers;
    if (host === "") return { status: 400, reason: "the request names no host" };
    if (!url.startsWith("/")) return { status: 400, reason: "send the path alone, not a whole URL" };
    if (!isOwnHost(host, own, { address: socket.localAddress ?? "", port: socket.localPort ?? 0 }))
      return { status: 403, reason: "this host name is not ours: list it in http.hosts if it should be" };
    const forwarded = { for: single(headers["x-forwarded-for"]), proto: single(headers["x-forwarded-proto"]) };
    const peer = peers(socket.remoteAddress ?? "", forwarded);
    const scheme = peer.scheme ?? own.scheme;
    if (origin !== undefined && !isOwnOrigin(origin, host, scheme, own))
      return { status: 403, reason: "this origin may not call us: list it in http.origins if it should" };
    return { address: peer.address, base: `${scheme}://${host.toLowerCase()}` };
  };
}

function findTwice(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? "";
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** Node joins what came twice with a comma, as a proxy that appends would. */
function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(",") : header;
}
