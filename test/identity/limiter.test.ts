import { beforeEach, describe, expect, test } from "vitest";
import { FailureLimiter } from "../../src/identity/limiter.ts";

let now: number;
let limiter: FailureLimiter;
beforeEach(() => {
  now = 1_000;
  limiter = new FailureLimiter(() => now);
});

function fail(from: string, times: number): void {
  for (let n = 0; n < times; n += 1) limiter.fail(from);
}

/** The nth address of a net that has sixteen million. */
const address = (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

describe("an address", () => {
  test("is free after nine failures and shut out for five minutes after the tenth", () => {
    fail("192.0.2.1", 9);
    expect(limiter.secondsLeft("192.0.2.1")).toBe(0);
    fail("192.0.2.1", 1);
    expect(limiter.secondsLeft("192.0.2.1")).toBe(300);
    now += 299_001;
    expect(limiter.secondsLeft("192.0.2.1")).toBe(1);
    now += 999;
    expect(limiter.secondsLeft("192.0.2.1")).toBe(0);
  });

  test("begins anew when it is free again", () => {
    fail("192.0.2.1", 10);
    now += 300_000;
    fail("192.0.2.1", 9);
    expect(limiter.secondsLeft("192.0.2.1")).toBe(0);
    fail("192.0.2.1", 1);
    expect(limiter.secondsLeft("192.0.2.1")).toBe(300);
  });

  test("may fail nine times in every minute, whenever the minute begins", () => {
    for (let n = 0; n < 100; n += 1) {
      fail("192.0.2.1", 1);
      now += 6_667;
      expect(limiter.secondsLeft("192.0.2.1")).toBe(0);
    }
  });

  test("is shut out by ten failures within a minute that lie around a full one", () => {
    now = 59_000;
    fail("192.0.2.1", 5);
    now = 61_000;
    fail("192.0.2.1", 5);
    expect(limiter.secondsLeft("192.0.2.1")).toBe(300);
  });

  test("isn't shut out longer by what was under way", () => {
    fail("192.0.2.1", 10);
    now += 100_000;
    fail("192.0.2.1", 50);
    expect(limiter.secondsLeft("192.0.2.1")).toBe(200);
  });

  test.each([
    ["its neighbour", "192.0.2.1", "192.0.2.2", 0],
    ["itself, written as IPv6", "192.0.2.1", "::ffff:192.0.2.1", 300],
    ["another of its /64", "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", 300],
    ["itself, written in full", "2001:db8:1:2::1", "2001:0db8:0001:0002:0000:0000:0000:0001", 300],
    ["one of the next /64", "2001:db8:1:2::1", "2001:db8:1:3::1", 0],
    ["one that can't be read", "192.0.2.1", "", 0],
  ])("shuts out, or doesn't, %s", (_name, from, other, seconds) => {
    fail(from, 10);
    expect(limiter.secondsLeft(other)).toBe(seconds);
  });
});

describe("an attacker with very many addresses", () => {
  test("doesn't make the tables grow without bound, and pushes nobody out", () => {
    fail("192.0.2.1", 10);
    for (let n = 0; n < 60_000; n += 1) limiter.fail(address(n));
    expect(limiter.size).toBe(50_001);
    expect(limiter.secondsLeft("192.0.2.1")).toBe(300);
  });

  test("has as many shut out as the table holds, the first of them to the end", () => {
    for (let n = 0; n < 50_010; n += 1) fail(address(n), 10);
    expect([limiter.secondsLeft(address(0)), limiter.secondsLeft(address(49_999))]).toEqual([300, 300]);
    expect(limiter.secondsLeft(address(50_009))).toBe(0);
  });

  test("leaves nothing behind when it is over", () => {
    for (let n = 0; n < 20_000; n += 1) fail(address(n), n % 2 === 0 ? 1 : 10);
    now += 300_000;
    limiter.fail("192.0.2.1");
    expect(limiter.secondsLeft("192.0.2.9")).toBe(0);
    expect(limiter.size).toBe(1);
  });
});
