/** Who is at the other end. Behind a proxy that the operator named (`http.trust_proxy`) that is what it says; otherwise nobody's word counts. */
import ipaddr from "ipaddr.js";

/** What a proxy may say of a request. */
interface ForwardedHeaders {
  readonly for: string | undefined;
  readonly proto: string | undefined;
}

/** A request's other end. */
export interface Peer {
  /** An IP address, IPv4 behind a dual-stack socket as IPv4. */
  readonly address: string;
  /** The scheme that the client used, when a trusted proxy says so. */
  readonly scheme: "http" | "https" | undefined;
}

/** Makes the reader of peers. `trusted` holds addresses and networks in CIDR form. */
export function readPeers(trusted: readonly string[]): (remote: string, forwarded: ForwardedHeaders) => Peer {
  const networks = trusted.map((entry) => ipaddr.parseCIDR(entry.includes("/") ? entry : `${entry}/${entry.includes(":") ? 128 : 32}`));
  const trusts = (address: ReturnType<typeof parse>): boolean =>
    address !== undefined && networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  return (remote, forwarded) => {
    const peer = parse(remote);
    const address = peer?.toString() ?? remote;
    if (!trusts(peer)) return { address, scheme: undefined };
    // From the right: each proxy appends whom it saw, so the first that we don't trust is the client; what stands left of it is the client's own claim.
    const seen = (forwarded.for ?? "").split(",").map((part) => parse(part.trim()));
    const client = seen.findLast((one) => !trusts(one));
    const scheme = forwarded.proto === "https" || forwarded.proto === "http" ? forwarded.proto : undefined;
    return { address: client?.toString() ?? address, scheme };
  };
}

function parse(address: string) {
  return ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
}
