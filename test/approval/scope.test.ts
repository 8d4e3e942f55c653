import { describe, expect, test } from "vitest";
import { bindCall } from "../../src/approval/seal.ts";
import type { Call, Resource } from "../../src/types.ts";

type Bound = Parameters<typeof bindCall>;
const call = { principal: { id: "p", scopes: [] }, tool: "t", args: { a: 1 } } satisfies Pick<Call, "principal" | "tool" | "args">;
const path: Resource = { kind: "path", op: "write", path: "/w/a" };
const command: Resource = { kind: "command", argv: ["make"], cwd: "/w", sets: [], hazards: [], wrappers: [] };
const url: Resource = { kind: "url", method: "GET", scheme: "https", host: "example.com", port: 443 };
const upstream: Resource = { kind: "upstream", server: "github", tool: "delete_issue" };
const itself: Resource = { kind: "call", tool: "t" };

describe("approve_session", () => {
  /** Is the second call covered by a session's yes to the first? */
  const covers = (first: Resource, second: Resource, args: Call["args"] = call.args, scope?: [string?, string?]): boolean => {
    const more = (one: string | undefined): Bound[2] => ({ states: {}, ...(one === undefined ? {} : { scope: one }) });
    return (
      bindCall(call, [first], more(scope?.[0]), "sha256:p").scope ===
      bindCall({ ...call, args }, [second], more(scope?.[1]), "sha256:p").scope
    );
  };

  test.each<[string, boolean, Resource, Resource, Call["args"]?, [string?, string?]?]>([
    ["covers the same file with other content", true, path, path, { a: 2 }],
    ["doesn't cover another file", false, path, { ...path, path: "/w/b" }],
    ["doesn't cover another operation on it", false, path, { ...path, op: "delete" }],
    ["covers the same argv in the same directory", true, command, command],
    ["doesn't cover another argument", false, command, { ...command, argv: ["make", "install"] }],
    ["doesn't cover another directory", false, command, { ...command, cwd: "/w/sub" }],
    ["doesn't cover other input to the same argv", false, command, command, call.args, ["one", "two"]],
    ["covers the same URL", true, url, url, { page: 2 }, ["GET https://example.com/a", "GET https://example.com/a"]],
    ["covers it when its name has other addresses", true, url, { ...url, addresses: [{ address: "192.0.2.1", kind: "public" }] }],
    ["doesn't cover another page of the host", false, url, url, call.args, ["GET https://example.com/a", "GET https://example.com/b"]],
    ["doesn't cover other arguments of an upstream's tool", false, upstream, upstream, { a: 2 }],
    ["doesn't cover other arguments of a tool that touches nothing", false, itself, itself, { a: 2 }],
  ])("%s", (_name, expected, first, second, args, scope) => {
    expect(covers(first, second, args, scope)).toBe(expected);
  });
});
