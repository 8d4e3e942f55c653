/** Reads one word of a command: quotes, escapes, and the few unquoted characters that stay what they are. */
import { Stop } from "./line.ts";
import type { Token } from "./line.ts";

/** Simple escapes of `$'...'` (bash manual, 3.1.2.4) that the gate would let through as plain characters. */
const ANSI_C: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "?": "?",
};

/** The body of `$'...'` from just after its opening quote. An escape for a control character or one beyond ASCII makes a script. */
function readAnsiC(text: string, start: number): { value: string; end: number } {
  let value = "";
  let at = start;
  for (;;) {
    const c = text[at];
    if (c === undefined) throw new Stop("refused", "a quote without its end");
    if (c === "'") return { value, end: at + 1 };
    if (c !== "\\") {
      value += c;
      at++;
      continue;
    }
    const numeric = /^\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8}))/.exec(text.slice(at, at + 10));
    if (numeric !== null) {
      const code = numeric[2] === undefined ? parseInt(numeric[1] ?? numeric[3] ?? numeric[4] ?? "", 16) : parseInt(numeric[2], 8);
      // Bytes above 127 depend on the locale, NUL ends the string.
      if (code !== 9 && code !== 10 && !(code >= 32 && code < 127))
        throw new Stop("script", "an escape in `$'...'` that is not plain ASCII");
      value += String.fromCodePoint(code);
      at += numeric[0].length;
      continue;
    }
    const simple = ANSI_C[text[at + 1] ?? ""];
    if (simple === undefined) throw new Stop("script", "an unusual escape in `$'...'`");
    value += simple;
    at += 2;
  }
}

/** The text inside a pair of double quotes, from just after the opening one. `status`: it holds `$?`. */
function readDoubleQuoted(text: string, start: number): { value: string; end: number; status: boolean } {
  let value = "";
  let status = false;
  let at = start;
  for (;;) {
    const c = text[at];
    if (c === undefined) throw new Stop("refused", "a quote without its end");
    if (c === '"') return { value, end: at + 1, status };
    if (c === "`") throw new Stop("script", "a command substitution");
    if (c === "$") {
      const next = text[at + 1] ?? "";
      if (next === "?") {
        status = true;
        value += "$?";
        at += 2;
        continue;
      }
      if (/[A-Za-z0-9_{([*@#!$\-'"\\]/.test(next)) {
        // A dollar before the closing quote is itself; every other of these begins an expansion.
        if (next !== '"') throw new Stop("script", next === "(" ? "a command substitution" : "an expansion");
      }
      value += c;
      at++;
    } else if (c === "\\") {
      const next = text[at + 1];
      if (next === undefined) throw new Stop("refused", "a quote without its end");
      if (next === "\n") at += 2;
      else if (next === "$" || next === "`" || next === '"' || next === "\\") {
        value += next;
        at += 2;
      } else {
        value += c;
        at++;
      }
    } else {
      value += c;
      at++;
    }
  }
}

/** Escapes what a glob would read, for the quoted stretches of a word with a live glob. */
function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]!^-]/g, "\\$&");
}

/**
 * The word that begins at `start` and ends before a blank or an operator; `end === start` when there is none.
 * Throws Stop at every expansion.
 */
export function readWord(text: string, start: number, posix: boolean): { token: Token; end: number } {
  let value = "";
  let pattern = "";
  let live = false;
  let bracket = false;
  let braces = false;
  let status = false;
  let at = start;
  for (;;) {
    const c = text[at];
    if (c === undefined || c === " " || c === "\t" || c === "\n" || c === ";" || c === "|" || c === "&" || c === "<" || c === ">") break;
    if (c === "(" || c === ")") {
      if (at === start) break;
      throw new Stop("script", "parentheses");
    }
    let piece: string;
    if (c === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw new Stop("refused", "a quote without its end");
      piece = text.slice(at + 1, end);
      pattern += escapeGlob(piece);
      at = end + 1;
    } else if (c === '"') {
      const read = readDoubleQuoted(text, at + 1);
      piece = read.value;
      pattern += escapeGlob(piece);
      status ||= read.status;
      at = read.end;
    } else if (c === "\\") {
      const next = text[at + 1];
      if (next === undefined) throw new Stop("refused", "a backslash at the end");
      if (next === "\n") throw new Stop("script", "a line continuation inside a word");
      piece = next;
      pattern += escapeGlob(piece);
      at += 2;
    } else if (c === "$") {
      const next = text[at + 1];
      if (next === "'" && !posix) {
        const read = readAnsiC(text, at + 2);
        piece = read.value;
        pattern += escapeGlob(piece);
        at = read.end;
      } else if (next === "?") {
        piece = "$?";
        status = true;
        at += 2;
      } else throw new Stop("script", next === "(" ? "a command substitution" : "an expansion");
    } else if (c === "`") throw new Stop("script", "a command substitution");
    else {
      if (c === "~" && at > start && /[=:~]/.test(text[at - 1] ?? "")) throw new Stop("script", "a tilde inside a word");
      if (c === "*" || c === "?" || (c === "]" && bracket)) live = true;
      if (c === "[") bracket = true;
      if (c === "{") braces = true;
      if (braces && (c === "," || (c === "." && text[at + 1] === "."))) throw new Stop("script", "a brace expansion");
      piece = c;
      pattern += c;
      at++;
    }
    value += piece;
  }
  // `~user`, `~+`, and a tilde before a quote, which bash leaves alone.
  if (text[start] === "~" && at > start + 1 && text[start + 1] !== "/") throw new Stop("script", "a tilde that names something else");
  if (text[start] === "~" && live) throw new Stop("script", "a tilde beside a glob");
  // A quoted `$?` beside a live one could not be told apart when the word is printed again.
  if (status && (live || /['\\]/.test(text.slice(start, at)))) throw new Stop("script", "`$?` beside other quoting");
  const token: Token = {
    text: value,
    ...(live ? { glob: pattern } : {}),
    ...(text[start] === "~" ? { tilde: true as const } : {}),
    ...(status ? { status: true as const } : {}),
  };
  return { token, end: at };
}
