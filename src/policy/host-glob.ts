import { domainToASCII } from "node:url";

/**
 * Host patterns match whole labels after IDNA and lower-casing: `*` alone is every host, a leading `*.` one or more labels (so
 * `*.example.com` is `a.example.com` and `a.b.example.com` but not `example.com`), `*` elsewhere exactly one label.
 */
export interface HostGlob {
  readonly text: string;
  matches(host: string): boolean;
}

/** Compiles a host pattern. Throws an Error whose message is fit for a Problem. */
export function compileHost(text: string): HostGlob {
  const trimmed = text
    .trim()
    .replace(/\.$/, "")
    .replace(/^\[(.*)\]$/, "$1");
  const refuse = (what: string): never => {
    throw new Error(`the host \`${text}\` ${what}`);
  };
  if (trimmed === "") refuse("is empty - name a host");
  if (/:\/\/|[/@\s]/.test(trimmed)) refuse("is more than a host - write the name alone, such as example.com");
  if (trimmed === "*") return { text, matches: () => true };
  if (isAddress(trimmed)) {
    const address = canonicalAddress(trimmed);
    return { text, matches: (host) => host === address };
  }
  if (trimmed.includes(":")) refuse("carries a port - write it under port");
  const labels = trimmed.split(".").map((label) => {
    if (label === "*") return label;
    if (label.includes("*") || label.includes("?")) return refuse("has a wildcard inside a label - `*` stands for whole labels");
    const ascii = label === "" ? "" : domainToASCII(label);
    return ascii === "" ? refuse("is not a host name - check its spelling") : ascii;
  });
  if (!labels.includes("*")) {
    const name = labels.join(".");
    return { text, matches: (host) => host === name };
  }
  const open = labels[0] === "*";
  return {
    text,
    matches(host) {
      const parts = host.split(".");
      if (open ? parts.length < labels.length : parts.length !== labels.length) return false;
      const offset = parts.length - labels.length;
      return labels.every((label, index) => (index === 0 && open ? true : label === "*" || label === parts[index + offset]));
    },
  };
}

/** The one spelling of a literal address (RFC 5952 for IPv6), as URLs carry it. Throws an Error whose message is fit for a Problem. */
export function canonicalAddress(text: string): string {
  const url = URL.parse(`http://${text.includes(":") ? `[${text}]` : text}/`);
  if (url === null) throw new Error(`\`${text}\` is not an address - check its spelling`);
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Is this text a literal IPv4 or IPv6 address (without brackets)? A shape check: classifying addresses is the egress door's. */
export function isAddress(host: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) || (host.includes(":") && /^[0-9a-f:.]+$/i.test(host) && host.split(":").length > 2);
}

/**
 * Names that never mean a public host, whatever they resolve to: our own list, then RFC 6761 and 8375 special-use names, names that
 * ICANN keeps undelegated because networks use them inside, and credential services of clouds under public names.
 */
const SPECIAL =
  /(?:^|\.)(?:localhost|local|internal|lan|localdomain|home\.arpa|in-addr\.arpa|ip6\.arpa|invalid|onion|alt|corp|home|mail|intranet|private|consul|svc|metadata\.goog|metadata\.(?:tencentyun|platformequinix)\.com|metadata\.packet\.net)$/;

/** Is this the name of something private or special? Names without a dot are. */
export function isSpecialName(host: string): boolean {
  return !isAddress(host) && (!host.includes(".") || SPECIAL.test(host));
}
