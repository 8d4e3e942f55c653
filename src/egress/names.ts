/**
 * Names that mean this machine, this network or a cloud's credential service, whatever they resolve to. The first group is the policy's own
 * list; then RFC 6761 and 8375 special-use names, the names ICANN keeps undelegated because networks use them inside (name collision), and
 * the zones of service discovery.
 */
const SUFFIXES: readonly string[] = [
  "localhost",
  "local",
  "internal",
  "lan",
  "localdomain",
  "home.arpa",
  "invalid",
  "onion",
  "alt",
  "in-addr.arpa",
  "ip6.arpa",
  "corp",
  "home",
  "mail",
  "intranet",
  "private",
  "consul",
  "svc",
];

/** Credential services under public names; those below `.internal` or without a dot are special anyway. */
const METADATA: readonly string[] = ["metadata.goog", "metadata.tencentyun.com", "metadata.platformequinix.com", "metadata.packet.net"];

/** Why a normalized host name is special, as the word of the rule; `undefined` for an ordinary one or a literal address. */
export function specialName(host: string): "local" | "metadata" | undefined {
  if (host.includes(":")) return undefined; // an IPv6 literal; an IPv4 one meets none of the lists
  if (METADATA.some((name) => host === name || host.endsWith(`.${name}`))) return "metadata";
  if (!host.includes(".")) return "local";
  return SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`)) ? "local" : undefined;
}

/** `localhost` and the names below it: loopback by definition, never asked of a DNS server (RFC 6761, 6.3). */
export function isLocalhost(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}
