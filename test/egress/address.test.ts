import { assert, constantFrom, ipV4, ipV6, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { classify, reopenedBy } from "../../src/egress/address.ts";

/** Each forbidden range with a member and, where there is one, its public neighbour. */
const ROWS: readonly (readonly [what: string, address: string, kind: string])[] = [
  ["the first loopback address", "127.0.0.1", "loopback"],
  ["the last loopback address", "127.255.255.255", "loopback"],
  ["just above loopback", "128.0.0.1", "public"],
  ["just below loopback", "126.255.255.255", "public"],
  ["this host", "0.0.0.0", "unspecified"],
  ["just above this host", "1.0.0.0", "public"],
  ["private ten", "10.255.255.255", "private"],
  ["just above private ten", "11.0.0.0", "public"],
  ["private 172", "172.31.255.255", "private"],
  ["just below private 172", "172.15.255.255", "public"],
  ["just above private 172", "172.32.0.0", "public"],
  ["private 192.168", "192.168.0.1", "private"],
  ["just above private 192.168", "192.169.0.0", "public"],
  ["the first carrier-grade address", "100.64.0.0", "cgnat"],
  ["just below carrier-grade NAT", "100.63.255.254", "public"],
  ["just above carrier-grade NAT", "100.128.0.0", "public"],
  ["Alibaba's metadata inside carrier-grade NAT", "100.100.100.200", "metadata"],
  ["link-local", "169.254.1.1", "link-local"],
  ["just above link-local", "169.255.0.0", "public"],
  ["the metadata address of most clouds", "169.254.169.254", "metadata"],
  ["Azure WireServer in public space", "168.63.129.16", "metadata"],
  ["the neighbour of Azure WireServer", "168.63.129.17", "public"],
  ["Oracle's older metadata", "192.0.0.192", "metadata"],
  ["protocol assignments", "192.0.0.1", "reserved"],
  ["the first documentation net", "192.0.2.1", "documentation"],
  ["just above the first documentation net", "192.0.3.0", "public"],
  ["the third documentation net", "203.0.113.255", "documentation"],
  ["the 6to4 relay", "192.88.99.1", "6to4"],
  ["benchmarking", "198.19.255.255", "benchmark"],
  ["just above benchmarking", "198.20.0.0", "public"],
  ["multicast", "239.255.255.250", "multicast"],
  ["just below multicast", "223.255.255.255", "public"],
  ["class E", "240.0.0.1", "reserved"],
  ["broadcast", "255.255.255.255", "reserved"],
  ["IPv6 loopback", "::1", "loopback"],
  ["IPv6 unspecified", "::", "unspecified"],
  ["IPv4-compatible loopback, unicast to ipaddr.js 2.5.0", "::7f00:1", "compatible"],
  ["IPv4-mapped loopback", "::ffff:127.0.0.1", "mapped"],
  ["IPv4-mapped public", "::ffff:8.8.8.8", "mapped"],
  ["IPv4-translated loopback", "::ffff:0:127.0.0.1", "translated"],
  ["NAT64 of a private address", "64:ff9b::a00:1", "nat64"],
  ["NAT64 of a public address", "64:ff9b::808:808", "public"],
  ["local NAT64, whatever is inside", "64:ff9b:1::808:808", "nat64"],
  ["6to4", "2002:7f00:1::", "6to4"],
  ["Teredo", "2001:0:4136:e378:8000:63bf:80ff:fffe", "teredo"],
  ["ISATAP under a public prefix", "2600:1234::5efe:7f00:1", "isatap"],
  ["ISATAP with the universal bit", "2600:1234::200:5efe:7f00:1", "isatap"],
  ["ORCHID", "2001:20::1", "reserved"],
  ["IPv6 documentation", "2001:db8::1", "documentation"],
  ["the newer IPv6 documentation", "3fff::1", "documentation"],
  ["unique local", "fd12::1", "ula"],
  ["AWS metadata on IPv6", "fd00:ec2::254", "metadata"],
  ["GCP metadata on IPv6", "fd20:ce::254", "metadata"],
  ["IPv6 link-local", "fe80::1", "link-local"],
  ["site-local", "fec0::1", "site-local"],
  ["IPv6 multicast", "ff02::1", "multicast"],
  ["segment routing", "5f00::1", "reserved"],
  ["discard only", "100::1", "reserved"],
  ["space that IANA hasn't given out", "4000::1", "reserved"],
  ["a public IPv6 address", "2606:4700:4700::1111", "public"],
  ["an address with a zone", "fe80::1%eth0", "invalid"],
  ["octal, which the URL parser has to fold first", "0177.0.0.1", "invalid"],
  ["a short form", "127.1", "invalid"],
  ["a name", "example.com", "invalid"],
  ["nothing", "", "invalid"],
];

describe("an address is what its range says", () => {
  test.each(ROWS)("%s: %s is %s", (_what, address, kind) => {
    const found = classify(address);
    expect({ kind: found.kind, forbidden: found.forbidden }).toEqual({ kind, forbidden: kind !== "public" });
  });

  test("every way to write an IPv6 address is the same address", () => {
    assert(
      property(ipV6(), (address) => {
        const once = classify(address);
        expect(classify(once.address)).toEqual(once);
      }),
    );
  });

  test("no IPv6 address that carries a private IPv4 address is public", () => {
    const carriers = ["::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "2600::5efe:", "2001:470::200:5efe:"];
    assert(
      property(constantFrom(...carriers), constantFrom("127", "10", "0", "224"), ipV4(), (carrier, first, address) => {
        const inside = [first, ...address.split(".").slice(1)].join(".");
        expect(classify(carrier + inside).forbidden).toBe(true);
      }),
    );
  });
});

describe("a literal in egress.allow opens exactly itself", () => {
  const reopened = reopenedBy(["127.0.0.1:8080", "[::1]:9000", "example.com:443", "*.example.com", "10.0.0.1"]);
  test.each([
    ["the address and its port", "127.0.0.1", 8080, true],
    ["another port", "127.0.0.1", 8081, false],
    ["another address on that port", "127.0.0.2", 8080, false],
    ["IPv6 in brackets", "::1", 9000, true],
    ["a literal without a port", "10.0.0.1", 80, false],
  ])("%s", (_what, address, port, expected) => {
    expect(reopened(address, port)).toBe(expected);
  });
});
