import { describe, expect, test } from "vitest";
import type { Effect, Obligations, Resource } from "../../src/types.ts";
import { hashPolicy } from "../../src/policy/check.ts";
import { loadPolicy, type PolicySources } from "../../src/policy/load.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { command, path, policyFile, query, SOURCES, url } from "./support.ts";

const file = (text: string, name?: string): string => policyFile(`version: 1\n${text}`, name);

/** Loads one text a layer. */
function layers(texts: { admin?: string; user?: string; project?: string; trusted?: boolean }): Policy {
  const sources: PolicySources = {
    ...SOURCES,
    files: texts.user === undefined ? [] : [file(texts.user)],
    ...(texts.admin === undefined ? {} : { adminFile: file(texts.admin) }),
    projectFiles: texts.project === undefined ? [] : [file(texts.project, ".portcullis.yaml")],
    trusted: () => texts.trusted === true,
  };
  return loadPolicy(sources);
}

const write = query([path("write", "a.txt")], { tool: "write_file", risk: "medium" });
const ALLOW = "rules: [{ id: open, effect: allow, op: write, path: ['**'] }]";
const ABSOLUTE = "rules: [{ id: open, effect: allow, op: write, path: ['/w/**'] }]";

describe("limits.extensions.deny", () => {
  const deny = "limits: { extensions: { deny: [exe, .TAR.gz] } }";
  test.each<[string, Parameters<typeof layers>[0], Resource, Effect]>([
    ["a write of such a file is denied, whatever allows it", { user: `${ALLOW}\n${deny}` }, path("write", "a.exe"), "deny"],
    ["case makes no difference", { user: `${ALLOW}\n${deny}` }, path("write", "dir/A.ExE"), "deny"],
    ["an equivalent spelling makes none", { user: `${ALLOW}\n${deny}` }, path("write", "a.exe."), "deny"],
    ["an extension of two parts counts", { user: `${ALLOW}\n${deny}` }, path("write", "a.tar.gz"), "deny"],
    ["its last part alone doesn't", { user: `${ALLOW}\n${deny}` }, path("write", "a.gz"), "allow"],
    ["a name that only contains it is none", { user: `${ALLOW}\n${deny}` }, path("write", "exe"), "allow"],
    ["a name that goes on is none", { user: `${ALLOW}\n${deny}` }, path("write", "a.exe.txt"), "allow"],
    ["reading is untouched", { user: deny }, path("read", "a.exe"), "allow"],
    ["an untrusted project may say it too", { user: ALLOW, project: deny }, path("write", "a.exe"), "deny"],
  ])("%s", (_name, texts, resource, expected) => {
    expect(
      layers(texts).decide(
        query([resource], { tool: "write_file", risk: resource.kind === "path" && resource.op === "read" ? "low" : "medium" }),
      ).effect,
    ).toBe(expected);
  });

  test("the decision names the setting with its line", () => {
    const decision = layers({ user: `${ALLOW}\n${deny}` }).decide(query([path("write", "a.exe")], { tool: "write_file", risk: "medium" }));
    expect(decision).toMatchObject({
      rules: [{ id: "limits.extensions", line: 3 }],
      reason: "files with this extension may not be written",
    });
  });
});

describe("layers", () => {
  const rows: [string, Parameters<typeof layers>[0], Effect, string[]][] = [
    ["the user's allow opens", { user: ALLOW }, "allow", ["open"]],
    ["the admin's deny is stricter", { admin: "rules: [{ id: shut, effect: deny, op: write }]", user: ALLOW }, "deny", ["shut"]],
    ["the admin's silence leaves it to the user", { admin: "name: a", user: ALLOW }, "allow", ["open"]],
    ["a sealed silence says its own default", { admin: "sealed: true\ndefault: deny", user: ALLOW }, "deny", ["default"]],
    ["a sealed silence asks by risk", { admin: "sealed: true", user: ALLOW }, "ask", ["default"]],
    ["a sealed allow with the user's", { admin: `sealed: true\n${ALLOW}`, user: ALLOW }, "allow", ["open", "open"]],
    ["the admin's default deny, the user's allow", { admin: "default: deny", user: ALLOW }, "allow", ["open"]],
    ["a default deny of any layer", { admin: "default: deny", user: "name: x" }, "deny", ["default"]],
    ["a project that isn't trusted can't open", { user: "name: x", project: ABSOLUTE }, "ask", ["default"]],
    ["one that is can", { user: "name: x", project: ABSOLUTE, trusted: true }, "allow", ["open"]],
    [
      "one that is can't open what the user denies",
      { user: "rules: [{ id: shut, effect: deny, op: write }]", project: ABSOLUTE, trusted: true },
      "deny",
      ["shut"],
    ],
    ["one that isn't can deny", { user: ALLOW, project: "rules: [{ id: shut, effect: deny, op: write }]" }, "deny", ["shut"]],
    [
      "one that isn't can't turn a default deny into a question",
      { user: "default: deny", project: "rules: [{ id: q, effect: ask, op: write }]" },
      "deny",
      ["default"],
    ],
    ["approve-all is a floor", { user: `approvals: { mode: approve-all }\n${ALLOW}` }, "ask", ["approvals.mode"]],
    ["dry-run is a floor", { user: `approvals: { mode: dry-run }\n${ALLOW}` }, "dry_run", ["approvals.mode"]],
    [
      "the stricter approval mode holds",
      { admin: "approvals: { mode: approve-all }", user: "approvals: { mode: auto-approve }" },
      "ask",
      ["default", "approvals.mode"],
    ],
    ["a project can't choose a looser mode", { user: "name: x", project: "approvals: { mode: auto-approve }" }, "ask", ["default"]],
    ["auto-approve lets it through", { user: "approvals: { mode: auto-approve }" }, "allow", ["default"]],
    ["warn changes nothing", { user: `${ALLOW.slice(0, -1)}, { id: shut, effect: deny, op: write, mode: warn }]` }, "allow", ["open"]],
    [
      "warn of a whole file changes nothing",
      { user: "mode: warn\ndefault: deny\nrules: [{ id: shut, effect: deny }]" },
      "ask",
      ["default"],
    ],
    [
      "warn doesn't count under a seal",
      { admin: `sealed: true\n${ALLOW}`, user: "rules: [{ id: shut, effect: deny, op: write, mode: warn }]" },
      "deny",
      ["shut"],
    ],
    [
      "warn of a whole file doesn't count under a seal",
      { admin: `sealed: true\n${ALLOW}`, user: "mode: warn\nrules: [{ id: shut, effect: deny, op: write }]" },
      "deny",
      ["shut"],
    ],
  ];
  test.each(rows)("%s", (_name, texts, effect, ids) => {
    const decision = layers(texts).decide(write);
    expect({ effect: decision.effect, ids: decision.rules.map(({ id }) => id) }).toEqual({ effect, ids });
  });

  test("a project's relative globs stay in its own workspace", () => {
    const file = policyFile("version: 1\nrules: [{ id: shut, effect: deny, path: ['a.txt'], why: x }]\n", ".portcullis.yaml");
    const root = file.slice(0, file.lastIndexOf("/"));
    const policy = loadPolicy({ ...SOURCES, projectFiles: [file] });
    const effect = (real: string): Effect =>
      policy.decide(query([{ kind: "path", op: "read", path: real }], { workspaces: ["/w", root] })).effect;
    expect([effect(`${root}/a.txt`), effect("/w/a.txt")]).toEqual(["deny", "allow"]);
  });

  test("trust is by content: a changed file or parent isn't trusted any more", () => {
    const parent = policyFile("version: 1\n", "parent.yaml");
    const project = policyFile("version: 1\nextends: [./parent.yaml]\n", ".portcullis.yaml");
    const hash = hashPolicy(project);
    policyFile("version: 1\nname: changed\n", "parent.yaml");
    expect(hashPolicy(project)).not.toBe(hash);
    expect(parent).toContain("parent.yaml");
  });

  test("what an untrusted project says in vain is told", () => {
    const policy = layers({ user: "name: x", project: `env: { set: { LD_PRELOAD: /w/evil.so } }\n${ABSOLUTE}` });
    expect(policy.settings.env.set).toEqual({});
    expect(policy.warnings.map(({ message }) => message.replace(/ has no effect.*/, ""))).toEqual([
      'rule "open" gives no reason - add why',
      'the allow rule "open"',
      "`env`",
    ]);
  });

  test("policy files are out of reach, also those of other layers", () => {
    const policy = layers({ admin: "name: a", user: ALLOW });
    const [admin, user] = policy.files;
    const workspace = admin?.slice(0, admin.lastIndexOf("/")) ?? "";
    const effects = [admin, user].map(
      (file) => policy.decide(query([{ kind: "path", op: "write", path: file ?? "" }], { workspaces: [workspace] })).rules[0]?.id,
    );
    expect(effects).toEqual(["floor/state", "floor/state"]);
  });

  test("extends adds rules, the same id replaces, settings replace key by key", () => {
    policyFile(
      "version: 1\nlimits: { read: 2MiB, write: 3MiB }\nrules:\n  - { id: a, effect: deny, path: [a], why: x }\n  - { id: b, effect: deny, path: [b], why: x }\n",
      "base.yaml",
    );
    const child = policyFile(
      "version: 1\nextends: [./base.yaml]\nlimits: { read: 1MiB }\nrules: [{ id: a, effect: ask, path: [a], why: x }]\n",
      "child.yaml",
    );
    const policy = loadPolicy({ ...SOURCES, files: [child] });
    const effect = (name: string): Effect => policy.decide(query([path("read", name)])).effect;
    expect([effect("a"), effect("b")]).toEqual(["ask", "deny"]);
    expect([policy.settings.limits.read, policy.settings.limits.write]).toEqual([1024 ** 2, 3 * 1024 ** 2]);
    expect(policy.decide(query([path("read", "b")])).rules[0]).toMatchObject({ file: child.replace("child", "base"), line: 5 });
  });
});

describe("settings", () => {
  test("combine to the tighter, whoever says it", () => {
    const policy = layers({
      admin: "limits: { read: 2MiB, timeout: 30s, rate: { '*': 60/min } }\nshell: { wrappers: [timeout] }\nenv: { pass: [A] }",
      user: "limits: { read: 1MiB, timeout: 60s }\nshell: { scripts: deny, wrappers: [timeout, env] }\nenv: { pass: [B] }\nsandbox: { network: allowlist }",
      project:
        "limits: { read: 5MiB, write: 1kB }\nsandbox: { network: none, memory: 8GiB }\nenv: { pass: [C] }\negress: { allow: [evil.net] }",
    });
    const { limits, shell, env, sandbox, egress } = policy.settings;
    expect({ read: limits.read, write: limits.write, timeout: limits.timeout, rate: limits.rate }).toEqual({
      read: 1024 ** 2,
      write: 1000,
      timeout: 30_000,
      rate: [{ tool: "*", rate: { count: 60, per: 60_000 } }],
    });
    expect({
      scripts: shell.scripts,
      wrappers: shell.wrappers,
      pass: env.pass,
      network: sandbox.network,
      memory: sandbox.memory,
      allow: egress.allow,
    }).toEqual({
      scripts: "deny",
      wrappers: ["timeout"],
      pass: ["A", "B"],
      network: "none",
      memory: 1024 ** 3,
      allow: [],
    });
  });

  test("below a seal nothing gives, and its silence is the default", () => {
    const policy = layers({
      admin: "sealed: true",
      user: "limits: { read: 9MiB }\nenv: { pass: [B] }\nsandbox: { network: allowlist, backend: off }\negress: { allow: [a.org] }\napprovals: { mode: auto-approve }",
    });
    const { limits, env, sandbox, egress } = policy.settings;
    expect([limits.read, env.pass, sandbox.network, sandbox.backend, egress.allow]).toEqual([
      1024 ** 2,
      ["LANG", "TZ"],
      "none",
      "auto",
      [],
    ]);
    expect(policy.decide(write).effect).toBe("ask");
  });

  test("risk: the highest entry counts, and an untrusted project only raises", () => {
    const policy = layers({
      user: "risk: { fetch: low, 'github/*': low, '*/delete_*': high }",
      project: "risk: { fetch: high, write_file: low }",
    });
    expect(["fetch", "github/list", "github/delete_x", "write_file", "other"].map((tool) => policy.riskOf(tool))).toEqual([
      "high",
      "low",
      "high",
      "medium",
      "medium",
    ]);
  });
});

const of = (texts: Parameters<typeof layers>[0], resources: Resource[], tool = "run_command"): Obligations =>
  layers(texts).decide(query(resources, { tool, risk: "high" })).obligations;

describe("obligations", () => {
  const install = "{ id: i, effect: allow, run: [npm ci], sandbox: { network: allowlist, memory: 2GiB }, limits: { timeout: 10m } }";
  const node = "{ id: n, effect: allow, run: [node ...] }";

  test("come from the matching rule", () => {
    const found = of({ user: `rules: [${install}]` }, [command(["npm", "ci"])]);
    expect([found.sandbox.network, found.sandbox.memory, found.timeout, found.output, found.durability]).toEqual([
      "allowlist",
      2 * 1024 ** 3,
      600_000,
      256 * 1024,
      "power",
    ]);
  });

  test("the command beside it closes what its rule doesn't open", () => {
    const found = of({ user: `rules: [${install}, ${node}]` }, [command(["npm", "ci"]), command(["node", "x"])]);
    expect([found.sandbox.network, found.timeout]).toEqual(["none", 60_000]);
  });

  test("a file read beside it doesn't", () => {
    expect(of({ user: `rules: [${install}]` }, [command(["npm", "ci"]), path("read", "package.json")]).sandbox.network).toBe("allowlist");
  });

  test("several rules merge to the tightest", () => {
    const found = of(
      {
        user: "rules: [{ id: a, effect: allow, limits: { read: 8MiB }, sanitize: exact }, { id: b, effect: allow, limits: { read: 2MiB }, sanitize: strict }]",
      },
      [path("read", "a")],
      "read_text_file",
    );
    expect([found.read, found.sanitize]).toEqual([2 * 1024 ** 2, "strict"]);
  });

  test("the admin's limit holds over the user's rule", () => {
    expect(of({ admin: "limits: { timeout: 5s }", user: `rules: [${install}]` }, [command(["npm", "ci"])]).timeout).toBe(5000);
  });

  test("sanitize by tool: the exact name, then a glob, then the star", () => {
    const user = 'sanitize: { "*": standard, "github/*": strict, read_text_file: exact }';
    expect(["read_text_file", "github/x", "fetch"].map((tool) => of({ user }, [{ kind: "call", tool }], tool).sanitize)).toEqual([
      "exact",
      "strict",
      "standard",
    ]);
  });

  test("an untrusted project can't loosen them, but tighten", () => {
    const found = of({ user: `rules: [${install}]`, project: "limits: { timeout: 20m, output: 1kB }\nsanitize: off" }, [
      command(["npm", "ci"]),
    ]);
    expect([found.timeout, found.output, found.sanitize]).toEqual([600_000, 1000, "standard"]);
  });

  test("out of band where any matching rule says so", () => {
    const user = "rules: [{ id: a, effect: ask, tool: fetch, channel: out_of_band }, { id: b, effect: ask, tool: fetch, channel: any }]";
    expect(of({ user }, [url("https://a.org/")], "fetch").channel).toBe("out_of_band");
  });
});
