import type { Captured } from "./request.ts";

/**
 * Keeps at most `limit` bytes of a stream of any length: its first and its last half, so that both a command's first error and its last line survive.
 */
export function createCapture(limit: number): { readonly add: (chunk: Buffer) => void; readonly result: () => Captured } {
  const headLimit = Math.ceil(limit / 2);
  const tail = createRing(limit - headLimit);
  const head: Buffer[] = [];
  let kept = 0;
  return {
    add(chunk) {
      const first = chunk.subarray(0, headLimit - kept);
      // a copy: the chunk is a slice of a larger buffer, which would stay alive with it
      if (first.length > 0) head.push(Buffer.from(first));
      kept += first.length;
      tail.add(chunk.subarray(first.length));
    },
    result() {
      const { data, end } = tail.read(0);
      const whole = end === data.length;
      const start = Buffer.concat(head);
      return { head: whole ? Buffer.concat([start, data]) : start, tail: whole ? Buffer.alloc(0) : data, total: kept + end };
    },
  };
}

/** A part of a stream: `data` lies from offset `start` to offset `end` of everything ever written. */
export interface Span {
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * The last `limit` bytes of a stream, found again by their offset in the whole stream. `read` gives everything kept from `offset` on; a `start` above
 * the asked offset says that what lay between is lost.
 */
export function createRing(limit: number): { readonly add: (chunk: Buffer) => void; readonly read: (offset: number) => Span } {
  // grows up to the limit: most commands write little
  let bytes = Buffer.alloc(Math.min(limit, 4096));
  let total = 0;
  return {
    add(chunk) {
      if (total + chunk.length > bytes.length && bytes.length < limit) {
        const larger = Buffer.alloc(Math.min(limit, Math.max(2 * bytes.length, total + chunk.length)));
        bytes.copy(larger, 0, 0, total); // not yet wrapped: it was never full before it could not grow
        bytes = larger;
      }
      const last = chunk.subarray(Math.max(0, chunk.length - bytes.length));
      const at = bytes.length === 0 ? 0 : (total + chunk.length - last.length) % bytes.length;
      const fits = last.copy(bytes, at);
      last.copy(bytes, 0, fits);
      total += chunk.length;
    },
    read(offset) {
      const start = Math.min(total, Math.max(offset, total - bytes.length, 0));
      const length = total - start;
      const data = Buffer.alloc(length);
      const at = bytes.length === 0 ? 0 : start % bytes.length;
      const copied = bytes.copy(data, 0, at, Math.min(bytes.length, at + length));
      bytes.copy(data, copied, 0, length - copied);
      return { data, start, end: total };
    },
  };
}
