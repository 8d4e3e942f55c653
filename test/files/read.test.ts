import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LineRange } from "../../src/types.ts";
import type { World } from "./world.ts";
import { GRANT_ALL, makeWorld, refusalOf } from "./world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld();
  world.write("ten.txt", "0123456789");
});
afterEach(() => world.close());

const limits = (read: number) => ({ limits: { read, write: 1 } });

describe("read", () => {
  test.each([
    ["a whole file", {}, "0123456789"],
    ["from a place", { start: 7 }, "789"],
    ["so many bytes", { start: 2, length: 3 }, "234"],
    ["no more than there is", { start: 8, length: 100 }, "89"],
    ["nothing past the end", { start: 50 }, ""],
    ["nothing when nothing is asked for", { length: 0 }, ""],
  ])("gives %s", async (_name, range, expected) => {
    expect(await world.use((eyes, hands) => hands.read(eyes.find("ten.txt"), range).toString())).toBe(expected);
  });

  test("gives what a file has grown by since it was found", async () => {
    const text = await world.use((eyes, hands) => {
      const found = eyes.find("ten.txt");
      appendFileSync(found.path, "grown".repeat(100_000));
      return hands.read(found).toString();
    });
    expect(text).toBe(`0123456789${"grown".repeat(100_000)}`);
  });

  test("refuses more than the limit, whole or by range or by growth, and gives a part within it", async () => {
    const refused = {
      code: "DENIED",
      reason: "the file has 10 bytes, more than the read limit of 5",
      remedy: "read a part of it (head, tail, or offset and limit), or raise limits.read",
    };
    expect(await refusalOf(() => world.use((eyes, hands) => hands.read(eyes.find("ten.txt")), limits(5)))).toEqual(refused);
    expect(await refusalOf(() => world.use((eyes, hands) => hands.read(eyes.find("ten.txt"), { length: 9 }), limits(5)))).toEqual(refused);
    expect(await world.use((eyes, hands) => hands.read(eyes.find("ten.txt"), { start: 5 }).toString(), limits(5))).toBe("56789");
    const grown = await refusalOf(() =>
      world.use((eyes, hands) => {
        const found = eyes.find("ten.txt");
        appendFileSync(found.path, "0");
        return hands.read(found);
      }, limits(10)),
    );
    expect(grown).toMatchObject({ code: "DENIED", reason: "the file has 11 bytes, more than the read limit of 10" });
  });

  test("refuses directories and what is not there", async () => {
    expect(await refusalOf(() => world.use((eyes, hands) => hands.read(eyes.find("."))))).toMatchObject({ code: "INVALID_INPUT" });
    expect(await refusalOf(() => world.use((eyes, hands) => hands.read(eyes.find("nothing"))))).toMatchObject({ code: "NOT_FOUND" });
  });

  test("a file that vanished after it was found can still be read; the next call says that it is gone", async () => {
    const text = await world.use((eyes, hands) => {
      const found = eyes.find("ten.txt");
      unlinkSync(found.path);
      return hands.read(found).toString();
    });
    expect(text).toBe("0123456789");
    expect(await world.use((eyes) => eyes.find("ten.txt").type)).toBe("absent");
  });

  test("FIFOs, sockets and links to devices are refused at once and never opened", async () => {
    execFileSync("mkfifo", [join(world.root, "fifo")]);
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(join(world.root, "sock"), resolve);
    });
    for (const name of ["fifo", "sock"]) {
      const found = await world.use((eyes) => eyes.find(name));
      expect(found.type).toBe("special");
      for (const op of ["read", "hash"] as const) {
        expect(await refusalOf(() => world.use(async (eyes, hands) => hands[op](eyes.find(name))))).toEqual({
          code: "DENIED",
          reason: "the path is not a regular file",
          remedy: "only regular files can be read, written and copied",
        });
      }
      const write = world.use((eyes, hands) =>
        hands.write(eyes.find(name), Buffer.from("x"), { mode: "overwrite", durability: "process" }),
      );
      expect(await refusalOf(() => write)).toMatchObject({ code: "DENIED", reason: "the path is not a regular file" });
      expect(await world.use((eyes) => eyes.state(eyes.find(name)))).toMatch(/^sha256:/);
    }
    await new Promise((resolve) => server.close(resolve));
  });
});

const text = async (range: LineRange, limit = 1000) => {
  const { bytes, ...rest } = await world.use((eyes, hands) => hands.lines(eyes.find("l.txt"), range), limits(limit));
  return { text: bytes.toString(), ...rest };
};

describe("lines", () => {
  test.each<[string, LineRange, string]>([
    ["the first line", { from: 1, count: 1 }, "one\n"],
    ["lines in the middle", { from: 2, count: 2 }, "two\r\nthree\n"],
    ["all from a line", { from: 3 }, "three\nfour"],
    ["the last without a line end", { from: 4, count: 5 }, "four"],
    ["nothing past the end", { from: 5, count: 1 }, ""],
    ["the last line", { last: 1 }, "four"],
    ["the last three", { last: 3 }, "two\r\nthree\nfour"],
    ["all, when more are asked for", { last: 99 }, "one\ntwo\r\nthree\nfour"],
  ])("gives %s", async (_name, range, expected) => {
    world.write("l.txt", "one\ntwo\r\nthree\nfour");
    expect(await text(range)).toEqual({ text: expected, more: false, ...("from" in range ? { first: range.from } : {}) });
  });

  test("a line end at the end of the file ends the last line", async () => {
    world.write("l.txt", "one\ntwo\n\n");
    expect(await text({ last: 1 })).toEqual({ text: "\n", more: false });
    expect(await text({ last: 2 })).toEqual({ text: "two\n\n", more: false });
    world.write("l.txt", "\n");
    expect(await text({ last: 1 })).toEqual({ text: "\n", more: false });
    world.write("l.txt", "");
    expect(await text({ last: 1 })).toEqual({ text: "", more: false });
  });

  test("the limit cuts, and says so", async () => {
    world.write("l.txt", "one\ntwo\nthree\n");
    expect(await text({ from: 2 }, 6)).toEqual({ text: "two\nth", first: 2, more: true });
    expect(await text({ from: 1, count: 2 }, 8)).toEqual({ text: "one\ntwo\n", first: 1, more: false });
    expect(await text({ last: 2 }, 6)).toEqual({ text: "three\n", more: true });
  });

  test("agree with splitting the whole text, across chunks and for any range", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.constantFrom("", "a", "\r", "ü"),
            fc.nat(300_000).map((n) => "x".repeat(n)),
          ),
          { maxLength: 6 },
        ),
        fc.nat(8),
        fc.nat(8),
        async (parts, from, count) => {
          const whole = parts.join("\n");
          world.write("l.txt", whole);
          const split = whole.match(/[^\n]*\n|[^\n]+$/g) ?? [];
          const big = 10_000_000;
          expect((await text({ from: from + 1, count: count + 1 }, big)).text).toBe(split.slice(from, from + count + 1).join(""));
          expect((await text({ last: count + 1 }, big)).text).toBe(split.slice(-count - 1).join(""));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a sparse file of 2 GiB", () => {
  beforeEach(() => {
    const fd = openSync(join(world.root, "big.bin"), "w");
    writeSync(fd, "first\n");
    ftruncateSync(fd, 2 ** 31);
    writeSync(fd, "\nlast\n", 2 ** 31);
    closeSync(fd);
  });

  test("is refused whole, and read at its ends without holding it in memory", async () => {
    const before = process.memoryUsage().rss;
    const find = (work: Parameters<typeof world.use>[0]) => world.use(work);
    expect(await refusalOf(() => find((eyes, hands) => hands.read(eyes.find("big.bin"))))).toMatchObject({ code: "DENIED" });
    const first = await world.use((eyes, hands) => hands.lines(eyes.find("big.bin"), { from: 1, count: 1 }));
    expect(first.bytes.toString()).toBe("first\n");
    const last = await world.use((eyes, hands) => hands.lines(eyes.find("big.bin"), { last: 1 }));
    expect(last.bytes.toString()).toBe("last\n");
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  test("hashing it stops when the call is cancelled", async () => {
    const controller = new AbortController();
    const hashing = world.use((eyes, hands) => hands.hash(eyes.find("big.bin")), { signal: controller.signal });
    setImmediate(() => controller.abort());
    expect(await refusalOf(() => hashing)).toEqual({
      code: "CANCELLED",
      reason: "the call was cancelled",
      remedy: "repeat it if it is still wanted",
    });
  });
});

describe("hash and state", () => {
  test("a file's state is the hash of its bytes, and so is its hash", async () => {
    const bytes = Buffer.alloc(700_000, "abc");
    world.write("f.bin", bytes);
    const expected = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    expect(await world.use((eyes, hands) => hands.hash(eyes.find("f.bin")))).toBe(expected);
    expect(await world.use((eyes) => eyes.state(eyes.find("f.bin")))).toBe(expected);
  });

  test("what is absent has the state absent; a link's changes with its target; a directory's with what is below", async () => {
    const state = (path: string) => world.use((eyes) => eyes.state(eyes.find(path, { follow: false })));
    expect(await state("nothing/at/all")).toBe("absent");
    world.link("link", "ten.txt");
    const link = await state("link");
    unlinkSync(join(world.root, "link"));
    world.link("link", "other");
    expect(await state("link")).not.toBe(link);
    const states = new Set([await state(".")]);
    world.write("sub/deep/x", "1");
    states.add(await state("."));
    world.write("sub/deep/x", "12");
    states.add(await state("."));
    unlinkSync(join(world.root, "sub/deep/x"));
    states.add(await state("."));
    expect(states.size).toBe(4);
    expect(await state(".")).toBe(await state("."));
  });
});

test("a cancelled call does nothing more", async () => {
  const controller = new AbortController();
  controller.abort();
  const grant = { ...GRANT_ALL, signal: controller.signal };
  expect(await refusalOf(() => world.use((eyes, hands) => hands.read(eyes.find("ten.txt")), grant))).toMatchObject({ code: "CANCELLED" });
});
