/** What a verified token says of its holder. */
import type { Principal } from "../types.ts";

/** Where issuers put what a person may be (RFC 9068, 2.2.3.1). */
const ROLE_CLAIMS = ["roles", "groups", "entitlements"];

/** Characters of a subject: it becomes a name in records, and OpenID Connect allows no more than 255. */
const LONGEST_SUBJECT = 255;

/** Control, format and surrogate characters, and other line ends: a name must read as what it is. */
const UNREADABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** RFC 6749, 3.3. */
const SCOPE = /^[\u0021\u0023-\u005b\u005d-\u007e]+$/;

/**
 * The principal of a token: `oauth:` and its subject, which no key (`key:NAME`) and no local person (`local`) is called. The first entry of `roles` (claim
 * value to role) that the token has decides the role. Gives the reason in words when the claims can't be used: a claim that is there and can't be read
 * would otherwise take away what rules look for.
 */
export function tokenPrincipal(claims: Readonly<Record<string, unknown>>, roles: Readonly<Record<string, string>>): Principal | string {
  const { sub } = claims;
  if (typeof sub !== "string" || sub === "" || sub.length > LONGEST_SUBJECT || UNREADABLE.test(sub))
    return `the token names nobody that can be recorded (sub, 1 to ${LONGEST_SUBJECT} plain characters)`;
  const scopes = scopesOf(claims);
  if (scopes === undefined) return "the scopes of the token can't be read (scope, scp)";
  const values = ROLE_CLAIMS.flatMap((claim) => claims[claim] ?? []);
  const role = Object.entries(roles).find(([value]) => values.includes(value))?.[1];
  return { id: `oauth:${sub}`, user: sub, scopes, ...(role === undefined ? {} : { role }) };
}

/** `scope` (RFC 8693, 4.2: one string, separated by spaces), else `scp` as other issuers have it: a string or a list. */
function scopesOf({ scope, scp }: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const said = scope ?? scp ?? [];
  const words = typeof said === "string" ? said.split(" ").filter(Boolean) : said;
  if (!Array.isArray(words) || !words.every((word): word is string => typeof word === "string" && SCOPE.test(word))) return undefined;
  return [...new Set(words)];
}
