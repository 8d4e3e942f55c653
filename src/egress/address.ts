import ipaddr from "ipaddr.js";

/**
 * What an address is. Only `public` may be dialled; every other kind needs the operator's literal `address:port` in `egress.allow`.
 * `metadata` are the well-known addresses of cloud credential services, which sit in several of the other ranges.
 */
export type AddressKind =
  | "public"
  | "loopback"
  | "private"
  | "link-local"
  | "site-local"
  | "cgnat"
  | "ula"
  | "multicast"
  | "unspecified"
  | "reserved"
  | "documentation"
  | "benchmark"
  | "mapped"
  | "compatible"
  | "translated"
  | "nat64"
  | "6to4"
  | "teredo"
  | "isatap"
  | "metadata"
  | "invalid";

/** An address in canonical form (dotted quad, or RFC 5952 without zone) and what it is. */
export interface ClassifiedAddress {
  readonly address: string;
  readonly kind: AddressKind;
  readonly forbidden: boolean;
}

/**
 * Special ranges, most specific first: the first that contains the address names it.
 * IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and updates); metadata addresses from the clouds' own documentation.
 */
const RANGES: readonly (readonly [cidr: string, kind: AddressKind])[] = [
  ["100.100.100.200/32", "metadata"], // Alibaba Cloud
  ["168.63.129.16/32", "metadata"], // Azure WireServer, inside public space
  ["169.254.0.23/32", "metadata"], // Tencent Cloud
  ["169.254.42.42/32", "metadata"], // Scaleway
  ["169.254.169.254/32", "metadata"], // AWS, GCP, Azure, OpenStack, Oracle, DigitalOcean, Hetzner
  ["169.254.170.2/32", "metadata"], // ECS task credentials
  ["169.254.170.23/32", "metadata"], // EKS pod identity
  ["192.0.0.192/32", "metadata"], // Oracle, older
  ["0.0.0.0/8", "unspecified"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "cgnat"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "documentation"],
  ["192.88.99.0/24", "6to4"], // relay anycast, RFC 7526
  ["192.168.0.0/16", "private"],
  ["198.18.0.0/15", "benchmark"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["fd00:42::42/128", "metadata"], // Scaleway
  ["fd00:c1::a9fe:a9fe/128", "metadata"], // Oracle
  ["fd00:ec2::/32", "metadata"], // AWS: ::254 instance metadata, ::23 pod identity, ::253 DNS
  ["fd20:ce::254/128", "metadata"], // GCP
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["::/96", "compatible"], // RFC 4291, 2.5.5.1; ipaddr.js 2.5.0 calls these unicast
  ["::ffff:0:0/96", "mapped"],
  ["::ffff:0:0:0/96", "translated"], // RFC 2765
  ["64:ff9b::/96", "nat64"], // RFC 6052; judged by the address inside
  ["64:ff9b:1::/48", "nat64"], // RFC 8215, local use
  ["2001::/32", "teredo"],
  ["2001:2::/48", "benchmark"],
  ["2001::/23", "reserved"], // IETF protocol assignments, ORCHID
  ["2001:db8::/32", "documentation"],
  ["2002::/16", "6to4"],
  ["3fff::/20", "documentation"], // RFC 9637
  ["fc00::/7", "ula"],
  ["fe80::/10", "link-local"],
  ["fec0::/10", "site-local"], // RFC 3879
  ["ff00::/8", "multicast"],
];

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [range: Parsed, bits: number, kind: AddressKind];

let ranges: readonly Range[] | undefined;

function parseRanges(): readonly Range[] {
  return RANGES.map(([cidr, kind]) => [...ipaddr.parseCIDR(cidr), kind]);
}

/** The range that names the address. Outside every one: IPv4 is public, IPv6 only inside 2000::/3, all that IANA has assigned as global unicast. */
function lookUp(address: Parsed): AddressKind {
  ranges ??= parseRanges();
  for (const [range, bits, kind] of ranges) {
    if (range.kind() === address.kind() && address.match(range, bits)) return kind;
  }
  if (address.kind() === "ipv4") return "public";
  return ((address as ipaddr.IPv6).parts[0] ?? 0) >> 13 === 1 ? "public" : "reserved";
}

/** ISATAP puts `0000:5efe` or `0200:5efe` and an IPv4 address into the interface part of any prefix (RFC 5214, 6.1). */
function isIsatap(parts: readonly number[]): boolean {
  return parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x200);
}

function kindOf(address: Parsed): AddressKind {
  const kind = lookUp(address);
  if (address.kind() === "ipv4") return kind;
  const { parts } = address as ipaddr.IPv6;
  if (isIsatap(parts)) return "isatap";
  // DNS64 makes these for public names on IPv6-only networks, so a public address inside is as good as itself (RFC 6052, 3.1).
  if (kind === "nat64" && parts[2] === 0) {
    const [high = 0, low = 0] = parts.slice(6);
    return lookUp(new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255])) === "public" ? "public" : "nat64";
  }
  return kind;
}

/**
 * Says what a literal address is. Takes canonical dotted quads and IPv6 without brackets; anything else (a zone, octal, a name) is `invalid`,
 * because the spelling that was judged must be the one that is dialled.
 */
export function classify(address: string): ClassifiedAddress {
  const valid =
    ipaddr.IPv4.isValidFourPartDecimal(address) || (address.includes(":") && !address.includes("%") && ipaddr.IPv6.isValid(address));
  if (!valid) return { address, kind: "invalid", forbidden: true };
  const parsed = ipaddr.parse(address);
  const kind = kindOf(parsed);
  return {
    address: parsed.kind() === "ipv4" ? parsed.toString() : (parsed as ipaddr.IPv6).toRFC5952String(),
    kind,
    forbidden: kind !== "public",
  };
}

/** The literal `address:port` entries of `egress.allow` (`127.0.0.1:8080`, `[::1]:8080`): what the operator opened again, and nothing else. */
export function reopenedBy(entries: readonly string[]): (address: string, port: number) => boolean {
  const opened = new Set<string>();
  for (const entry of entries) {
    const cut = entry.lastIndexOf(":");
    const { address, kind } = classify(entry.slice(0, cut).replace(/^\[(.*)\]$/, "$1"));
    if (kind !== "invalid") opened.add(`${address} ${entry.slice(cut + 1)}`);
  }
  return (address, port) => opened.has(`${address} ${port}`);
}
