/** Text inside text: percent, JSON, string-literal and HTML escapes, and base64. Secrets are looked for in what they spell. */

/** Text with its escapes resolved, and where each place of it came from. */
interface Plain {
  readonly text: string;
  origin(offset: number): number;
}

/** Only printable ASCII matters: no token has other characters. */
const ESCAPE =
  /%([2-7][0-9a-f])|\\+u00([2-7][0-9a-f])|\\+u\{([2-7][0-9a-f])\}|\\+x([2-7][0-9a-f])|&#x0*([2-7][0-9a-f]);|&#0*(\d{2,3});|(?<!=)=\r?\n/gi;

/** So much text around an escape is read with it. */
const AROUND = 300;

/** Calls back with every stretch that has escapes of printable ASCII, resolved. Text without escapes, which is most, is not looked at again. */
export function eachEscaped(text: string, found: (plain: Plain) => void): void {
  if (text.search(ESCAPE) === -1) return;
  let group: RegExpExecArray[] = [];
  const flush = (): void => {
    const [first] = group;
    const last = group.at(-1);
    if (first === undefined || last === undefined) return;
    found(resolve(text, group, Math.max(0, first.index - AROUND), Math.min(text.length, last.index + last[0].length + AROUND)));
    group = [];
  };
  for (const match of text.matchAll(ESCAPE)) {
    const last = group.at(-1);
    if (last !== undefined && match.index - last.index > 2 * AROUND) flush();
    group.push(match);
  }
  flush();
}

/** The text of [start, end) with these escapes resolved. */
function resolve(text: string, escapes: readonly RegExpExecArray[], start: number, end: number): Plain {
  // Parallel lists: from plain offset `starts[n]` on, the origin is `shifts[n]` further.
  const starts = [0];
  const shifts = [start];
  const pieces: string[] = [];
  let length = 0;
  let from = start;
  for (const match of escapes) {
    const hex = match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5];
    const code = hex === undefined ? Number(match[6] ?? Number.NaN) : Number.parseInt(hex, 16);
    const letter = Number.isNaN(code) ? "" : String.fromCharCode(code);
    if (letter !== "" && (code < 0x20 || code > 0x7e)) continue;
    pieces.push(text.slice(from, match.index), letter);
    length += match.index - from + letter.length;
    from = match.index + match[0].length;
    starts.push(length);
    shifts.push(from - length);
  }
  pieces.push(text.slice(from, end));
  return { text: pieces.join(""), origin: (offset) => offset + (shifts[lastAtMost(starts, offset)] ?? 0) };
}

/** The last index whose value is at most `limit`; the list is sorted. */
function lastAtMost(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Cyrillic letters and the Latin ones they can't be told from (UTS 39). */
const TWINS = new Map(Array.from("АВЕЅІЈКМНОРСТХҮасеѕіјорхуԁһ", (letter, at) => [letter, "ABESIJKMHOPCTXYacesijopxydh".charAt(at)]));

/** The text with full-width and Cyrillic twins as ASCII, offsets unchanged; undefined where none stands by ASCII. */
export function asciiTwins(text: string): string | undefined {
  if (!/[\uff01-\uff5e]{4}|[\x21-\x7e][\u0400-\u052f]|[\u0400-\u052f][\x21-\x7e]/.test(text)) return undefined;
  return text
    .replace(/[\uff01-\uff5e]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0))
    .replace(/[\u0400-\u052f]/g, (letter) => TWINS.get(letter) ?? letter);
}

/** Shorter runs can't hold a token. */
const LEAST = 32;
/** Longer ones are media; their first part says whether they are text. */
const MOST = 65_536;

const BASE64 = new Uint8Array(128);
for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") BASE64[letter.charCodeAt(0)] = 1;

/** Calls back with every run of base64 whose content is text. Looks at every 32nd character first, so that prose costs next to nothing. */
export function eachBase64(text: string, found: (start: number, end: number, decoded: string) => void): void {
  for (let at = LEAST - 1; at < text.length; at += LEAST) {
    if (BASE64[text.charCodeAt(at)] !== 1) continue;
    let start = at;
    while (start > 0 && at - start < LEAST && BASE64[text.charCodeAt(start - 1)] === 1) start--;
    let end = at + 1;
    while (end < text.length && end - start < MOST && BASE64[text.charCodeAt(end)] === 1) end++;
    if (end - start >= LEAST) {
      const decoded = textOf(text.slice(start, end));
      if (decoded !== undefined) {
        while (end < text.length && text.charAt(end) === "=") end++;
        found(start, end, decoded);
      }
      at = end - 1;
    }
  }
}

/** What base64 spells, if that is text: the beginning has to be printable. */
function textOf(run: string): string | undefined {
  const head = Buffer.from(run.slice(0, 64), "base64").toString("latin1");
  if (!/^[\t\n\r\x20-\x7e]{24,}/.test(head)) return undefined;
  return Buffer.from(run, "base64").toString("latin1");
}
