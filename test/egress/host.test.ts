import { assert, constantFrom, domain, integer, property, string, webUrl } from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeMethod, normalizeUrl } from "../../src/egress/host.ts";
import { specialName } from "../../src/egress/names.ts";
import { Refusal } from "../../src/types.ts";

describe("a URL is read once, as its parser reads it", () => {
  test.each([
    ["as it is", "https://example.com/a?b#c", { href: "https://example.com/a?b", scheme: "https", host: "example.com", port: 443 }],
    ["capitals", "HTTPS://EXAMPLE.Com", { href: "https://example.com/", scheme: "https", host: "example.com", port: 443 }],
    ["the root's dot", "http://example.com.:80/", { href: "http://example.com/", scheme: "http", host: "example.com", port: 80 }],
    [
      "an international name",
      "https://münchen.example/",
      { href: "https://xn--mnchen-3ya.example/", scheme: "https", host: "xn--mnchen-3ya.example", port: 443 },
    ],
    ["a port", "http://example.com:8080", { href: "http://example.com:8080/", scheme: "http", host: "example.com", port: 8080 }],
    ["an address in decimal", "http://2130706433/", { href: "http://127.0.0.1/", scheme: "http", host: "127.0.0.1", port: 80 }],
    ["an IPv6 address without its brackets", "http://[0:0::1]:81/", { href: "http://[::1]:81/", scheme: "http", host: "::1", port: 81 }],
    [
      "an encoded line end stays encoded",
      "http://e.org/%0d%0aX:1",
      { href: "http://e.org/%0d%0aX:1", scheme: "http", host: "e.org", port: 80 },
    ],
    ["letters beyond ASCII in the path", "http://e.org/ä", { href: "http://e.org/%C3%A4", scheme: "http", host: "e.org", port: 80 }],
    [
      "an @ and a backslash behind the question mark",
      "http://e.org/?a@b\\c",
      { href: "http://e.org/?a@b\\c", scheme: "http", host: "e.org", port: 80 },
    ],
  ])("%s", (_what, text, expected) => {
    expect(normalizeUrl(text)).toEqual(expected);
  });

  test.each([
    ["nothing", "", "INVALID_INPUT", "the URL has no scheme"],
    ["no scheme", "example.com/", "INVALID_INPUT", "the URL has no scheme"],
    ["two slashes and no scheme", "//example.com/", "INVALID_INPUT", "the URL has no scheme"],
    ["another scheme", "ftp://example.com/", "DENIED", "the scheme `ftp` is not fetched"],
    ["no slashes", "http:example.com", "INVALID_INPUT", "the URL has no host"],
    ["three slashes", "http:///example.com", "INVALID_INPUT", "the URL has no host"],
    ["a leading blank", " http://example.com/", "INVALID_INPUT", "the URL holds blanks, control or invisible characters"],
    ["a tab that parsers drop", "ht\ttp://example.com/", "INVALID_INPUT", "the URL holds blanks, control or invisible characters"],
    ["a zero-width space", "http://exam\u200bple.com/", "INVALID_INPUT", "the URL holds blanks, control or invisible characters"],
    ["a right-to-left override", "http://e.org/\u202egnp", "INVALID_INPUT", "the URL holds blanks, control or invisible characters"],
    ["half a surrogate pair", "http://e.org/\ud800", "INVALID_INPUT", "the URL holds blanks, control or invisible characters"],
    ["a user", "http://user@example.com/", "INVALID_INPUT", "the URL carries a user name or password"],
    ["an empty user", "http://@example.com/", "INVALID_INPUT", "the URL carries a user name or password"],
    ["a backslash before the path", "http://example.com\\@evil.example/", "INVALID_INPUT", "the URL holds a backslash"],
    ["full-width letters", "http://ｅxample.com/", "INVALID_INPUT", "the host is spelled with look-alike characters"],
    ["circled letters", "http://ⓔxample.com/", "INVALID_INPUT", "the host is spelled with look-alike characters"],
    ["a soft hyphen", "http://exam\u00adple.com/", "INVALID_INPUT", "the host is spelled with look-alike characters"],
    ["percent signs in the host", "http://%65xample.com/", "INVALID_INPUT", "the host is spelled with look-alike characters"],
    ["an empty label", "http://a..example.com/", "INVALID_INPUT", "the host is not a valid name"],
    ["a number that loses its second dot", "http://1.。/", "INVALID_INPUT", "the host is not a valid name"],
    ["two dots at the end", "http://example.com../", "INVALID_INPUT", "the host is not a valid name"],
    ["a label that is too long", `http://${"a".repeat(64)}.com/`, "INVALID_INPUT", "the host is not a valid name"],
    ["a name that is too long", `http://${"a.".repeat(127)}com/`, "INVALID_INPUT", "the host is not a valid name"],
    ["signs that no name has", "http://a$b.com/", "INVALID_INPUT", "the host is not a valid name"],
    ["no address", "http://256.1.1.1/", "INVALID_INPUT", "the URL can't be parsed"],
    ["no port", "http://example.com:99999/", "INVALID_INPUT", "the URL can't be parsed"],
  ])("refused: %s", (_what, text, code, reason) => {
    let refusal: unknown;
    try {
      normalizeUrl(text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal instanceof Refusal && { code: refusal.code, reason: refusal.message }).toEqual({ code, reason });
  });

  test("reading what was read changes nothing", () => {
    assert(
      property(webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const once = normalizeUrl(url);
        expect(normalizeUrl(once.href)).toEqual(once);
      }),
    );
  });

  test("no spelling of a name changes what it is", () => {
    assert(
      property(domain(), integer({ min: 1, max: 65_535 }), constantFrom("", "."), (name, port, dot) => {
        const plain = normalizeUrl(`http://${name}:${port}/`);
        expect(normalizeUrl(`HTTP://${name.toUpperCase()}${dot}:${port}/`)).toEqual(plain);
      }),
    );
  });

  test("a URL that is let through never has another host than any other reader sees", () => {
    assert(
      property(string({ unit: constantFrom(...Array.from("ab.@:/\\?#[]%0 1\t\n。")), maxLength: 20 }), (junk) => {
        let host: string;
        try {
          ({ host } = normalizeUrl(`http://${junk}`));
        } catch {
          return;
        }
        const byRegex = /^http:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]*)/.exec(`http://${junk}`)?.[1] ?? ""; // RFC 3986, appendix B
        expect(new URL(`http://${byRegex}/`).hostname.replace(/^\[|\]$|\.$/g, "")).toBe(host);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("names that are special whatever they resolve to", () => {
  test.each([
    ["localhost", "local"],
    ["a.localhost", "local"],
    ["printer.local", "local"],
    ["metadata.google.internal", "local"],
    ["nas.lan", "local"],
    ["intranet", "local"],
    ["router.home.arpa", "local"],
    ["consul.service.consul", "local"],
    ["kubernetes.default.svc", "local"],
    ["metadata.goog", "metadata"],
    ["local.example.com", undefined],
    ["notlocal", "local"],
    ["mylocal.com", undefined],
    ["internal.example.com", undefined],
    ["xmetadata.goog", undefined],
    ["8.8.8.8", undefined],
    ["2606:4700::1111", undefined],
  ])("%s", (name, expected) => {
    expect(specialName(name)).toBe(expected);
  });
});

test.each(["", "GET ", "G\r\nX", "GÉT", "A".repeat(21)])("%j is no method", (method) => {
  expect(() => normalizeMethod(method)).toThrow("the method is not a word");
});
