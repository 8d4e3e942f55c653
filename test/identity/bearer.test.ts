import { describe, expect, test } from "vitest";
import { readBearer } from "../../src/identity/bearer.ts";

describe("the Authorization header", () => {
  test.each<[string, string, string]>([
    ["a key", "Bearer pc_abc-DEF_123", "pc_abc-DEF_123"],
    ["a key behind a scheme in small letters", "bearer pc_abc", "pc_abc"],
    ["a key behind a scheme in capitals", "BEARER pc_abc", "pc_abc"],
    ["a key behind several blanks", "Bearer   pc_abc", "pc_abc"],
    ["a token with every character of token68", "Bearer aZ0-._~+/==", "aZ0-._~+/=="],
    ["the longest credential", `Bearer ${"a".repeat(8192)}`, "a".repeat(8192)],
  ])("holds %s", (_name, header, token) => {
    expect(readBearer(header)).toEqual({ kind: "token", token });
  });

  test.each<[string, string | undefined]>([
    ["a missing one", undefined],
    ["an empty one", ""],
    ["a scheme alone", "Bearer"],
    ["a scheme with blanks", "Bearer   "],
    ["Basic", "Basic dXNlcjpwYXNz"],
    ["a scheme that only begins so", "Bearerx pc_abc"],
    ["a key without a scheme", "pc_abc"],
    ["a tab for a blank", "Bearer\tpc_abc"],
    ["a blank in front", " Bearer pc_abc"],
  ])("presents nothing: %s", (_name, header) => {
    expect(readBearer(header).kind).toBe("absent");
  });

  test.each<[string, string]>([
    ["two words", "Bearer pc_abc pc_def"],
    ["two headers that were joined", "Bearer pc_abc, Bearer pc_def"],
    ["two headers that were joined without a blank", "Bearer pc_abc,Bearer pc_def"],
    ["a parameter", 'Bearer token="pc_abc"'],
    ["a blank at the end", "Bearer pc_abc "],
    ["a new line at the end", "Bearer pc_abc\n"],
    ["a control character", "Bearer pc_\u0000abc"],
    ["a blank that is none", "Bearer \u00a0pc_abc"],
    ["a letter that is no ASCII", "Bearer pc_äbc"],
    ["padding inside", "Bearer pc=abc"],
    ["padding alone", "Bearer ="],
    ["one character too many", `Bearer ${"a".repeat(8193)}`],
    ["100 kB", `Bearer ${"a".repeat(100_000)}`],
  ])("presents what can't be right: %s", (_name, header) => {
    expect(readBearer(header).kind).toBe("malformed");
  });
});
