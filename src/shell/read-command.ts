/** One command with known words: its resources, and those of every command inside it. */
import type { Word } from "../types.ts";
import { addCommand, addOpaque, addPath, resolveWord } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { Stop } from "./line.ts";
import { findProgram } from "./programs/index.ts";
import { readProgram } from "./read-program.ts";
import type { InnerText } from "./view.ts";

/** Wrappers inside wrappers, shell texts included. */
const DEEPEST = 6;

export interface Place {
  readonly cwd: string | null;
  readonly wrappers: readonly string[];
  /** Does something feed standard input? */
  readonly fed: boolean;
  /** Paths below which the command before it in the pipeline lists names, each ended by NUL. */
  readonly feed: readonly Word[] | null;
  readonly depth: number;
}

/** Words of the outermost command that the printer treats specially, found while unwrapping. */
export interface Marks {
  readonly programs: Set<number>;
  readonly texts: Map<number, { readonly text: InnerText; readonly place: Place }>;
}

/**
 * Adds a command and all inside it to the findings.
 * `offset`: where `words` begin in the outermost command, or null when they are not a stretch of it.
 */
export function readCommand(findings: Findings, words: readonly Word[], place: Place, marks: Marks, offset: number | null): void {
  const name = words[0] ?? null;
  if (name !== null && /[^\x20-\x7e]/.test(name)) throw new Stop("refused", "a program name with characters outside plain ASCII");
  if (place.depth > DEEPEST) {
    addOpaque(findings, "commands inside commands, too deep");
    return;
  }
  const table = name === null ? undefined : findProgram(name);
  const view = table === undefined ? null : readProgram(words, table, place.feed);
  addCommand(findings, words, place.cwd, place.wrappers, view);
  if (name?.includes("/")) addPath(findings, { op: "read", path: name }, place.cwd, undefined);
  if (view === null || name === null) return;
  if (view.input && !place.fed) addOpaque(findings, `\`${name}\` would wait for input that nothing gives: name a file`);
  const wrappers = [...place.wrappers, name.replace(/^.*\//, "")];
  for (const inner of view.inner) {
    const base = inner.base === undefined ? view.base : inner.base;
    const cwd = base === undefined ? place.cwd : resolveWord(findings, base, place.cwd);
    const isStretch = inner.at !== undefined && offset !== null && inner.words.length === words.length - inner.at;
    if (inner.at !== undefined && offset !== null && inner.words[0] === words[inner.at]) marks.programs.add(offset + inner.at);
    const next = { cwd, wrappers, fed: place.fed || inner.ownInput === true, feed: null, depth: place.depth + 1 };
    readCommand(findings, inner.words, next, marks, isStretch && inner.at !== undefined ? (offset ?? 0) + inner.at : null);
  }
  for (const text of view.texts) {
    if (offset === null) addOpaque(findings, "a shell text inside find or xargs");
    else
      marks.texts.set(offset + text.word, {
        text: { ...text, word: offset + text.word },
        place: { ...place, wrappers, depth: place.depth + 1 },
      });
  }
}
