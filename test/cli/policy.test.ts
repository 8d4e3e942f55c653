import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { policyCommands, type PolicyCommandDeps } from "../../src/cli/policy.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import { Refusal } from "../../src/types.ts";
import { equivalents, eyes, path, query, SOURCES } from "../policy/support.ts";

const directory = mkdtempSync(join(tmpdir(), "cli-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const full = join(directory, name);
  writeFileSync(full, text, { mode: 0o644 });
  return full;
}

interface Run {
  readonly out: string[];
  readonly error: string[];
  readonly code: number;
  readonly trusted: string[];
}

/** Runs one command line with the real commands and stand-ins for terminal and eyes. */
async function run(args: readonly string[], lines: readonly string[] = []): Promise<Run> {
  const out: string[] = [];
  const error: string[] = [];
  const trusted: string[] = [];
  let code = 0;
  const deps: PolicyCommandDeps = {
    out: (line) => out.push(line),
    error: (line) => error.push(line),
    exit: (wanted) => (code = Math.max(code, wanted)),
    async *readLines() {
      yield* lines;
    },
    writeNew: (name, text) => writeFileSync(name, text, { flag: "wx", mode: 0o644 }),
    load: async ({ policy }) => loadPolicy({ ...SOURCES, files: policy, haveSecret: () => false }),
    prepareQuery: async (policy, { tool, args: given, as }) => {
      if (given["path"] === "../x") throw new Refusal("DENIED", "the path is outside the workspaces", "stay inside");
      const scopes = (as?.["scope"] ?? []) as string[];
      const asked = { tool, args: given, risk: policy.riskOf(tool), principal: { id: "cli", scopes } };
      return { query: query([path("read", String(given["path"]))], asked) };
    },
    trust: async (name, sha256) => void trusted.push(`${name} ${sha256.length}`),
    facts: { equivalents, eyes },
  };
  const program = new Command("portcullis").exitOverride();
  policyCommands(program, deps);
  await program.parseAsync(["policy", ...args], { from: "user" });
  return { out, error, code, trusted };
}

const good = file(
  "good.yaml",
  "version: 1\nextends: [local]\nrules: [{ id: a, effect: allow, op: write, path: ['docs/**'], who: { scope: w }, why: x }]\ntests: [{ path: a, op: write, expect: ask }]\n",
);
const bad = file("bad.yaml", "version: 1\nrulse: []\n");

describe("portcullis policy", () => {
  test("check tells every problem of every file and goes out with 2", async () => {
    expect(await run(["check", good, bad])).toEqual({
      out: [`${good}: ok`],
      error: [`${bad}:2:1: unknown key "rulse" - did you mean "rules"?`],
      code: 2,
      trusted: [],
    });
  });

  test("check of a good file goes out with 0 and warns", async () => {
    const plain = file("plain.yaml", "version: 1\nrules: [{ id: a, effect: deny, path: [x] }]\n");
    expect(await run(["check", plain])).toEqual({
      out: [`${plain}: ok`],
      error: [`${plain}:2:1: rule "a" gives no reason - add why (warning)`],
      code: 0,
      trusted: [],
    });
  });

  test("an unmet requirement is an error", async () => {
    const needy = file("needy.yaml", "version: 1\nrequire: [{ secret: T }]\nsecrets: { T: { from: 'env:T' } }\n");
    expect(await run(["check", needy])).toMatchObject({
      error: [`${needy}:2:11: the required secret T is not there - provide env:T`],
      code: 2,
    });
  });

  test("test counts, and goes out with 1 when one fails", async () => {
    const failing = file(
      "failing.yaml",
      "version: 1\ntests: [{ path: a, op: write, expect: allow }, { path: a, op: read, expect: allow }]\n",
    );
    expect(await run(["test", good, "profile:local"])).toMatchObject({
      out: [`${good}: 1 of 1 tests passed`, expect.stringMatching(/^profile:local: (\d+) of \1 tests passed$/)],
      code: 0,
    });
    expect(await run(["test", failing])).toMatchObject({ out: [`${failing}: 1 of 2 tests passed`], code: 1 });
  });

  test("explain --json gives the decision", async () => {
    const { out, code } = await run(["explain", "--json", "--policy", good, "--tool", "read_text_file", "--args", '{"path":".env"}']);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      effect: "deny",
      code: "DENIED",
      rules: [{ id: "secrets", layer: "user", file: "profile:local" }],
      resources: [{ kind: "path", op: "read", path: "/w/.env" }],
    });
    expect(code).toBe(0);
  });

  test("explain for people", async () => {
    const { out } = await run(["explain", "--policy", good, "--tool", "read_text_file", "--args", '{"path":"a"}']);
    expect(out[0]).toMatch(/^allow: /);
  });

  test("explain --batch writes one decision a line, in order, and refusals and bad lines have theirs", async () => {
    const calls = [
      '{"tool":"read_text_file","args":{"path":"a"}}',
      '{"tool":"read_text_file","args":{"path":"../x"}}',
      "nonsense",
      "",
      '{"tool":"read_text_file","args":{"path":".env"},"as":{"scope":["w"]}}',
    ];
    const { out, error, code } = await run(["explain", "--batch", "--policy", good], calls);
    expect(out.map((line) => (JSON.parse(line) as { effect: string; code?: string }).effect)).toEqual(["allow", "deny", "deny", "deny"]);
    expect([error, code]).toEqual([["line 3: is not JSON - write one object a line"], 2]);
  });

  test("explain wants one of --tool and --batch", async () => {
    expect(await run(["explain"])).toMatchObject({ error: ["give either --tool with --args, or --batch"], code: 2 });
  });

  test("explain with a broken policy says so", async () => {
    expect(await run(["explain", "--policy", bad, "--tool", "x"])).toMatchObject({
      out: [],
      error: [`${bad}:2:1: unknown key "rulse" - did you mean "rules"?`],
      code: 2,
    });
  });

  test("schema prints JSON", async () => {
    const { out } = await run(["schema"]);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ title: "Portcullis policy", type: "object" });
  });

  test("init writes a policy that passes check and test, and never over a file", async () => {
    const fresh = join(directory, "fresh.yaml");
    expect((await run(["init", fresh, "--profile", "ci"])).code).toBe(0);
    expect((await run(["check", fresh])).error).toEqual([]);
    expect(await run(["init", fresh])).toMatchObject({
      code: 2,
      error: [`${fresh} can't be written (EEXIST) - name a new file in a directory of yours`],
    });
    expect(await run(["init", fresh, "--profile", "x"])).toMatchObject({
      error: ['no built-in profile "x" - use local, team or ci'],
      code: 2,
    });
  });

  test("trust remembers the hash of the content", async () => {
    expect((await run(["trust", good])).trusted).toEqual([`${good} 64`]);
    expect((await run(["trust", bad])).code).toBe(2);
  });

  test("diff tells rules, settings and decisions, and goes out with 1", async () => {
    const next = file(
      "next.yaml",
      "version: 1\nextends: [local]\nlimits: { read: 2MiB }\nrules: [{ id: b, effect: deny, op: write, path: [a], why: x }]\n",
    );
    expect(await run(["diff", good, next])).toMatchObject({
      out: ["- rule a (allow)", "+ rule b (deny)", '~ limits: nothing to {"read":2097152}', '! {"path":"a","op":"write"}: ask to deny'],
      code: 1,
    });
    expect(await run(["diff", good, good])).toMatchObject({ out: [], code: 0 });
  });
});
