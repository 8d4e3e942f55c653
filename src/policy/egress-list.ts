import type { UrlResource } from "../types.ts";
import { canonicalAddress, compileHost, isAddress, type HostGlob } from "./host-glob.ts";

/** One entry of `egress.allow`: `host[:port]`, `*.host[:port]`, or a literal address with a port. See docs/policy.md. */
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
  const address = isAddress(name) ? canonicalAddress(name) : undefined;
  if (address !== undefined && port === undefined)
    throw new Error(`the entry \`${text}\` is an address without a port - add it, such as ${text}:8080`);
  return { text, host: compileHost(name), port, address };
}

/** May this be reached by GET and HEAD without asking, as far as the entries say? */
export function admits(entries: readonly EgressEntry[], url: UrlResource): boolean {
  if (url.method !== "GET" && url.method !== "HEAD") return false;
  return entries.some((entry) => namesHost(entry, url)) || reaches(entries, url);
}

function namesHost({ address, host, port }: EgressEntry, url: UrlResource): boolean {
  if (address !== undefined || !host.matches(url.host)) return false;
  return port === undefined ? url.port === 80 || url.port === 443 : url.port === port;
}

/** Does an entry reopen this one address at this port? */
export function reopens(entry: EgressEntry, address: string, port: number): boolean {
  return entry.address === address.toLowerCase() && entry.port === port;
}

/** Every address that the host means is listed with this port. A name that wasn't looked up yet means none (`localhost` and literals never need it). */
function reaches(entries: readonly EgressEntry[], { addresses = [], port }: UrlResource): boolean {
  return addresses.length > 0 && addresses.every(({ address }) => entries.some((entry) => reopens(entry, address, port)));
}
