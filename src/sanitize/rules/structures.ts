/** Secrets known by the structure around them: JSON Web Tokens, credentials in URLs, signed URLs, Discord tokens. */
import { isPlaceholder, looksIssued } from "../likelihood.ts";
import type { Found, Rule } from "./format.ts";

/** JWS and JWE compact forms (RFC 7515, RFC 7516), with or without a signature; the header has to be JSON with an algorithm. */
const JWT = /eyJ[\w-]{8,2000}\.(?:[\w-]{0,8192}\.){1,3}[\w-]{0,8192}/y;

function findJwt(text: string, start: number): Found | undefined {
  if (start > 0 && /[A-Za-z0-9]/.test(text.charAt(start - 1)) && text.charAt(start - 1) !== "u") return undefined;
  JWT.lastIndex = start;
  const token = JWT.exec(text)?.[0];
  if (token === undefined || token.length < 36) return undefined;
  const header = Buffer.from(token.slice(0, token.indexOf(".")), "base64url").toString("latin1");
  return /"(?:alg|enc|typ|kid)"\s*:/.test(header) ? { start, end: start + token.length } : undefined;
}

/** Passwords that documentation and local set-ups use; hiding them would help nobody. */
const TOY =
  /^(?:pass(?:word|wd|phrase)?|pwd?|secret|user(?:name)?|guest|admin|root|test|postgres|mysql|redis|mongo|rabbitmq|token|key|credentials?|foo|bar|baz|x+|\*+|\.+|\d{0,6}|api[-_]?key|my-?password)$/i;

/** The password of `scheme://user:password@host` (RFC 3986 3.2.1), or a user part that is itself a token. */
function findUrlPassword(text: string, start: number, end: number): Found | undefined {
  if (!/[A-Za-z0-9]/.test(text.charAt(start - 1))) return undefined;
  const userinfo = /([^\s/?#@:"'<>`\\]{0,256})(?::([^\s/?#@"'<>`\\]{1,512}(?:@[^\s/?#@"'<>`\\]{1,256}(?=@))*))?@(?=[\w.[%-])/y;
  userinfo.lastIndex = end;
  const match = userinfo.exec(text);
  if (match === null) return undefined;
  const [, user = "", password] = match;
  const web = /https?$/i.test(text.slice(Math.max(0, start - 5), start));
  if (password === undefined) return web && user.length >= 20 && looksIssued(user) ? sentry(text, end, user) : undefined;
  // Documentation of URLs has `https://abc:xyz@host`; databases do have passwords that short.
  if (web && /^[a-z]{0,8}$/.test(password)) return undefined;
  if (TOY.test(password) || password === user || isReference(password)) return undefined;
  return { start: end + user.length + 1, end: end + user.length + 1 + password.length };
}

/** A Sentry DSN names a public key (docs.sentry.io "data source name"); other lone users of that shape are tokens. */
function sentry(text: string, start: number, user: string): Found | undefined {
  return /^@[\w.-]*(?:sentry|ingest)/.test(text.slice(start + user.length, start + user.length + 80))
    ? undefined
    : { start, end: start + user.length };
}

function isReference(password: string): boolean {
  return (
    /^[$<{%[(]|[}>\])]$|REDACTED|^(?:your|my|the|some|change|example|sample|dummy|replace)[-_]?\w*$/i.test(password) || isMasked(password)
  );
}

function isMasked(password: string): boolean {
  return password.length > 2 && new Set(password).size < 3;
}

/** Signatures that are as good as the key until they expire: Azure SAS, AWS and Google signed URLs. */
function findSignature(text: string, _start: number, end: number): Found | undefined {
  const value = /[A-Za-z0-9+/%_-]{24,1024}(?:={1,2}|(?:%3D){1,2})?/iy;
  value.lastIndex = end;
  const signature = value.exec(text)?.[0];
  return signature !== undefined && !isPlaceholder(signature) ? { start: end, end: end + signature.length } : undefined;
}

/** Rules of this kind. */
export const STRUCTURES: readonly Rule[] = [
  { id: "jwt", rank: 0, keywords: ["eyj"], find: findJwt },
  { id: "url-password", rank: 1, keywords: ["://"], find: findUrlPassword },
  {
    id: "url-signature",
    rank: 1,
    keywords: ["&sig=", "?sig=", "x-amz-signature=", "x-goog-signature=", "x-amz-security-token=", "&signature=", "sharedaccesssignature="],
    find: findSignature,
  },
  {
    id: "mcp-session",
    rank: 1,
    // Whoever has the id of somebody's session can speak in it, however it looks.
    keywords: ["mcp-session-id"],
    find(text, _start, end) {
      const value = /["']?\s{0,4}[:=]\s{0,4}["']?([\w.~+/=-]{8,512})/y;
      value.lastIndex = end;
      const match = value.exec(text);
      const id = match?.[1];
      return match === null || id === undefined || isPlaceholder(id)
        ? undefined
        : { start: end + match[0].length - id.length, end: end + match[0].length };
    },
  },
  {
    id: "discord-token",
    rank: 0,
    // The first part is the bot's number in base64, so it starts with M, N or O and is as long as a snowflake's digits.
    keywords: [".g", ".x", ".y", ".z"],
    find(text, start) {
      const rest = /\.[GXYZ][\w-]{5}\.[\w-]{27,40}(?![\w-])/y;
      rest.lastIndex = start;
      const tail = rest.exec(text)?.[0];
      const head =
        tail === undefined ? undefined : /(?<![\w-])[MNO][A-Za-z0-9_-]{22,27}$/.exec(text.slice(Math.max(0, start - 40), start))?.[0];
      return tail === undefined || head === undefined ? undefined : { start: start - head.length, end: start + tail.length };
    },
  },
];
