/** Reading the bytes of a judged file through its descriptor: small parts at once, large ones in chunks that let others run. */
import { createHash } from "node:crypto";
import { closeSync, constants, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { LineRange, Lines } from "../types.ts";
import { Refusal } from "../types.ts";
import type { Held } from "./held.ts";
import { openPinned } from "./platform.ts";
import { checkSignal } from "./work.ts";

const CHUNK = 256 * 1024;
const NEWLINE = 10;

/** Bytes `[start, start + length)`, or what there is of them; more than `limit` is refused. */
export function readBytes(held: Held, range: { readonly start?: number; readonly length?: number }, limit: number): Buffer {
  const start = range.start ?? 0;
  // One byte more than expected tells a file that has grown from one that has ended.
  const wanted = Math.min(range.length ?? Infinity, Math.max(0, held.stat.size - start) + 1);
  if (Math.min(wanted, held.stat.size - start) > limit) throw tooLarge(held.stat.size, limit);
  const fd = openPinned(held.pin, constants.O_RDONLY);
  try {
    let buffer = Buffer.allocUnsafe(wanted);
    let filled = 0;
    for (;;) {
      const got = readSync(fd, buffer, filled, buffer.length - filled, start + filled);
      filled += got;
      if (filled > limit) throw tooLarge(filled, limit);
      if (filled < buffer.length || filled === range.length) return buffer.subarray(0, filled);
      buffer = Buffer.concat([buffer, Buffer.allocUnsafe(Math.min(CHUNK, (range.length ?? Infinity) - filled))]);
    }
  } finally {
    closeSync(fd);
  }
}

function tooLarge(size: number, limit: number): Refusal {
  return new Refusal(
    "DENIED",
    `the file has ${size} bytes, more than the read limit of ${limit}`,
    "read a part of it (head, tail, or offset and limit), or raise limits.read",
  );
}

/** A file in chunks; the buffer of one is used again for the next. */
export async function* chunksOf(fd: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let position = 0; ;) {
    checkSignal(signal);
    const got = readSync(fd, buffer, 0, CHUNK, position);
    if (got === 0) return;
    yield buffer.subarray(0, got);
    if (got < CHUNK) return;
    position += got;
    await setImmediate();
  }
}

/** `sha256:HEX` of a file's bytes. */
export async function hashFile(held: Held, signal: AbortSignal): Promise<string> {
  const fd = openPinned(held.pin, constants.O_RDONLY);
  try {
    const hash = createHash("sha256");
    for await (const chunk of chunksOf(fd, signal)) hash.update(chunk);
    return `sha256:${hash.digest("hex")}`;
  } finally {
    closeSync(fd);
  }
}

/** Some lines of a file of any size, at most `limit` bytes of them. */
export async function readLines(held: Held, range: LineRange, limit: number, signal: AbortSignal): Promise<Lines> {
  const fd = openPinned(held.pin, constants.O_RDONLY);
  try {
    return "last" in range ? await lastLines(fd, held.stat.size, range.last, limit, signal) : await linesFrom(fd, range, limit, signal);
  } finally {
    closeSync(fd);
  }
}

async function linesFrom(
  fd: number,
  range: { readonly from: number; readonly count?: number },
  limit: number,
  signal: AbortSignal,
): Promise<Lines> {
  const kept: Buffer[] = [];
  let size = 0;
  let skip = range.from - 1;
  let left = range.count ?? Infinity;
  for await (const chunk of chunksOf(fd, signal)) {
    let start = 0;
    for (; skip > 0 && start < chunk.length; skip--) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      start = end + 1;
    }
    if (skip > 0 || start === chunk.length) continue;
    let end = start;
    if (left === Infinity) end = chunk.length;
    else {
      for (; left > 0 && end < chunk.length; left--) {
        const next = chunk.indexOf(NEWLINE, end);
        if (next === -1) {
          end = chunk.length;
          break;
        }
        end = next + 1;
      }
    }
    const room = Math.min(end, start + limit - size);
    kept.push(Buffer.from(chunk.subarray(start, room)));
    size += room - start;
    if (room < end) return { bytes: Buffer.concat(kept), first: range.from, more: true };
    if (left === 0) break;
  }
  return { bytes: Buffer.concat(kept), first: range.from, more: false };
}

async function lastLines(fd: number, size: number, count: number, limit: number, signal: AbortSignal): Promise<Lines> {
  const kept: Buffer[] = [];
  let position = size;
  let found = 0;
  while (position > 0 && size - position < limit) {
    checkSignal(signal);
    const length = Math.min(CHUNK, position, limit - (size - position));
    position -= length;
    const chunk = Buffer.allocUnsafe(length);
    const got = chunk.subarray(0, readSync(fd, chunk, 0, length, position));
    // The newline that ends the file ends its last line; it doesn't begin another.
    let end = kept.length === 0 ? got.length - 1 : got.length;
    while (end > 0) {
      end = got.lastIndexOf(NEWLINE, end - 1);
      if (end === -1) break;
      if (++found < count) continue;
      kept.unshift(got.subarray(end + 1));
      return { bytes: Buffer.concat(kept), more: false };
    }
    kept.unshift(got);
    await setImmediate();
  }
  return { bytes: Buffer.concat(kept), more: position > 0 };
}
