import { assert, nat, property, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { readClientHello } from "../../src/egress/client-hello.ts";

function sized(size: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const head = Buffer.alloc(size);
  head.writeUIntBE(content.length, 0, size);
  return Buffer.concat([head, content]);
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), sized(2, content)]);
}

function names(...entries: readonly (readonly [type: number, name: string])[]): Buffer {
  return extension(0, sized(2, ...entries.map(([type, name]) => Buffer.concat([Buffer.from([type]), sized(2, Buffer.from(name))]))));
}

/** A client hello in one record (RFC 8446, 4.1.2). */
function hello(...extensions: readonly Buffer[]): Buffer {
  const body = Buffer.concat([
    Buffer.alloc(34, 3),
    sized(1),
    sized(2, Buffer.from([0x13, 1])),
    sized(1, Buffer.from([0])),
    sized(2, ...extensions),
  ]);
  return Buffer.concat([Buffer.from([22, 3, 1]), sized(2, Buffer.from([1]), sized(3, body))]);
}

const good = hello(extension(10, Buffer.from([1])), names([0, "example.com"]), extension(16, Buffer.alloc(3)));

describe("the server name of a hello", () => {
  test.each([
    ["one name among others", good, { kind: "hello", serverName: "example.com" }],
    ["no name", hello(extension(10, Buffer.alloc(2))), { kind: "hello", serverName: undefined }],
    ["no extensions at all", hello(), { kind: "hello", serverName: undefined }],
    ["two names in the list", hello(names([0, "example.com"], [0, "evil.example"])), { kind: "other", why: "several server names" }],
    ["the list twice", hello(names([0, "example.com"]), names([0, "example.com"])), { kind: "other", why: "an unclear server name" }],
    ["a name of another type", hello(names([1, "example.com"])), { kind: "other", why: "an unclear server name" }],
    [
      "an encrypted hello inside",
      hello(names([0, "example.com"]), extension(0xfe0d, Buffer.alloc(1))),
      { kind: "other", why: "an encrypted hello" },
    ],
    ["an extension that runs over the end", hello(Buffer.from([0, 0, 0, 9])), { kind: "other", why: "a broken hello" }],
    ["another message", Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]), { kind: "other", why: "no client hello" }],
    ["an alert", Buffer.from([21, 3, 1, 0, 2, 1, 0]), { kind: "other", why: "no TLS" }],
    ["another protocol", Buffer.from("GET / HTTP/1.1\r\n"), { kind: "other", why: "no TLS" }],
    ["an empty record", Buffer.from([22, 3, 1, 0, 0]), { kind: "other", why: "no TLS" }],
    ["a second message in the same record", Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 0, 9]), { kind: "other", why: "more than a hello" }],
    [
      "a hello that is announced and never comes",
      Buffer.concat(Array.from({ length: 5 }, () => bigRecord())),
      { kind: "other", why: "an oversized hello" },
    ],
  ])("%s", (_what, bytes, expected) => {
    expect(readClientHello(bytes)).toEqual(expected);
  });

  test("every beginning of a hello is a hello that isn't there yet", () => {
    for (let length = 0; length < good.length; length += 1) expect(readClientHello(good.subarray(0, length))).toEqual({ kind: "more" });
  });

  test("no bytes make the reader fail", () => {
    assert(
      property(uint8Array({ maxLength: 100 }), nat(good.length), (junk, at) => {
        const bytes = Buffer.concat([good.subarray(0, at), junk, good.subarray(at)]);
        expect(["more", "hello", "other"]).toContain(readClientHello(bytes).kind);
      }),
      { numRuns: 2000 },
    );
  });
});

/** A record of the largest size, full of a handshake of 16 MiB. */
function bigRecord(): Buffer {
  const record = Buffer.alloc(5 + 16_384, 255);
  record.set([22, 3, 1, 0x40, 0, 1]);
  return record;
}
