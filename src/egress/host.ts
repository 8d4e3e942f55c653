import { isIP } from "node:net";
import { domainToUnicode } from "node:url";
import type { Target } from "../types.ts";
import { Refusal } from "../types.ts";

/** RFC 9110, 4.1 asks servers for at least 8,000 octets; nothing honest is longer. Characters. */
const LONGEST_URL = 8192;

function invalid(reason: string, remedy: string): Refusal {
  return new Refusal("INVALID_INPUT", reason, remedy);
}

/**
 * Reads a URL strictly, so that no two readers can differ on its host: what browsers repair (missing or extra slashes, backslashes, control
 * characters, blanks, credentials) is refused, then the WHATWG parser alone says the host. Decimal, octal, hexadecimal and full-width
 * addresses come out of it as plain ones and are judged as such.
 *
 * Throws Refusal INVALID_INPUT for what isn't a clean URL, DENIED for another scheme than http and https.
 */
export function normalizeUrl(text: string): Target {
  if (text.length > LONGEST_URL) throw invalid(`the URL is longer than ${LONGEST_URL} characters`, "send a shorter URL");
  if (!text.isWellFormed() || /[\u0000-\u0020\u007f-\u009f\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]/.test(text)) {
    throw invalid("the URL holds blanks, control or invisible characters", "percent-encode them (a space is %20)");
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw invalid("the URL has no scheme", "write it whole, as https://host/path");
  if (scheme !== "http" && scheme !== "https")
    throw new Refusal("DENIED", `the scheme \`${scheme}\` is not fetched`, "use an http or https URL");
  const authority = /^[a-z]+:\/\/([^/?#\\]+)([^?#]*)/i.exec(text);
  if (!authority) throw invalid("the URL has no host", `write it whole, as ${scheme}://host/path`);
  const [, place = "", path = ""] = authority;
  if (place.includes("@")) throw invalid("the URL carries a user name or password", "leave them out; secrets are added by the policy");
  if (path.includes("\\")) throw invalid("the URL holds a backslash", "use / or percent-encode it as %5C");
  if (isDisguised(place)) throw invalid("the host is spelled with look-alike characters", "write the host in its ordinary letters");
  const url = URL.parse(text);
  if (!url) throw invalid("the URL can't be parsed", "check its host and port");
  url.hash = "";
  const host = bareHost(url);
  return { href: url.href, scheme, host, port: url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port) };
}

/** Does the host only become what it is by folding compatibility or invisible characters (full-width, circled, soft hyphen)? Capitals and real IDN don't. */
function isDisguised(host: string): boolean {
  const composed = host.normalize("NFC");
  return composed !== host.normalize("NFKC") || /[\p{Default_Ignorable_Code_Point}\u20d0-\u20f0]/u.test(host) || /%[0-9a-f]{2}/i.test(host);
}

/** The host without brackets and without the root's dot: `example.com.` and `example.com` are one name and must meet the same rules. */
function bareHost(url: URL): string {
  if (url.hostname.startsWith("[")) return url.hostname.slice(1, -1);
  const host = url.hostname.replace(/\.$/, "");
  url.hostname = host;
  if (isIP(host) !== 0) return host;
  const labels = host.split(".");
  const sound = host.length <= 253 && labels.every((label) => label.length <= 63 && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/.test(label));
  // A label may claim to be IDN and be none: no person could read it.
  if (!sound || domainToUnicode(host) === "") throw invalid("the host is not a valid name", "check its spelling");
  return host;
}

/** `host:port` as people write it, IPv6 in brackets. */
export function authorityOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Methods that turn a request into something else: a tunnel, or an echo of its own credentials (RFC 9110, 9.3.6 and 9.3.8). */
const NEVER: readonly string[] = ["CONNECT", "TRACE", "TRACK"];

/** The method in capitals. Refusal INVALID_INPUT when it is no token, DENIED for CONNECT, TRACE and TRACK. */
export function normalizeMethod(method: string): string {
  if (!/^[A-Za-z]{1,20}$/.test(method)) throw invalid("the method is not a word", "use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
  const upper = method.toUpperCase();
  if (NEVER.includes(upper))
    throw new Refusal("DENIED", `the method \`${upper}\` is never sent`, "use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
  return upper;
}
