import { describe, expect, test } from "vitest";
import { describeExplanation, explainDecision, explainRefusal } from "../../src/policy/explain.ts";
import { decide } from "../../src/policy/decide.ts";
import { Refusal, type Query } from "../../src/types.ts";
import { command, load, path, query, rules, url } from "./support.ts";

const policy = rules([
  "{ id: secrets, effect: deny, path: ['**/.env'], why: stay out of the context }",
  "{ id: trial, effect: deny, op: list, mode: warn, why: x }",
]);

describe("explanations", () => {
  test("have the shape of the contract", () => {
    const asked = query([path("read", ".env")]);
    const { obligations, rules: by, ...told } = explainDecision(policy.decide(asked), asked);
    expect(told).toEqual({
      effect: "deny",
      code: "DENIED",
      reason: 'rule "secrets" denies it: stay out of the context',
      remedy: 'find another way, or ask the policy\'s owner about "secrets"',
      resources: [{ kind: "path", op: "read", path: "/w/.env" }],
    });
    expect(by).toEqual([{ id: "secrets", layer: "user", file: policy.files[0], line: 4, effect: "deny" }]);
    expect(obligations.read).toBe(1024 ** 2);
  });

  test("tell what warn rules would have done", () => {
    const asked = query([path("list", "src")]);
    expect(explainDecision(policy.decide(asked), asked)).toMatchObject({ effect: "allow", wouldHave: [{ id: "trial", effect: "deny" }] });
  });

  test("never tell what lies outside of the workspaces", () => {
    const asked = query([{ kind: "path", op: "read", path: "/home/user/.ssh/id_rsa", type: "file", links: 3 }]);
    const told =
      JSON.stringify(explainDecision(policy.decide(asked), asked)) + describeExplanation(explainDecision(policy.decide(asked), asked));
    expect(told).not.toContain("home");
    expect(told).not.toContain('"links"');
  });

  test("for people: the verdict, the mend, the rules, what it touches, nothing that moves the cursor", () => {
    const asked = query([
      command(["echo", "a\u001b[2Jb", "$X"]),
      url("https://example.com/"),
      path("read", null),
      { kind: "opaque", reason: "a loop", script: true },
    ]);
    const told = describeExplanation(explainDecision(policy.decide(asked), asked));
    expect(told.split("\n").slice(0, 2)).toEqual([
      expect.stringMatching(/^ask \(APPROVAL_REQUIRED\): no rule speaks of it/),
      "  what to do: a person must approve it",
    ]);
    expect(told).toContain('touches command echo "a\\u001b[2Jb" <unknown> in /w');
    expect(told).not.toMatch(/[^\n\x20-\x7e]/);
  });

  test("a call refused before it could be decided", () => {
    expect(explainRefusal(new Refusal("INVALID_INPUT", "a control character", "drop it"))).toMatchObject({
      effect: "deny",
      code: "INVALID_INPUT",
      rules: [],
      reason: "a control character",
      remedy: "drop it",
    });
  });

  test("ask and dry run carry their code, allow none", () => {
    const modes = ["approve-all", "dry-run", "auto-approve"].map((mode) =>
      load(`version: 1\napprovals: { mode: ${mode} }\n`).decide(query([path("write", "a")])),
    );
    expect(modes.map(({ effect, code }) => [effect, code])).toEqual([
      ["ask", "APPROVAL_REQUIRED"],
      ["dry_run", undefined],
      ["allow", undefined],
    ]);
  });
});

const withoutFiles = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(/"file":"[^"]*"/g, '"file":""'));

describe("deciding is pure", () => {
  test("a recorded query replays to the same decision, by a policy loaded anew", () => {
    const text = "version: 1\nextends: [team]\nrules: [{ id: x, effect: allow, run: [make ...], why: x }]\n";
    const [before, after] = [load(text), load(text)];
    const queries = [
      query([path("read", ".env")]),
      query([command(["make", "-j2"]), path("write", "out", { links: 2 })], { tool: "run_command", risk: "high" }),
      query([url("https://example.com/")], { tool: "fetch", risk: "medium", labels: ["untrusted"] }),
      query([{ kind: "upstream", server: "github", tool: "list_issues" }], {
        tool: "github/list_issues",
        principal: { id: "k", key: "ci", scopes: ["upstream:read"] },
      }),
    ];
    for (const one of queries) {
      const row = JSON.stringify(one);
      expect(withoutFiles(after.decide(JSON.parse(row) as Query))).toEqual(withoutFiles(before.decide(one)));
    }
  });

  test("the query is not changed", () => {
    const asked = Object.freeze(query([Object.freeze(command(["git", "push"]))]));
    expect(() => policy.decide(asked)).not.toThrow();
  });

  test("an exception while deciding is a deny", () => {
    const broken = { layers: "none", digest: "sha256:x" } as unknown as Parameters<typeof decide>[0];
    expect(decide(broken, query([path("read", "a")]))).toMatchObject({
      effect: "deny",
      code: "DENIED",
      rules: [{ id: "floor/error" }],
      reason: "the decision could not be made (TypeError)",
    });
  });

  test("a call that touches nothing is judged as a call", () => {
    expect(policy.decide(query([], { tool: "process_list" })).effect).toBe("allow");
  });
});

describe("the digest", () => {
  test("follows the content and not the path", () => {
    const [a, b, c] = [load("version: 1\n"), load("version: 1\n"), load("version: 1\nname: x\n")];
    expect([a.digest === b.digest, a.digest === c.digest, /^sha256:[0-9a-f]{64}$/.test(a.digest)]).toEqual([true, false, true]);
  });
});
