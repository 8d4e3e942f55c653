/** Values of telling names: `password=`, `"apiKey": "`, `--token `, headers, `<password>`, connection strings, Kubernetes secrets, .netrc. */
import { isPlaceholder, isWordy, looksLikePassword, looksLikeToken } from "../likelihood.ts";
import type { Found, Rule } from "./format.ts";
import { type Claim, claimOf } from "./names.ts";

/** Every keyword a telling name can be known by. */
const NAME_PARTS = [
  "password passwd passphrase passwrd passcode pwd pass_ _pass -pass pass= pass: pass\" pass' dbpass storepass keypass userpass rootpass smtppass mypass secret token key credential creds bearer jwt",
  "authorization auth= auth: \"auth\" 'auth' _auth -auth _pat pat= session-id sessid sessionid sid=",
]
  .join(" ")
  .split(" ");

/** Between a name and its value: quotes and brackets that close the name, an optional type, then the sign. Escaped quotes are JSON inside JSON. */
const SIGN =
  /(?:\\*["'`\]]){0,3}[ \t]{0,8}(?::\s?(?:string|str|String|&str)\s?=|=>|[:?+]=|:-|={1,3}|->|:|\|(?=[ \t])|,(?=[ \t]?\\*["'`])|<\/\w{1,12}>\s{0,40}<\w{1,12}>|>)[ \t]{0,40}(?:[|>][+-]?[ \t]*\r?\n[ \t]+|\r?\n[ \t]{1,40}(?=\\*["'`]))?/y;
const SPACE = /[ \t]{1,40}(?:is[ \t]{1,4})?/y;
const QUOTED = /(\\*["'`]|&quot;)((?:(?!\1)[^\n]){1,8192}?)\1/y;
const BARE = /[^\s"'`,;<>(){}[\]|\\]{4,2048}/y;
const SCHEME = /(?:Bearer|Basic|Token|Digest|ApiKey|Api-Key|GenieKey|SSWS|Key|Negotiate|AWS4-HMAC-SHA256|Splunk|Bot)[ \t]+/iy;

const NAME_LETTER = /[A-Za-z0-9_.-]/;

/** A name around [start, end), at most 64 characters to each side. */
function nameAround(text: string, start: number, end: number): Found {
  let from = start;
  while (from > 0 && start - from < 64 && NAME_LETTER.test(text.charAt(from - 1))) from--;
  let to = end;
  while (to - end < 32 && to < text.length && text.charAt(to) !== "." && NAME_LETTER.test(text.charAt(to))) to++;
  if (text.charAt(to - 1) === "-") to--;
  // Keywords such as "pass=" bring their sign along.
  while (to > from && !/[\w]/.test(text.charAt(to - 1))) to--;
  return { start: from, end: to };
}

function findValue(text: string, start: number, end: number): Found | undefined {
  const name = nameAround(text, start, end);
  const next = text.charAt(name.end);
  if (!/[\s=:"'`\],<>\\-]/.test(next)) return undefined;
  const claim = claimOf(text.slice(name.start, name.end));
  if (claim === undefined) return undefined;
  SIGN.lastIndex = name.end;
  if (SIGN.test(text)) {
    const at = SIGN.lastIndex;
    const sign = text.slice(name.end, at);
    // In a list of names the next name is no value; `>` is a sign only where a tag ends.
    if ((claim === "key" && sign.includes(",")) || (/^["']?\s*>/.test(sign) && !isTag(text, name))) return undefined;
    return judgeAt(text, at, claim);
  }
  // Options and prose (`--token X`, `password X`) need more proof, as any sentence has such words.
  SPACE.lastIndex = name.end;
  if (claim === "key" || !SPACE.test(text)) return undefined;
  const lenient =
    /^-{1,2}/.test(text.slice(name.start, name.end)) ||
    /\b(?:machine|login|user)\b/i.test(text.slice(Math.max(0, name.start - 80), name.start));
  const value = valueAt(text, SPACE.lastIndex);
  if (value === undefined) return undefined;
  const word = text.slice(value.start, value.end);
  return (lenient ? looksLikePassword(word) : looksLikeToken(word) && word.length >= 16) ? value : undefined;
}

/** Does a tag that has this name end right after it, as in `<password>` and `<entry key="password">`? */
function isTag(text: string, name: Found): boolean {
  return /^["']?\s?>/.test(text.slice(name.end, name.end + 3)) && /<[^<>]*$/.test(text.slice(Math.max(0, name.start - 80), name.start));
}

/** Finds and judges the value at an offset. */
function judgeAt(text: string, at: number, claim: Claim): Found | undefined {
  SCHEME.lastIndex = at;
  const from = SCHEME.test(text) ? SCHEME.lastIndex : at;
  const value = valueAt(text, from);
  return value !== undefined && fits(text.slice(value.start, value.end), claim) ? value : undefined;
}

/** The value that starts at an offset, without quotes and without the rest of a query string or sentence. */
function valueAt(text: string, at: number): Found | undefined {
  QUOTED.lastIndex = at;
  const quoted = QUOTED.exec(text);
  if (quoted !== null) {
    const start = at + (quoted[1]?.length ?? 0);
    SCHEME.lastIndex = start;
    const from = SCHEME.test(text) ? SCHEME.lastIndex : start;
    return { start: from, end: start + (quoted[2]?.length ?? 0) };
  }
  BARE.lastIndex = at;
  const bare = BARE.exec(text)?.[0];
  // A call: the value is what it returns.
  if (bare === undefined || text.charAt(at + bare.length) === "(") return undefined;
  const cut = bare.search(/&(?:amp;)?[\w.%-]+=/);
  const value = (cut === -1 ? bare : bare.slice(0, cut)).replace(/[.:!?*_]+$/, "");
  return value.length < 4 ? undefined : { start: at, end: at + value.length };
}

/** Is this value worth hiding under a name with this claim? */
export function fits(whole: string, claim: Claim): boolean {
  if (whole.includes("REDACTED:") || /^[A-Za-z_.-]{2,40}[=:][A-Za-z_.-]{2,40}[=:]/.test(whole)) return false;
  // The beginning tells; a text of names alone would be judged over and over otherwise.
  const value = whole.slice(0, 256);
  if (claim === "password") return looksLikePassword(value);
  if (claim === "token") return looksLikeToken(value);
  return looksLikeToken(value) && value.length >= 20 && !value.includes(".") && /\d/.test(value);
}

/** Credentials that stand behind their scheme without a name before (`curl -H 'Bearer ...'`, logs). */
function findScheme(text: string, start: number, end: number): Found | undefined {
  if (start > 0 && /[A-Za-z0-9_-]/.test(text.charAt(start - 1))) return undefined;
  const value = /[A-Za-z0-9._~+/-]{8,8192}={0,2}/y;
  value.lastIndex = end;
  const word = value.exec(text)?.[0];
  if (word === undefined) return undefined;
  const found = { start: end, end: end + word.length };
  if (text.charAt(start).toLowerCase() !== "b" || text.charAt(start + 1).toLowerCase() === "e")
    return looksLikeToken(word) ? found : undefined;
  const decoded = Buffer.from(word, "base64").toString("latin1");
  return /^[\x20-\x7e]{1,256}:[\x20-\x7e]{1,256}$/.test(decoded) && !isPlaceholder(decoded) ? found : undefined;
}

/** Every random-looking value of a Cookie or Set-Cookie header; the first is returned, the others follow from their own names. */
function findCookie(text: string, _start: number, end: number): Found | undefined {
  const pairs = /[^\s;=]{1,64}=([^\s;,"]{12,4096})/g;
  const line = text.slice(end, end + 4096).split(/\r?\n|cookie:/i, 1)[0] ?? "";
  let first: number | undefined;
  let last = 0;
  for (const match of line.matchAll(pairs)) {
    const value = match[1] ?? "";
    if (!looksLikeToken(decodeURIComponentSafely(value))) continue;
    const at = end + match.index + match[0].length - value.length;
    first ??= at;
    last = at + value.length;
  }
  return first === undefined ? undefined : { start: first, end: last };
}

function decodeURIComponentSafely(value: string): string {
  return value.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

/** A field and its value as two entries: `name: DB_PASSWORD`, `value: ...` (Kubernetes, task definitions, forms). */
function findNamedValue(text: string, _start: number, end: number): Found | undefined {
  const head = /["']?\s{0,4}[:=]\s{0,4}["']?([\w.-]{2,64})["']?\s{0,4},?\s{0,80}["']?value["']?\s{0,4}[:=]\s{0,4}/iy;
  head.lastIndex = end;
  const match = head.exec(text);
  const claim = match === null ? undefined : claimOf(match[1] ?? "");
  return claim === undefined ? undefined : judgeAt(text, head.lastIndex, claim);
}

/** The values below `data:` of a Kubernetes Secret are base64 of anything at all. */
function findKubernetes(text: string, start: number, end: number): Found | undefined {
  if (!/[\s"':]/.test(text.charAt(end))) return undefined;
  const entry = /["']?\s*:\s*\{?\s*(?:["']?[\w.-]{1,128}["']?\s*:\s*["']?[A-Za-z0-9+/]{4,8192}={0,2}["']?[ \t]*,?\s*){1,64}/y;
  entry.lastIndex = end;
  const block = entry.exec(text);
  if (block === null || !/["']?kind["']?\s*:\s*["']?Secret\b/.test(text.slice(Math.max(0, start - 2000), end + 2000))) return undefined;
  const values = [...block[0].matchAll(/:\s*["']?([A-Za-z0-9+/]{8,}={0,2})["']?/g)].filter(([, value]) => !isWordy(value ?? ""));
  const [first] = values;
  const last = values.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { start: end + first.index + first[0].search(/[A-Za-z0-9+/]/), end: end + last.index + last[0].replace(/["']$/, "").length };
}

/** Rules of this kind. */
export const ASSIGNMENTS: readonly Rule[] = [
  { id: "assigned-secret", rank: 2, keywords: NAME_PARTS, find: findValue },
  { id: "named-value", rank: 2, keywords: ["name", '"key"', "key:", "add key"], find: findNamedValue },
  { id: "authorization", rank: 1, keywords: ["bearer ", "basic ", "bearer%20"], find: findScheme },
  { id: "cookie", rank: 1, keywords: ["cookie:", "cookie: "], find: findCookie },
  { id: "kubernetes-secret", rank: 2, keywords: ["data"], find: findKubernetes },
];
