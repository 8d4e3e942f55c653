/**
 * Which Host and Origin headers are ours. A page from elsewhere can make a browser talk to this server under a name of its own (DNS rebinding,
 * CVE-2025-66414), so every method is checked, and an address counts only when the connection really came to it.
 */

/** What the operator configured (`http.hosts`, `http.origins`) and where the server listens. */
export interface OwnNames {
  readonly scheme: "http" | "https";
  /** Listens on every address, as in a container: ports are published under other numbers, so the loopback names count with any port. */
  readonly wildcard: boolean;
  /** Lower case, `name` or `name:port`; without a port any port counts. */
  readonly hosts: readonly string[];
  /** Serialized origins (RFC 6454, 6.2), lower case. */
  readonly origins: readonly string[];
}

/** Where a connection came to; addresses as Node tells them. */
export interface LocalEnd {
  readonly address: string;
  readonly port: number;
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::([0-9]{1,5}))?$/;
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Is this Host header one of ours? In this order: what the operator listed; the address that the connection came to, and `localhost` for a
 * loopback one, with its port; on a wildcard the loopback names with any port. Anything else is not.
 */
export function isOwnHost(header: string, own: OwnNames, end: LocalEnd): boolean {
  const host = header.toLowerCase();
  const [, name = "", digits] = HOST.exec(host) ?? [];
  if (name === "") return false;
  if (own.hosts.includes(host) || own.hosts.includes(name)) return true;
  const local = literalOf(end.address);
  const port = digits === undefined ? (own.scheme === "https" ? 443 : 80) : Number(digits);
  if (port === end.port && (name === local || (name === "localhost" && isLoopback(local)))) return true;
  return own.wildcard && LOOPBACK_NAMES.includes(name);
}

/** May a page of this origin call us? `host` is the Host header, already found to be ours; a page that came from there is our own. */
export function isOwnOrigin(origin: string, host: string, scheme: string, { origins }: OwnNames): boolean {
  const said = origin.toLowerCase();
  return origins.includes(said) || said === `${scheme}://${host.toLowerCase()}`;
}

/** An address as a Host header writes it: IPv6 in brackets, IPv4 behind a dual-stack socket as IPv4. */
function literalOf(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  return plain.includes(":") ? `[${plain}]` : plain;
}

function isLoopback(literal: string): boolean {
  return literal === "[::1]" || literal.startsWith("127.");
}
