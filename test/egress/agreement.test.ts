/** The policy's floor decides and the door checks again: both must close and reopen the same places. */
import { assert, constantFrom, property, subarray, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { classify, reopenedBy } from "../../src/egress/address.ts";
import { specialName } from "../../src/egress/names.ts";
import { dialable } from "../../src/egress/resolve.ts";
import { compileEgress } from "../../src/policy/egress-list.ts";
import { floorWords } from "../../src/policy/floor.ts";
import { isSpecialName } from "../../src/policy/host-glob.ts";
import type { UrlResource } from "../../src/types.ts";
import { Refusal } from "../../src/types.ts";

/** One address in spellings that an operator may write; all mean the first. */
const SPELLINGS = ["[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]"];
const ENTRIES = ["127.0.0.1:8080", "10.0.0.1:8080", "127.0.0.1:80", "[::ffff:10.0.0.1]:8080", ...SPELLINGS.map((text) => `${text}:8080`)];
const ADDRESSES = ["127.0.0.1", "10.0.0.1", "::1", "::ffff:a00:1", "93.184.216.34", "169.254.169.254", "2606:4700::1111", "168.63.129.16"];
const HOSTS = ["example.com", "api.internal", "localhost", "intranet", "metadata.goog", "a.svc", "x.home.arpa", "local.example.com"];

function isOpenAtTheDoor(resource: UrlResource, allow: readonly string[]): boolean {
  try {
    return dialable(resource, reopenedBy(allow)).length > 0;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

test("every mix of names, addresses and reopened places", () => {
  assert(
    property(
      constantFrom(...HOSTS),
      uniqueArray(constantFrom(...ADDRESSES), { maxLength: 3 }),
      subarray(ENTRIES),
      constantFrom(80, 8080),
      (host, found, allow, port) => {
        const addresses = found.map((address) => ({ address, kind: classify(address).kind }));
        const resource: UrlResource = { kind: "url", method: "GET", scheme: "http", host, port, addresses };
        const words = floorWords(resource, [], { protectedPaths: [], reopened: allow.map(compileEgress) });
        expect(words.length === 0).toBe(isOpenAtTheDoor(resource, allow));
      },
    ),
    { numRuns: 5000 },
  );
});

test("control: places are reopened by every spelling, and only at their port", () => {
  const at = (port: number): UrlResource => ({
    kind: "url",
    method: "GET",
    scheme: "http",
    host: "localhost",
    port,
    addresses: [{ address: "::1", kind: "loopback" }],
  });
  for (const spelling of SPELLINGS) {
    expect([8080, 8081].map((port) => isOpenAtTheDoor(at(port), [`${spelling}:8080`]))).toEqual([true, false]);
  }
});

test.each([
  ...HOSTS,
  "a.b.localhost",
  "printer.local",
  "box.lan",
  "xlocalhost",
  "8.8.8.8",
  "2606:4700::1111",
  "consul",
  "x.metadata.packet.net",
])("both find %s special, or neither does", (host) => {
  expect(isSpecialName(host)).toBe(specialName(host) !== undefined);
});
