import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCapture, createRing } from "../../src/sandbox/capture.ts";

const chunks = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 12 },
);

describe("a capture", () => {
  test("keeps everything up to its limit, and beyond it the first and the last half", () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 0, max: 120 }), (parts, limit) => {
        const capture = createCapture(limit);
        for (const part of parts) capture.add(part);
        const whole = Buffer.concat(parts);
        const half = Math.ceil(limit / 2);
        const expected =
          whole.length <= limit
            ? { head: whole, tail: Buffer.alloc(0), total: whole.length }
            : { head: whole.subarray(0, half), tail: whole.subarray(whole.length - (limit - half)), total: whole.length };
        expect(capture.result()).toEqual(expected);
      }),
    );
  });
});

describe("a ring", () => {
  test("gives what is kept from any offset on, and says where it starts", () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 0, max: 60 }), fc.nat(500), (parts, limit, offset) => {
        const ring = createRing(limit);
        for (const part of parts) ring.add(part);
        const whole = Buffer.concat(parts);
        const start = Math.min(whole.length, Math.max(offset, whole.length - limit));
        expect(ring.read(offset)).toEqual({ data: whole.subarray(start), start, end: whole.length });
      }),
    );
  });

  test("grows without losing anything when it holds more than its first size", () => {
    const ring = createRing(100_000);
    const whole = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 251));
    for (let at = 0; at < whole.length; at += 3_000) ring.add(whole.subarray(at, at + 3_000));
    expect(ring.read(0)).toEqual({ data: whole, start: 0, end: 70_000 });
  });
});
