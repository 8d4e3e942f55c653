/** HTML in text: elements that load, run or submit become a word in brackets; all others stay as they are (generics and comments too). */
import { hostOf, isLocal, runsCode } from "./address.ts";
import type { Count } from "./markup.ts";

/** Elements that load or run by being there, those with content first. */
const WITH_CONTENT = /^(?:script|style|iframe|object|applet|noembed)$/;
const ALWAYS = /^(?:script|style|iframe|object|applet|noembed|frame|frameset|embed|base|portal)$/;
/** Elements whose address is loaded at once or with one click. */
const LOADERS = /^(?:img|image|video|audio|source|track|link|input|form|button|svg|use|feimage|body|table|td|bgsound|isindex)$/;
const ADDRESSES =
  /[\s"'/](?:src|srcset|poster|background|data|href|xlink:href|action|formaction|lowsrc|dynsrc|ping|manifest)\s{0,8}=\s{0,8}(?:"([^"]{0,2000})|'([^']{0,2000})|([^\s"'>]{0,2000}))/gi;
/** `onClick={` is JSX and runs nothing here. */
const HANDLER = /[\s/"']on[a-z]{3,20}\s{0,8}=\s{0,8}(?!\{)/i;
const LOADING_ATTRIBUTE = /\bhttp-equiv\b|\bsrcdoc\b|\bstyle\s{0,8}=[^>]{0,2000}?(?:url\s{0,8}\(|expression\s{0,8}\(|@import)/i;
/** A tag longer than this isn't read to its end. */
const LONGEST = 4000;
/** So many tags without an end are looked through; in a text with more, every further one counts as dangerous if its name does. */
const PATIENCE = 24;

/** Replaces the dangerous elements of a text. */
export function defuseTags(input: string, count: Count): string {
  const opener = /<(\/?)([a-z][a-z0-9:-]{0,20})(?=[\s/>"'])/gi;
  const closings = createClosings(input);
  const pieces: string[] = [];
  let from = 0;
  let patience = PATIENCE;
  for (let match = opener.exec(input); match !== null; match = opener.exec(input)) {
    const name = (match[2] ?? "").toLowerCase();
    const end = patience > 0 ? tagEnd(input, opener.lastIndex) : undefined;
    if (end === undefined) {
      patience--;
      if (!ALWAYS.test(name) && !LOADERS.test(name)) continue;
      count("active-element");
      pieces.push(input.slice(from, match.index), "(");
      from = match.index + 1;
      continue;
    }
    const verdict = judge(name, input.slice(opener.lastIndex, end));
    opener.lastIndex = end;
    if (verdict === undefined) continue;
    count(verdict.rule);
    const past = match[1] === "" && WITH_CONTENT.test(name) ? closings(name, end) : end;
    pieces.push(input.slice(from, match.index), verdict.word);
    from = past;
    opener.lastIndex = past;
  }
  pieces.push(input.slice(from));
  return pieces.join("");
}

/** The offset after the `>` that ends a tag; quoted ones don't (HTML 13.2.5.32 to 13.2.5.38). */
function tagEnd(text: string, start: number): number | undefined {
  let quote = "";
  const limit = Math.min(text.length, start + LONGEST);
  for (let at = start; at < limit; at++) {
    const letter = text.charAt(at);
    if (quote !== "") {
      if (letter === quote) quote = "";
    } else if (letter === ">") return at + 1;
    else if ((letter === '"' || letter === "'") && /[=\s]/.test(text.charAt(at - 1))) quote = letter;
  }
  return undefined;
}

function judge(name: string, attributes: string): { rule: string; word: string } | undefined {
  // Line ends and tabs inside an address don't count (URL standard 4.4); a set of images has several addresses.
  const addresses = [...attributes.matchAll(ADDRESSES)].flatMap(([, double, single, bare]) =>
    (double ?? single ?? bare ?? "")
      .replace(/[\t\r\n]/g, "")
      .trim()
      .split(/[\s,]+/),
  );
  const host = addresses.map(hostOf).find((found) => found !== "");
  const word = `(${name}${host === undefined ? "" : ` ${host}`})`;
  if (ALWAYS.test(name) || HANDLER.test(attributes) || LOADING_ATTRIBUTE.test(attributes) || addresses.some(runsCode)) {
    return { rule: "active-element", word };
  }
  return LOADERS.test(name) && addresses.some((address) => !isLocal(address)) ? { rule: "remote-element", word } : undefined;
}

/** Finds the end of an element with content; a name that isn't closed any more is asked for once. */
function createClosings(input: string): (name: string, from: number) => number {
  let lower: string | undefined;
  const absent = new Set<string>();
  return (name, from) => {
    if (absent.has(name)) return from;
    lower ??= input.toLowerCase();
    const closing = lower.indexOf(`</${name}`, from);
    if (closing === -1) absent.add(name);
    const end = closing === -1 ? -1 : lower.indexOf(">", closing);
    return end === -1 ? from : end + 1;
  };
}
