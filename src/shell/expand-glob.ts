/** Pathname expansion as bash does it without options (bash manual, 3.5.8), over names that the eyes give: what is expanded here is passed literally. */
/** A name in a directory, as far as expanding needs it. */
export interface GlobEntry {
  readonly name: string;
  readonly type: string;
}

/** Names in a directory, sorted; empty when there is none, null when it may not be told. */
export type ListNames = (directory: string) => readonly GlobEntry[] | null;

/** More names, or directories looked into, than this: nobody could look at them. */
const MOST = 1000;

type Token = { readonly literal: string } | "any" | "star" | { readonly accepts: (letter: string) => boolean };

/**
 * The names that stand for `pattern` (quoted characters behind a backslash) in the directory `cwd`: empty when nothing matches, null when it can't be
 * said (too many, a link that leads elsewhere, a name that can't be passed on, a character class by name).
 */
export function expandGlob(pattern: string, cwd: string, list: ListNames): readonly string[] | null {
  const parts = splitPattern(pattern);
  if (parts === null) return null;
  let found: string[] = [""];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const next = found.flatMap((prefix): (string | null)[] => {
      const literal = textOf(part);
      // `.`, `..`, the root, and a directory on the way to the first wildcard need no look.
      if (literal !== null && (!last || literal === "" || literal === "." || literal === ".."))
        return [last ? prefix + literal : `${prefix}${literal}/`];
      // Not normalized: `..` after a link is the link's own parent, as for the kernel.
      const directory = prefix.startsWith("/") ? prefix : `${cwd}/${prefix}`;
      const entries = list(directory);
      if (entries === null) return [null];
      return entries.flatMap(({ name, type }) => {
        if (!(literal === null ? matches(part, name) : literal === name)) return [];
        // eslint-disable-next-line no-control-regex -- exactly these can't be shown or passed on
        if (/[\u0000-\u001f\u007f\ufffd]/.test(name)) return [null];
        if (last) return [prefix + name];
        if (type === "link") return list(`${directory}/${name}`) === null ? [null] : [`${prefix}${name}/`];
        return type === "directory" ? [`${prefix}${name}/`] : [];
      });
    });
    if (next.length > MOST || next.includes(null)) return null;
    found = next as string[];
  }
  return found;
}

/** The parts between slashes; a slash can't be in a bracket expression. Null for what only a locale can say. */
function splitPattern(pattern: string): Token[][] | null {
  const parts = pattern.split(/\\?\//);
  const tokens = parts.map(readPart);
  return tokens.includes(null) ? null : (tokens as Token[][]);
}

function readPart(text: string): Token[] | null {
  const letters = Array.from(text);
  const tokens: Token[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] ?? "";
    if (letter === "\\") tokens.push({ literal: letters[++at] ?? "\\" });
    else if (letter === "*") tokens.push("star");
    else if (letter === "?") tokens.push("any");
    else if (letter === "[") {
      const read = readBracket(letters, at + 1);
      if (read === null) return null;
      if (read === undefined) tokens.push({ literal: letter });
      else {
        tokens.push({ accepts: read.accepts });
        at = read.end;
      }
    } else tokens.push({ literal: letter });
  }
  return tokens;
}

/** `[a-z]`, `[!x]`; undefined when it isn't closed and so stands for itself, null for `[:class:]` and its like. */
function readBracket(letters: readonly string[], from: number): { accepts: (letter: string) => boolean; end: number } | null | undefined {
  const negated = letters[from] === "!" || letters[from] === "^";
  const first = negated ? from + 1 : from;
  const ranges: [number, number][] = [];
  for (let at = first; at < letters.length; at++) {
    let letter = letters[at] ?? "";
    if (letter === "]" && at > first) {
      const accepts = (one: string): boolean => ranges.some(([low, high]) => low <= pointOf(one) && pointOf(one) <= high) !== negated;
      return { accepts, end: at };
    }
    if (letter === "[" && /[:.=]/.test(letters[at + 1] ?? "")) return null;
    if (letter === "\\") letter = letters[++at] ?? "";
    const low = pointOf(letter);
    if (letters[at + 1] === "-" && letters[at + 2] !== undefined && letters[at + 2] !== "]") {
      at += letters[at + 2] === "\\" ? 3 : 2;
      ranges.push([low, pointOf(letters[at] ?? "")]);
    } else ranges.push([low, low]);
  }
  return undefined;
}

function pointOf(letter: string): number {
  return letter.codePointAt(0) ?? -1;
}

/** The text of a part without wildcards, else null. */
function textOf(part: readonly Token[]): string | null {
  let text = "";
  for (const token of part) {
    if (typeof token === "string" || !("literal" in token)) return null;
    text += token.literal;
  }
  return text;
}

/** Wildcards against a name, in time of their product at most: only the last star is ever tried again. */
function matches(part: readonly Token[], name: string): boolean {
  const [head] = part;
  if (name.startsWith(".") && !(typeof head === "object" && "literal" in head && head.literal === ".")) return false;
  const letters = Array.from(name);
  let [at, token, star, from] = [0, 0, -1, 0];
  while (at < letters.length) {
    const wanted = part[token];
    if (wanted === "star") {
      star = token++;
      from = at;
    } else if (wanted !== undefined && accepts(wanted, letters[at] ?? "")) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++from;
    } else return false;
  }
  return part.slice(token).every((rest) => rest === "star");
}

function accepts(token: Exclude<Token, "star">, letter: string): boolean {
  if (token === "any") return true;
  return "literal" in token ? token.literal === letter : token.accepts(letter);
}
