/** Applying replacements to text: line ends and byte order mark of the file stay, and what is ambiguous is an error. Pure. */
import type { ChangedRegion, Edit } from "../types.ts";
import { Refusal } from "../types.ts";
import { findLoosely } from "./loose-match.ts";

/** A place in the text and what goes there. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const EDITS = 1000;

/** Text of bytes that are valid UTF-8, with its byte order mark. Editing anything else would destroy it, so it is refused. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new Refusal(
      "INVALID_INPUT",
      "the file is not valid UTF-8 text",
      "edit it with a program that knows its format, or write it whole",
      error,
    );
  }
}

/** See `TextWork.applyEdits`. */
export function applyEdits(text: string, edits: readonly Edit[]): { readonly text: string; readonly regions: readonly ChangedRegion[] } {
  if (edits.length === 0) throw new Refusal("INVALID_INPUT", "there are no edits", "give at least one edit");
  if (edits.length > EDITS) throw new Refusal("INVALID_INPUT", `there are more than ${EDITS} edits`, "make several calls");
  const crlf = usesCrlf(text);
  let now = text;
  let regions: readonly ChangedRegion[] = [];
  for (const [index, edit] of edits.entries()) {
    const replacements = find(now, edit, index + 1, crlf);
    regions = extend(regions, replacements);
    now = replaceAll(now, replacements);
  }
  return { text: now, regions };
}

/** Does the text end its lines with CRLF? The first line end says; a mixed file keeps what it has everywhere else. */
function usesCrlf(text: string): boolean {
  const newline = text.indexOf("\n");
  return newline > 0 && text[newline - 1] === "\r";
}

function find(text: string, edit: Edit, number: number, crlf: boolean): readonly Replacement[] {
  if (edit.oldText === "") throw new Refusal("INVALID_INPUT", `edit ${number}: oldText is empty`, "give the text that is to be replaced");
  const newText = withLineEnds(edit.newText, text, crlf);
  const places = occurrences(text, edit.oldText);
  if (places.length === 1 || (edit.replaceAll === true && places.length > 0))
    return places.map(([start, end]) => ({ start, end, text: newText }));
  if (places.length > 1) {
    throw new Refusal(
      "INVALID_INPUT",
      `edit ${number}: oldText was found ${places.length} times`,
      "add lines around it until it is found once, or set replaceAll",
    );
  }
  const loose = findLoosely(text, edit);
  if (loose.length === 1) return loose.map((place) => ({ ...place, text: withLineEnds(place.text, text, crlf) }));
  if (loose.length > 1) {
    throw new Refusal(
      "INVALID_INPUT",
      `edit ${number}: oldText was found ${loose.length} times with other indentation`,
      "copy it exactly as the file has it",
    );
  }
  throw new Refusal("INVALID_INPUT", `edit ${number}: oldText was not found`, "read the file again and copy the text exactly");
}

/** A text without line ends (a single line) takes what it is given. */
function withLineEnds(text: string, file: string, crlf: boolean): string {
  if (!file.includes("\n")) return text;
  const plain = text.replaceAll("\r\n", "\n");
  return crlf ? plain.replaceAll("\n", "\r\n") : plain;
}

/** Where `wanted` occurs, without overlaps; a line end in it is met by LF and by CRLF. */
function occurrences(text: string, wanted: string): readonly (readonly [start: number, end: number])[] {
  const found: (readonly [number, number])[] = [];
  if (!wanted.includes("\n")) {
    for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) found.push([at, at + wanted.length]);
    return found;
  }
  const lines = wanted.split(/\r?\n/).map((line) => line.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  // Not the CR of a CRLF alone: a text that begins with a line end begins before the CR.
  for (const match of text.matchAll(new RegExp(lines.join("\r?\n"), "g"))) found.push([match.index, match.index + match[0].length]);
  return found;
}

function replaceAll(text: string, replacements: readonly Replacement[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const replacement of replacements) {
    parts.push(text.slice(at, replacement.start), replacement.text);
    at = replacement.end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}

/**
 * Joins the regions between the oldest text and this one with the replacements that make the next: both are intervals of this text, and
 * those that touch become one. `grown` is what the regions before a place added to the oldest text, `shift` what the replacements add.
 */
function extend(regions: readonly ChangedRegion[], replacements: readonly Replacement[]): readonly ChangedRegion[] {
  const intervals = [
    ...regions.map((region) => ({
      start: region.newStart,
      end: region.newEnd,
      grown: region.newEnd - region.newStart - (region.end - region.start),
      shift: 0,
    })),
    ...replacements.map(({ start, end, text }) => ({ start, end, grown: 0, shift: text.length - (end - start) })),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
  const result: ChangedRegion[] = [];
  let grown = 0;
  let shift = 0;
  for (let next = 0; next < intervals.length;) {
    const { start } = intervals[next] ?? { start: 0 };
    let end = start;
    const [grownBefore, shiftBefore] = [grown, shift];
    for (let interval = intervals[next]; interval !== undefined && interval.start <= end; interval = intervals[++next]) {
      end = Math.max(end, interval.end);
      grown += interval.grown;
      shift += interval.shift;
    }
    result.push({ start: start - grownBefore, end: end - grown, newStart: start + shiftBefore, newEnd: end + shift });
  }
  return result;
}
