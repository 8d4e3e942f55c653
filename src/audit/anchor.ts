/**
 * The anchor: an append-only file with every checkpoint, kept apart from the database (by default beside it, better on another machine's disk).
 * It finds what the database alone can't know: that it was cut, or swapped for an older copy that is true in itself.
 */
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { parseCheckpoint } from "./note.ts";

/** Appends a note; notes are separated by an empty line, since they can't hold two in a row after their signatures. */
export function appendAnchor(file: string, note: string): void {
  appendFileSync(file, `${note}\n`, { mode: 0o600, flush: true });
}

/** Longer than any note with two signatures. */
const TAIL_BYTES = 4096;

/** All notes of an anchor file, oldest first; none when there is no file. Throws an Error for one that isn't made of notes. */
export function readAnchor(file: string): readonly string[] {
  return existsSync(file) ? splitNotes(readFileSync(file, "utf8")) : [];
}

/** The last note of an anchor file, without reading all of it; undefined when there is none. */
export function lastAnchored(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const descriptor = openSync(file, "r");
  try {
    const tail = Buffer.alloc(TAIL_BYTES);
    const start = Math.max(0, fstatSync(descriptor).size - TAIL_BYTES);
    const text = tail.toString("utf8", 0, readSync(descriptor, tail, 0, TAIL_BYTES, start));
    // Cut off what may be the rest of a note: notes start after an empty line that follows a signature.
    return splitNotes(start === 0 ? text : text.slice(text.search(/(?<=\n— [^\n]*\n)\n/u) + 1)).at(-1);
  } finally {
    closeSync(descriptor);
  }
}

/** Splits a text into the notes it is made of: three lines or more, an empty line, signature lines; empty lines between them. */
function splitNotes(text: string): readonly string[] {
  const notes: string[] = [];
  const lines = text.split("\n");
  let start = 0;
  for (const [place, line] of lines.entries()) {
    if (!line.startsWith("— ") || lines[place + 1]?.startsWith("— ")) continue;
    const note = `${lines.slice(start, place + 1).join("\n")}\n`.replace(/^\n+/u, "");
    parseCheckpoint(note);
    notes.push(note);
    start = place + 1;
  }
  if (lines.slice(start).some((line) => line !== "")) throw new Error("the anchor ends in the middle of a note");
  return notes;
}
