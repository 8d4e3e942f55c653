/** The lines around hits, read from a judged file. ripgrep's offsets only say where to look. */
import { closeSync, constants, readSync } from "node:fs";
import type { HitLine } from "../types.ts";
import { openPinned } from "./platform.ts";
import type { Located } from "./walk-path.ts";

/** Where a matching line begins: its number from 1, its offset in bytes. */
export interface Hit {
  readonly line: number;
  readonly offset: number;
}

/** A part of a file, and where it begins. */
interface Window {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Up to this size a file is read once; of a larger one, this much around each hit. */
const WINDOW = 256 * 1024;
/** Bytes of a line that are told; minified files have lines of megabytes. */
const LONGEST = 2000;
const NEWLINE = 10;

/** The matching lines and `context` lines around each, in order. A hit that is not at the begin of a line any more is left out. */
export function readHitLines(found: Located, hits: readonly Hit[], context: number): HitLine[] {
  const lines = new Map<number, HitLine>();
  const fd = openPinned(found.pin, constants.O_RDONLY);
  try {
    let window: Window = { start: 0, bytes: Buffer.alloc(0) };
    for (const { line, offset } of hits) {
      if (found.stat.size > WINDOW || window.bytes.length === 0) window = readWindow(fd, found.stat.size, offset);
      const at = offset - window.start;
      if (at >= window.bytes.length || (at > 0 && window.bytes[at - 1] !== NEWLINE)) continue;
      addLine(lines, window.bytes, at, line, true);
      let back = at;
      for (let n = 1; n <= context && back > 0; n++) {
        back = window.bytes.lastIndexOf(NEWLINE, back - 2) + 1;
        if (back === 0 && window.start > 0) break;
        addLine(lines, window.bytes, back, line - n, false);
        if (back === 0) break;
      }
      let next = at;
      for (let n = 1; n <= context; n++) {
        next = window.bytes.indexOf(NEWLINE, next) + 1;
        if (next === 0 || next >= window.bytes.length) break;
        addLine(lines, window.bytes, next, line + n, false);
      }
    }
  } finally {
    closeSync(fd);
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}

function readWindow(fd: number, size: number, offset: number): Window {
  const start = size <= WINDOW ? 0 : Math.max(0, offset - WINDOW / 2);
  const bytes = Buffer.allocUnsafe(WINDOW);
  return { start, bytes: bytes.subarray(0, readSync(fd, bytes, 0, WINDOW, start)) };
}

function addLine(lines: Map<number, HitLine>, bytes: Buffer, start: number, line: number, match: boolean): void {
  if (!match && lines.has(line)) return;
  const newline = bytes.indexOf(NEWLINE, start);
  const end = newline === -1 ? bytes.length : newline;
  const cut = end - start > LONGEST;
  const text = bytes.toString("utf8", start, cut ? start + LONGEST : end);
  lines.set(line, { line, text: text.endsWith("\r") ? text.slice(0, -1) : text, match, cut });
}
