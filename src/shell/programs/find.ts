/** `find` (findutils 4.9): an expression language with its own actions. */
import type { Program } from "../program.ts";
import type { Word } from "../../types.ts";
import type { View } from "../view.ts";

const PLAIN = new Set(
  "-empty -true -false -print -print0 -ls -prune -quit -depth -d -mount -xdev -noleaf -follow -daystart -executable -readable -writable -nouser -nogroup -not -a -o -and -or -warn -nowarn -ignore_readdir_race -noignore_readdir_race -help --help -version --version ( ) ! ,".split(
    " ",
  ),
);
const WITH_TEXT = new Set(
  "-name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -type -xtype -size -mtime -mmin -atime -amin -ctime -cmin -maxdepth -mindepth -perm -user -group -uid -gid -links -inum -fstype -used -lname -ilname -printf -context".split(
    " ",
  ),
);
const RUNS = new Set(["-exec", "-execdir", "-ok", "-okdir"]);

/** Most words that stand in for names which are found while a command runs. */
const MOST_STAND_INS = 200;

/**
 * The words a command gets for names found below `starts`: a word that is `name` alone stands for them, and the starts stand in for all
 * that is below them. Not known: a name made of `name` and more, a program name, and all of them when there are too many.
 */
export function standIn(words: readonly Word[], name: string, starts: readonly Word[]): Word[] {
  const uses = words.filter((word) => word === name).length;
  const known = uses * starts.length <= MOST_STAND_INS;
  return words.flatMap((word, index) => (word === name && index > 0 && known ? [...starts] : [word?.includes(name) ? null : word]));
}

function examine(view: View): void {
  const { words } = view;
  let at = 1;
  const starts: Word[] = [];
  for (; at < words.length; at++) {
    const word = words[at] ?? null;
    if (word === "-H" || word === "-L" || word === "-P" || /^-O[0-3]$/.test(word ?? "")) view.seen.push({ name: word, word: at });
    else if (word !== null && /^[-(!,)]/.test(word)) break;
    else starts.push(word);
  }
  if (starts.length === 0) starts.push(".");
  for (const path of starts) view.paths.push({ op: "list", path });
  while (at < words.length) {
    const word = words[at] ?? null;
    const next = words[at + 1] ?? null;
    if (word === null) view.hazards.push({ word: at, reason: "not known before it runs" });
    if (word?.startsWith("-")) view.seen.push({ name: word, word: at });
    if (word === null || PLAIN.has(word)) at++;
    else if (WITH_TEXT.has(word) || /^-newer[aBcm]t$/.test(word)) at += 2;
    else if (/^-([ac]?newer|samefile|newer[aBcm][aBcm])$/.test(word)) {
      view.paths.push({ op: "list", path: next });
      at += 2;
    } else if (word === "-fprint" || word === "-fprint0" || word === "-fls" || word === "-fprintf") {
      view.paths.push({ op: "write", path: next });
      at += word === "-fprintf" ? 3 : 2;
    } else if (word === "-delete") {
      for (const path of starts) view.paths.push({ op: "delete", path });
      at++;
    } else if (RUNS.has(word)) {
      const end = words.findIndex((other, index) => index > at && (other === ";" || (other === "+" && words[index - 1] === "{}")));
      const last = end < 0 ? words.length : end;
      // `{} +` gives many names at once, so a program that treats its last one otherwise sees more than one.
      const many = words[last] === "+" ? [...starts, ...starts] : starts;
      const inner = standIn(words.slice(at + 1, last), "{}", word.endsWith("dir") ? [null] : many);
      view.inner.push({ words: inner, at: at + 1, ownInput: true, ...(word.endsWith("dir") ? { base: null } : {}) });
      at = last + 1;
    } else {
      view.hazards.push({ word: at, reason: `\`${word}\` is not a test or action we know` });
      at++;
    }
  }
}

export const find: Program = { set: "read-basic", singleDash: true, optionsFirst: true, examine };

/** Below which paths does this command list names, each ended by NUL and none beginning with a dash? `null` when it does anything else. */
export function listsBelow(words: readonly Word[]): readonly Word[] | null {
  if (words[0] !== "find" || !words.includes("-print0")) return null;
  if (words.some((word) => word === null || /^-(f?printf?|fprint0|ls|fls|files0-from|exec|execdir|ok|okdir|D)$/.test(word))) return null;
  const end = words.findIndex((word, index) => index > 0 && /^[-(!,)]/.test(word ?? ""));
  const starts = words.slice(1, end < 0 ? words.length : end);
  return starts.length === 0 ? ["."] : starts;
}
