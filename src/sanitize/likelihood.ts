/**
 * Is a value random, as issued secrets are, or was it written by a person? Names, placeholders and references stay; only what looks
 * issued or chosen as a secret goes. Entropy alone can't tell a path from a token, so words are looked for as well.
 */

/** Said in documentation in place of a secret. */
const PLACEHOLDER =
  /your|example|placeholder|change.?me|replace|redact|dummy|sample|insert|fixme|foo.?bar|x{4}|\*{3}|\.{3}|…|0{8}|abcdefghij/i;

/** Nothing but a keyboard's or a joker's sequence. */
const SEQUENCE =
  /^(?:0?123456789?\d*|abcd?e?f?g?h?\d*|qwerty\w*|deadbeef\w*|cafebabe\w*|letmein\w*|pass(?:w(?:or)?d)?\d*[!.]?|secret\d*|test\d*)$/i;

/** Not a value but a way to get one: `${VAR}`, `{{ var }}`, `<name>`, `%VAR%`, `$VAR`, `@param@`, `!Ref`, `*anchor`, calls and subscripts. */
const REFERENCE =
  /^\$[A-Za-z_{(]|^[<{([]|^%[\w.]+%?$|^@\w+@$|^!(?:ref|sub|getatt|vault|env|reference)\b|^[&*][a-z]\w*$|^[\w.]+\(|\$\{|\{\{|<[a-z_ -]+>|[[(]$/i;

/** Digests and dates: long and random, and no secret. */
const PUBLIC = /^(?:sha\d+|md5|blake\w+|h1)[-:]|^\d{4}-\d\d-\d\dT|^0x[0-9a-f]{40}$|^\$(?:2[aby]|argon2\w*|5|6|y)\$/i;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Bits per character (Shannon); 4.7 is the most that 26 letters can have. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** How many of lower case, upper case, digits and anything else occur. */
function kinds(text: string): number {
  return +/[a-z]/.test(text) + +/[A-Z]/.test(text) + +/\d/.test(text) + +/[^A-Za-z0-9]/.test(text);
}

/** True if most of it is made of pronounceable words, as names, paths and sentences are. */
export function isWordy(text: string): boolean {
  let spelled = 0;
  let separators = 0;
  for (const [run] of text.matchAll(/[A-Z]{3,}(?![a-z])|[A-Z]?[a-z]{2,}|[-_./: ]/g)) {
    if (run.length === 1) separators++;
    else if (/[aeiou]/i.test(run) && !/[^aeiouy]{5}/i.test(run)) spelled += run.length;
  }
  return spelled + separators >= 0.62 * text.length;
}

/** True for what documentation and code put where a secret would be. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value) || SEQUENCE.test(value) || REFERENCE.test(value) || new Set(value).size < 4;
}

/** Judges what follows a vendor's own prefix: the prefix is evidence already, so only fillers and words are turned down. */
export function looksIssued(body: string): boolean {
  if (new Set(body).size < Math.min(8, body.length / 2.5)) return false;
  if (PLACEHOLDER.test(body)) return false;
  // Upper case and digits alone, as in AWS key ids, spell words by chance.
  if (/^[A-Z0-9]+$/.test(body)) return /\d/.test(body);
  return (/\d/.test(body) || /[a-z][A-Z]/.test(body)) && !isWordy(body);
}

/** Judges the value of something called a token or key: at least 16 characters and random, or 12 of three kinds. */
export function looksLikeToken(value: string): boolean {
  if (value.length < 12 || value.length > 8192 || isPlaceholder(value) || PUBLIC.test(value)) return false;
  if (UUID.test(value)) return true;
  if (isWordy(value) || value.includes("://") || /^\d+$/.test(value)) return false;
  if (value.length < 16) return kinds(value) >= 3 && /\d/.test(value);
  return entropy(value) >= (/^[0-9a-f]+$/i.test(value) ? 2.7 : 3) && kinds(value) >= 2;
}

/** Judges the value of something called a password: people choose shorter ones, so 8 characters of three kinds do. */
export function looksLikePassword(value: string): boolean {
  if (looksLikeToken(value)) return true;
  if (value.length < 8 || value.length > 200 || isPlaceholder(value) || PUBLIC.test(value)) return false;
  if (/\s|:\/\/|^[./~]/.test(value) || isWordy(value)) return false;
  return kinds(value) >= 3 && /\d/.test(value);
}
