import { Refusal } from "../types.ts";

/** Headers that belong to the connection or are ours to say: a caller's would make a second reading of the message (RFC 9112, 11.2). */
const OURS: readonly string[] = [
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
];

/** What may follow to another origin. A list of what may, since any other name can be somebody's credential (curl's CVE-2022-27774 class). */
const FOLLOWS: readonly string[] = [
  "accept",
  "accept-language",
  "content-type",
  "user-agent",
  "if-modified-since",
  "if-none-match",
  "range",
];

/** `token` and `field-value` (RFC 9110, 5.6.2 and 5.5): no CR, LF or NUL, and nothing beyond Latin-1. */
const NAME = /^[!#$%&'*+\-.^_`|~\da-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const MOST_HEADERS = 64;
const LARGEST_HEADERS = 16 * 1024;

/**
 * The caller's headers in lower case. Refusal INVALID_INPUT for names and values that HTTP doesn't allow (CR, LF and NUL first of all), for
 * headers that are ours, a name given twice, or more than 64 headers or 16 KiB.
 */
export function checkHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {};
  let size = 0;
  for (const [given_, value] of Object.entries(given)) {
    const name = given_.toLowerCase();
    if (OURS.includes(name) || name.startsWith("proxy-") || name.startsWith(":")) {
      throw new Refusal("INVALID_INPUT", `the header \`${name.slice(0, 40)}\` is set by the server`, "leave it out");
    }
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new Refusal("INVALID_INPUT", "a header holds characters that HTTP doesn't allow", "send one line of plain text per header");
    }
    if (Object.hasOwn(checked, name)) throw new Refusal("INVALID_INPUT", `the header \`${name}\` is given twice`, "send it once");
    checked[name] = value;
    size += name.length + value.length;
  }
  if (Object.keys(checked).length > MOST_HEADERS || size > LARGEST_HEADERS) {
    throw new Refusal("INVALID_INPUT", `more than ${MOST_HEADERS} headers or ${LARGEST_HEADERS} bytes of them`, "send fewer");
  }
  return checked;
}

/** The headers that go along when a redirect leaves the origin (scheme, host and port). */
export function headersThatFollow(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => FOLLOWS.includes(name)));
}
