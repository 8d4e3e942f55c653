/** What the name of a variable, field, option or header says about its value. */

/** `password`: people choose it. `token`: it was issued, so it is long and random. `key`: only a strong one, the name alone proves little. */
export type Claim = "password" | "token" | "key";

const PASSWORDS =
  /(?:password|passwd|passphrase|passwrd|passcode|pwd|secret|credentials?|creds?|(?:store|key|db|user|root|smtp|ftp|my|admin|login|mail|redis|sudo)pass)$/;
const TOKENS =
  /(?:token|apikey|jwt|bearer|accesskey|secretkey|privatekey|authkey|signingkey|encryptionkey|accountkey|sharedkey|masterkey)$/;

/** Words before `key` that make it a secret one. */
const KEY_OWNERS = new Set(
  (
    "api app application secret access private priv auth encryption encrypt enc decryption signing sign master account shared admin client license " +
    "webhook hmac jwt crypto cipher root deploy bot ssh aes integration ingest server subscription consumer session service storage relic security"
  ).split(" "),
);
/** Words before `key` or `token` that make it none: names of rows, caches, pages and things meant to be seen. */
const PUBLIC_OWNERS = new Set(
  (
    "public pub primary foreign partition sort cache index hash row object idempotency dedup map lookup translation react hot candidate natural " +
    "surrogate composite query group unique bucket routing registry site publishable page next prev previous continuation sync cursor pagination " +
    "start resume cancel cancellation csrf xsrf csp design eos bos pad mask stop special color theme no without has is use max min num total count"
  ).split(" "),
);
/** Words after the telling one that change nothing. */
const TRAILERS =
  /^(?:\d+|base|value|val|prod|production|dev|development|staging|stage|live|b64|base64|hex|plain|plaintext|raw|str|env|default|old|new|v\d+|data|enc|encrypted|main|secondary|local)$/;

const cache = new Map<string, Claim | undefined>();

/** What the name claims; undefined for a name that promises no secret (`token_count`, `public_key`, `next_page_token`). */
export function claimOf(name: string): Claim | undefined {
  if (cache.has(name)) return cache.get(name);
  const claim = judge(name);
  // Names come from untrusted text: the memory stays bounded.
  if (cache.size > 2000) cache.clear();
  cache.set(name, claim);
  return claim;
}

function judge(name: string): Claim | undefined {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");
  while (words.length > 1 && TRAILERS.test(words.at(-1) ?? "")) words.pop();
  const last = (words.at(-1) ?? "").replace(/\d+$/, "");
  const owner = words.at(-2) ?? "";
  if (words.some((word) => word === "public" || word === "publishable")) return undefined;
  if (PASSWORDS.test(last)) return "password";
  if (last === "pass" || (last === "phrase" && owner === "pass")) return "password";
  if (PUBLIC_OWNERS.has(owner)) return undefined;
  if (TOKENS.test(last)) return /(?:page|next|continuation|sync|cancel|cursor|csrf|xsrf)token$/.test(last) ? undefined : "token";
  if (last === "auth" || last === "pat" || last === "authorization" || (last === "word" && owner === "pass")) return "token";
  if (/^(?:phpsessid|jsessionid|sessionid|sid|connect\.sid)$/i.test(name)) return "token";
  if (last !== "key") return undefined;
  return KEY_OWNERS.has(owner) ? "token" : words.length > 1 ? "key" : undefined;
}
