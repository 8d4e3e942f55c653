import type { UrlResource } from "../types.ts";
import { compileHost, isAddress, type HostGlob } from "./host-glob.ts";

/** One entry of `egress.allow`: `host[:port]`, `*.host[:port]`, or a literal address with a port. POLICY, "The file". */
export interface EgressEntry {
  readonly text: string;
  readonly host: HostGlob;
  readonly port: number | undefined;
  /** Set when the entry is a literal address: it reopens exactly that address and port, even where it is private. */
  readonly address: string | undefined;
}

/** Compiles an entry. Throws an Error whose message is fit for a Problem. */
export function compileEgress(text: string): EgressEntry {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+|[^[\]]*:[^[\]]*:[^[\]]*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const name = bracketed ?? plain;
  if (name === undefined) throw new Error(`the entry \`${text}\` is not host[:port] - write it so, IPv6 addresses in brackets`);
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) throw new Error(`the entry \`${text}\` has a port out of range - use 1 to 65535`);
  const address = isAddress(name) ? name.toLowerCase() : undefined;
  if (address !== undefined && port === undefined)
    throw new Error(`the entry \`${text}\` is an address without a port - add it, such as ${text}:8080`);
  return { text, host: compileHost(name), port, address };
}

/** May this be reached by GET and HEAD without asking, as far as the entry says? */
export function admits(entry: EgressEntry, url: UrlResource): boolean {
  if (url.method !== "GET" && url.method !== "HEAD") return false;
  if (entry.address !== undefined) return url.port === entry.port && reaches(entry.address, url);
  const portFits = entry.port === undefined ? url.port === 80 || url.port === 443 : url.port === entry.port;
  return portFits && entry.host.matches(url.host);
}

/** Does an entry reopen this one address at this port? */
export function reopens(entry: EgressEntry, address: string, port: number): boolean {
  return entry.address === address.toLowerCase() && entry.port === port;
}

function reaches(address: string, url: UrlResource): boolean {
  if (url.addresses !== undefined) return url.addresses.length > 0 && url.addresses.every((one) => one.address.toLowerCase() === address);
  // `localhost` is loopback by definition and never looked up outside (RFC 6761, 6.3)
  const loopback = address === "::1" || address.startsWith("127.");
  return url.host === address || (loopback && /(?:^|\.)localhost$/.test(url.host));
}
