/**
 * Is a value random, as issued secrets are, or was it written by a person? Names, placeholders and references stay; only what looks
 * issued or chosen as a secret goes. Entropy alone can't tell a path from a token, so words are looked for as well.
 */

/** Said in documentation in place of a secret. */
const PLACEHOLDER = /your|example|placeholder|change.?me|replace|redact|dummy|sample|insert|fixme|foo.?bar|\*{3}|\.{3}|…|0{8}|abcdefghij/i;

const FILLER = /x{4}|X{4}/;

/** Nothing but a keyboard's or a joker's sequence. */
const SEQUENCE =
  /^(?:0?123456789?\d*|abcd?e?f?g?h?\d*|qwerty\w*|deadbeef\w*|cafebabe\w*|letmein\w*|pass(?:w(?:or)?d)?\d*[!.]?|secret\d*|test\d*)$/i;

/** Not a value but a way to get one: `${VAR}`, `{{ var }}`, `<name>`, `%VAR%`, `$VAR`, `@param@`, `!Ref`, `*anchor`, calls and subscripts. */
const REFERENCE =
  /^\$[A-Za-z_{(]|^[<{([]|^%[\w.]+%$|^%[sdv]$|^@\w+@$|^!(?:ref|sub|getatt|vault|env|reference)\b|^[&*][a-z_]+$|^[\w.]+\(|\$\{|\{\{|<[a-z_ -]+>|[[(]$/i;

/** Digests and dates: long and random, and no secret. */
const PUBLIC = /^(?:sha\d+|md5|blake\w+|h1)[-:]|^\d{4}-\d\d-\d\dT|^0x[0-9a-f]{40}$|^GA\d\.\d\.|^\$(?:2[aby]|argon2\w*|5|6|y)\$/i;

/** An identifier: code names what it holds, values don't. */
const NAMED = /(?:key|token|secret|password|passphrase|credential|auth)s?(?:_?\d)?$/i;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Bits per character (Shannon); 4.7 is the most that 26 letters can have. */
function entropy(text: string): number {
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

/** The letters that follow a letter in English words and identifiers: the 309 of 676 pairs that make up most (96.5 in 100) of 8,600 words of technical text. */
const FOLLOWERS =
  "a:abcdefgiklmnprstuvwxy b:acdeilorsuy c:acdefhiklmorstuy d:abcdefilorsu e:abcdefgilmnopqrstuvwxy f:aefilorstuy g:aeghilnoprsu h:aeiortu i:abcdefglmnoprstvxz " +
  "j:aeos k:aeis l:acdefilopstuy m:abeilmopsu n:acdefgiklnopstuvy o:abcdfgiklmnoprstuvw p:acdehiloprstuy q:u r:abcdefgiklmnoprstuvy " +
  "s:acdefhiklmnopstuy t:acdefhilmoprstuy u:abcdefgilmnprst v:aeio w:aehinors x:ceipt y:aeilmnpst z:aei";

let pairs: ReadonlySet<string> | undefined;

/** The pairs as a set, made on first use. */
function commonPairs(): ReadonlySet<string> {
  pairs ??= new Set(FOLLOWERS.split(" ").flatMap((row) => Array.from(row.slice(2), (next) => row.charAt(0) + next)));
  return pairs;
}

/** Could this run of letters be a word? It has a vowel, and at most one pair in six letters is a rare one. */
function isSpelled(run: string): boolean {
  const letters = run.toLowerCase();
  let rare = 0;
  for (let at = 1; at < letters.length; at++) if (!commonPairs().has(letters.slice(at - 1, at + 1))) rare++;
  return rare <= Math.floor(letters.length / 6) && /[aeiouy]/.test(letters);
}

/** True if most of it is made of words, as names, paths and sentences are. */
export function isWordy(text: string): boolean {
  let spelled = 0;
  let separators = 0;
  for (const [run] of text.matchAll(/[A-Z]{3,}(?![a-z])|[A-Z]?[a-z]{2,}|[-_./: ]/g)) {
    if (run.length === 1) separators++;
    else if (isSpelled(run)) spelled += run.length;
  }
  return spelled + separators >= 0.65 * text.length || isIdentifier(text);
}

/** `x86_cpu_index_1`, `zod_v4.string`: three parts or more, or two in lower case, each a word with a small number at most. */
function isIdentifier(text: string): boolean {
  return /^(?:[a-z]{2,14}\d?[_.-])+[a-z]{2,14}$|^(?:[A-Za-z][a-z]{1,14}\d{0,2}[_.-]|[A-Z]{2,10}\d{0,2}[_.-]|[a-z]\d{0,2}[_.-]|\d{1,3}[_.-]){2,}(?:[A-Za-z][a-z]{1,14}\d{0,2}|\d{1,3})$/.test(
    text,
  );
}

/** True for what documentation and code put where a secret would be. */
export function isPlaceholder(value: string): boolean {
  return (
    PLACEHOLDER.test(value) ||
    FILLER.test(value) ||
    SEQUENCE.test(value) ||
    REFERENCE.test(value) ||
    NAMED.test(value) ||
    new Set(value).size < 4
  );
}

/** Judges what follows a vendor's own prefix: the prefix is evidence already, so only fillers and words are turned down. */
export function looksIssued(whole: string): boolean {
  // The beginning tells, and a text of beginnings alone stays cheap.
  const body = whole.slice(0, 160);
  if (new Set(body).size < Math.min(8, body.length / 2.5)) return false;
  if (PLACEHOLDER.test(body) || FILLER.test(body)) return false;
  // Upper case and digits alone, as in AWS key ids, spell words by chance.
  if (/^[A-Z0-9]+$/.test(body)) return /\d/.test(body) || !isWordy(body);
  return (/\d/.test(body) || /[a-z][A-Z]/.test(body)) && !isWordy(body);
}

/** Judges the value of something called a token or key: at least 16 characters and random, or 12 of three kinds. */
export function looksLikeToken(value: string): boolean {
  if (value.length < 12 || value.length > 8192 || /\s/.test(value) || isPlaceholder(value) || PUBLIC.test(value)) return false;
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
