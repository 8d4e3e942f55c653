import { describe, expect, test } from "vitest";
import { challenge, resourceMetadata } from "../../src/identity/challenge.ts";
import type { Challenge } from "../../src/types.ts";
import { load } from "../policy/support.ts";

const METADATA = "https://mcp.example.com/.well-known/oauth-protected-resource";

describe("the challenge", () => {
  test.each<[string, string, Challenge, string]>([
    ["to who brought nothing names the metadata alone", METADATA, { description: "none" }, `Bearer resource_metadata="${METADATA}"`],
    [
      "says what was wrong",
      METADATA,
      { error: "invalid_token", description: "the token has expired" },
      `Bearer resource_metadata="${METADATA}", error="invalid_token", error_description="the token has expired"`,
    ],
    [
      "says what would be enough",
      METADATA,
      { error: "insufficient_scope", scopes: ["metrics", "a:b"] },
      `Bearer resource_metadata="${METADATA}", error="insufficient_scope", scope="metrics a:b"`,
    ],
    [
      "lets no text out of its quotes",
      'https://x/", realm="y',
      { error: "invalid_token", description: 'a "b" \\ c\r\nSet-Cookie: d=é' },
      `Bearer resource_metadata="https://x/\\", realm=\\"y", error="invalid_token", error_description="a 'b' ' c??Set-Cookie: d=?"`,
    ],
  ])("%s", (_name, metadata, problem, expected) => {
    expect(challenge(metadata, problem)).toBe(expected);
  });
});

describe("the metadata", () => {
  test("names the issuer and every scope that a rule names, in whatever layer", () => {
    const policy = load([
      'version: 1\nrules:\n  - { id: a, effect: allow, tool: read_text_file, who: { scope: ["repo:read", "b"] } }\n',
      'version: 1\nrules:\n  - { id: c, effect: deny, tool: fetch, who: { scope: "b" } }\n  - { id: d, effect: deny, who: { role: guest } }\n',
    ]);
    expect(resourceMetadata("https://mcp.example.com/mcp", "https://idp.example.com", policy.scopes)).toEqual({
      resource: "https://mcp.example.com/mcp",
      authorization_servers: ["https://idp.example.com"],
      scopes_supported: ["b", "metrics", "repo:read"],
      bearer_methods_supported: ["header"],
    });
  });

  test("sends nobody to an issuer where there is none", () => {
    expect(resourceMetadata("http://127.0.0.1:1/mcp", undefined, [])).toEqual({
      resource: "http://127.0.0.1:1/mcp",
      scopes_supported: ["metrics"],
      bearer_methods_supported: ["header"],
    });
  });
});
