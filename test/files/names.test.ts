import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equivalentPaths } from "../../src/files/names.ts";

describe("equivalentPaths", () => {
  test.each<[string, string, readonly string[]]>([
    ["an ordinary path has none", "/w/src/index.ts", []],
    ["a dotfile has none", "/w/.env", []],
    ["dots inside of names stay", "/w/..foo/a..b/v1.2.3", []],
    ["an alternate data stream", "/w/.env::$DATA", ["/w/.env"]],
    ["a stream with a name", "/w/ok.txt:hidden", ["/w/ok.txt"]],
    ["a trailing dot", "/w/.env.", ["/w/.env"]],
    ["a trailing space", "/w/.env ", ["/w/.env"]],
    ["both, again and again", "/w/.env. . .", ["/w/.env"]],
    ["in a directory's name", "/w/.git. /config", ["/w/.git/config"]],
    ["a zero-width non-joiner", "/w/.g\u200cit/hooks/x", ["/w/.git/hooks/x"]],
    ["a soft hyphen and a variation selector", "/w/.e\u00adnv\ufe0f", ["/w/.env"]],
    ["a bidi override", "/w/invoice\u202efdp.sh", ["/w/invoicefdp.sh"]],
    ["decomposed letters", "/w/cafe\u0301.pem", ["/w/caf\u00e9.pem"]],
    ["the short name of .git", "/w/git~1/config", ["/w/.git/config", "/w/git/config"].slice(0, 1)],
    ["a short name in capitals", "/w/SSH~1/id_rsa", ["/w/.SSH/id_rsa"]],
    ["a short name with an extension that was cut", "/w/MCP~1.JSO", ["/w/.MCP.json"]],
    ["a short name that was cut itself", "/w/GITMOD~1", ["/w/.gitmodules"]],
    ["tricks on top of each other", "/w/git~1::$INDEX_ALLOCATION/config", ["/w/git~1/config", "/w/.git/config"]],
    ["a name of dots and spaces alone stays", "/w/... /x", []],
    ["a colon at the start is no stream", "/w/:x", []],
    ["nor is the one of a drive", "C:/w/a.txt", []],
    ["whose files have streams all the same", "C:/w/.env::$DATA", ["C:/w/.env"]],
  ])("%s", (_name, path, expected) => {
    expect(equivalentPaths(path)).toEqual(expected);
  });

  test("has as many names as the path, none of them empty, and is stable", () => {
    const name = fc.string({ unit: fc.constantFrom("a", ".", " ", ":", "~1", "\u200b", "e\u0301", "G"), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const path = `/${names.join("/")}`;
        for (const other of equivalentPaths(path)) {
          expect(other.split("/").length).toBe(path.split("/").length);
          expect(other.slice(1).split("/")).not.toContain("");
          expect(other).not.toBe(path);
        }
      }),
    );
  });
});
