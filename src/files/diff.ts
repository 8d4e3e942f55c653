/** Unified diffs, quick where it is known what changed: only changed regions are compared, not the text around them. Pure. */
import { createRequire } from "node:module";
import type * as Diff from "diff";
import type { ChangedRegion, TextWork } from "../types.ts";
import { applyEdits, decodeText } from "./edits.ts";

const CONTEXT = 3;
/** Beyond this many differing lines a region is shown as replaced whole (Myers' algorithm costs the square of it). */
const MOST_CHANGES = 1000;

/** Pure work on text, for the tools that edit. */
export const textWork: TextWork = { decode: decodeText, applyEdits, diff: unifiedDiff };

/** Lines `[oldStart, oldEnd)` became lines `[newStart, newEnd)`; from 0. */
interface Change {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** See `TextWork.diff`. Lines are split at LF; a CR before it belongs to the line, so a change of line ends shows. */
function unifiedDiff(name: string, before: string, after: string, regions?: readonly ChangedRegion[]): string {
  if (before === after) return "";
  const oldLines = splitLines(before);
  const newLines = splitLines(after);
  const changes = (regions === undefined ? [between(oldLines, newLines)] : toLines(before, after, regions)).flatMap((change) =>
    refine(oldLines, newLines, change),
  );
  const out = [`--- ${before === "" ? "/dev/null" : name}`, `+++ ${name}`];
  for (let first = 0, last = 0; first < changes.length; first = last) {
    for (last = first + 1; last < changes.length && (changes[last]?.oldStart ?? 0) - (changes[last - 1]?.oldEnd ?? 0) <= 2 * CONTEXT;)
      last++;
    writeHunk(out, oldLines, newLines, changes.slice(first, last));
  }
  return `${out.join("\n")}\n`;
}

/** Lines with their line ends; a last one may have none. */
function splitLines(text: string): readonly string[] {
  return text === "" ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

/** All between the first and the last line that differ. */
function between(oldLines: readonly string[], newLines: readonly string[]): Change {
  let start = 0;
  const shorter = Math.min(oldLines.length, newLines.length);
  while (start < shorter && oldLines[start] === newLines[start]) start++;
  let end = 0;
  while (end < shorter - start && oldLines[oldLines.length - 1 - end] === newLines[newLines.length - 1 - end]) end++;
  return { oldStart: start, oldEnd: oldLines.length - end, newStart: start, newEnd: newLines.length - end };
}

/** Regions of characters as regions of whole lines; those that share a line become one. */
function toLines(before: string, after: string, regions: readonly ChangedRegion[]): readonly Change[] {
  const changes: Change[] = [];
  const inOld = lineCounter(before);
  const inNew = lineCounter(after);
  for (const region of regions) {
    const change = {
      oldStart: inOld(region.start),
      newStart: inNew(region.newStart),
      oldEnd: inOld(region.end) + 1,
      newEnd: inNew(region.newEnd) + 1,
    };
    const last = changes.at(-1);
    if (last !== undefined && (last.oldEnd >= change.oldStart || last.newEnd >= change.newStart))
      changes[changes.length - 1] = { ...change, oldStart: last.oldStart, newStart: last.newStart };
    else changes.push(change);
  }
  return changes;
}

/** Line numbers (from 0) of ascending offsets, in one pass over the text. */
function lineCounter(text: string): (offset: number) => number {
  let line = 0;
  let at = 0;
  return (offset) => {
    for (let next = text.indexOf("\n", at); next !== -1 && next < offset; next = text.indexOf("\n", at)) {
      line++;
      at = next + 1;
    }
    return line;
  };
}

/** The smaller changes within one, unless there are too many. */
function refine(oldLines: readonly string[], newLines: readonly string[], change: Change): readonly Change[] {
  const was = oldLines.slice(change.oldStart, change.oldEnd);
  const is = newLines.slice(change.newStart, change.newEnd);
  const { diffArrays } = createRequire(import.meta.url)("diff") as typeof Diff;
  const parts = diffArrays([...was], [...is], { maxEditLength: MOST_CHANGES });
  if (parts === undefined) return [{ ...change, oldEnd: change.oldStart + was.length, newEnd: change.newStart + is.length }];
  const changes: Change[] = [];
  let oldAt = change.oldStart;
  let newAt = change.newStart;
  let open: { oldStart: number; newStart: number } | undefined;
  for (const part of [...parts, { added: false, removed: false, count: 0 }]) {
    if (part.added || part.removed) open ??= { oldStart: oldAt, newStart: newAt };
    else if (open !== undefined) {
      changes.push({ ...open, oldEnd: oldAt, newEnd: newAt });
      open = undefined;
    }
    if (!part.added) oldAt += part.count;
    if (!part.removed) newAt += part.count;
  }
  return changes;
}

function writeHunk(out: string[], oldLines: readonly string[], newLines: readonly string[], changes: readonly Change[]): void {
  const first = changes[0];
  const last = changes.at(-1);
  if (first === undefined || last === undefined) return;
  const lead = Math.min(CONTEXT, first.oldStart);
  const trail = Math.min(CONTEXT, oldLines.length - last.oldEnd);
  const oldStart = first.oldStart - lead;
  const oldCount = last.oldEnd + trail - oldStart;
  const newCount = last.newEnd + trail - (first.newStart - lead);
  out.push(`@@ -${range(oldStart, oldCount)} +${range(first.newStart - lead, newCount)} @@`);
  let at = oldStart;
  for (const { oldStart: from, oldEnd, newStart, newEnd } of changes) {
    for (; at < from; at++) writeLine(out, " ", oldLines[at]);
    for (; at < oldEnd; at++) writeLine(out, "-", oldLines[at]);
    for (let n = newStart; n < newEnd; n++) writeLine(out, "+", newLines[n]);
  }
  for (; at < last.oldEnd + trail; at++) writeLine(out, " ", oldLines[at]);
}

/** As GNU diff writes it: an empty range names the line before it. */
function range(start: number, count: number): string {
  if (count === 1) return `${start + 1}`;
  return `${count === 0 ? start : start + 1},${count}`;
}

function writeLine(out: string[], sign: string, line = ""): void {
  if (line.endsWith("\n")) out.push(sign + line.slice(0, -1));
  else out.push(sign + line, String.raw`\ No newline at end of file`);
}
