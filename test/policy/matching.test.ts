import { describe, expect, test } from "vitest";
import type { Effect, Query, Resource } from "../../src/types.ts";
import { command, path, query, rules, url } from "./support.ts";

/** What one rule says of one resource, where the default asks (by risk high) or allows (low): `none` when the rule is not among the blamed. */
function says(rule: string, resource: Resource, more: Partial<Query> = {}): Effect | "none" {
  const policy = rules([rule], "approvals: { mode: approve-all }");
  const allow = rule.includes("effect: allow");
  const plain = rules([rule], "approvals: { mode: auto-approve }");
  const decision = (allow ? plain : policy).decide(query([resource], { tool: "run_command", risk: "high", ...more }));
  return decision.rules.some(({ id }) => id === "r") ? decision.effect : "none";
}

const cmd = (text: string, more = {}): Resource => command(text.split(" "), more);
/** A program without a table of options. */
const bare = (text: string): Resource => {
  const { options: _options, ...resource } = command(text.split(" "));
  return resource;
};

describe("run patterns", () => {
  const rows: [string, string, Resource, Effect | "none"][] = [
    ["literal words match exactly", "npm test", cmd("npm test"), "allow"],
    ["and nothing after them", "npm test", cmd("npm test --watch"), "none"],
    ["nor before the end", "npm test", cmd("npm"), "none"],
    ["a trailing ... takes any further words", "npm test ...", cmd("npm test --watch x"), "allow"],
    ["a trailing ... takes none too", "npm test ...", cmd("npm test"), "allow"],
    ["alternatives", "npm run (build|test)", cmd("npm run test"), "allow"],
    ["alternatives stop at the word's end", "npm run (build|test)", cmd("npm run tests"), "none"],
    ["alternatives within a word", "npm run test:(unit|e2e)", cmd("npm run test:e2e"), "allow"],
    ["a star stays inside one word", "npm run *", cmd("npm run a b"), "none"],
    ["a star matches any one word", "npm run *", cmd("npm run a/b"), "allow"],
    ["a question mark is one character", "make v?", cmd("make v12"), "none"],
    ["<int> takes numbers", "kill <int>", cmd("kill 42"), "allow"],
    ["<int> takes nothing else", "kill <int>", cmd("kill 42x"), "none"],
    ["<any> takes one word of any kind", "git commit -m <any>", cmd("git commit -m --amend"), "allow"],
    ["<path> takes a path in the workspace", "fmt <path>", cmd("fmt src/a.ts"), "allow"],
    ["<path> takes none outside", "fmt <path>", cmd("fmt ../x"), "none"],
    ["<path> takes no option", "fmt <path>", cmd("fmt --write"), "none"],
    ["a regular expression's characters are literal", "make a.c", cmd("make abc"), "none"],
    ["an escaped star is literal", "make \\\\*", cmd("make *"), "allow"],
    ["an escaped star matches no other word", "make \\\\*", cmd("make x"), "none"],
    ["a word with a newline is one word", "echo <any>", command(["echo", "a\nb"]), "allow"],
    ["a program by its path is not the program by its name", "git status", cmd("/tmp/git status"), "none"],
    ["a star for the program takes no path", "* --version", cmd("./evil --version"), "none"],
    ["a path names that program", "./build.sh", cmd("./build.sh"), "allow"],
    ["written another way it is the same file", "./build.sh", cmd("scripts/../build.sh"), "allow"],
    ["in another directory it is another program", "./build.sh", cmd("./build.sh", { cwd: "/w/sub" }), "none"],
    ["an absolute path names that program", "/usr/bin/git status", cmd("/usr/bin/git status"), "allow"],
    ["an unknown word is never allowed", "npm run ...", cmd("npm run $X"), "none"],
    ["nor an unknown program", "* ...", cmd("$X run"), "none"],
    ["nor an unknown directory", "npm test", cmd("npm test", { cwd: null }), "none"],
    ["options are no way around: extra words need ...", "git push origin", cmd("git -C x push origin"), "none"],
  ];
  test.each(rows)("allow: %s", (_name, pattern, resource, effect) => {
    expect(says(`{ id: r, effect: allow, run: ["${pattern}"] }`, resource)).toBe(effect);
  });

  const denied: [string, string, Resource, Effect | "none"][] = [
    ["certain match denies", "git push ...", cmd("git push origin"), "deny"],
    ["an unknown word after a sure match is still sure", "git push ...", cmd("git push $X"), "deny"],
    ["an unknown word in the match is a maybe, which asks", "git push ...", cmd("git $X origin"), "ask"],
    ["an unknown program is a maybe", "git push ...", cmd("$X push"), "ask"],
    ["an unknown word may be no word at all", "git push", cmd("git push $X"), "ask"],
    ["a path to a program of that name is a maybe", "sudo ...", cmd("/usr/bin/sudo ls"), "ask"],
    ["an option with its value before the subcommand is a maybe", "git push ...", cmd("git -C push push"), "ask"],
    ["many of them too", "npm run deploy", cmd("npm --prefix x -s run deploy"), "ask"],
    ["a subcommand of another name is none", "git push ...", cmd("git commit -m push"), "none"],
  ];
  test.each(denied)("deny: %s", (_name, pattern, resource, effect) => {
    expect(says(`{ id: r, effect: deny, run: ["${pattern}"] }`, resource)).toBe(effect);
  });

  test("a maybe-deny denies under default: deny and in a sealed policy", () => {
    const rule = "{ id: r, effect: deny, run: [git push ...] }";
    const effects = ["default: deny", "sealed: true", ""].map(
      (head) => rules([rule], head).decide(query([cmd("git $X")], { risk: "high" })).effect,
    );
    expect(effects).toEqual(["deny", "deny", "ask"]);
  });
});

describe("has and flags", () => {
  const rows: [string, Resource, Effect | "none"][] = [
    ["the option itself", cmd("git push --force"), "deny"],
    ["with its value", cmd("git push --force=x"), "deny"],
    ["in a bundle", cmd("git push -uf origin"), "deny"],
    ["not there", cmd("git push -u origin"), "none"],
    ["an unknown word may be it", cmd("git push $X"), "ask"],
    ["without a table: a bundle counts", bare("git push -uf"), "deny"],
    ["without a table: an abbreviation counts", bare("git push --forc"), "deny"],
    ["without a table: a value counts", bare("git push --force=x"), "deny"],
    ["without a table: a long option is no bundle", bare("git push --fix"), "none"],
    ["what the program's table says counts", cmd("git push --no-force", { options: ["--no-force"] }), "none"],
    ["a completed abbreviation", cmd("git push --forc", { options: ["--force"] }), "deny"],
  ];
  test.each(rows)("has: %s", (_name, resource, effect) => {
    expect(says('{ id: r, effect: deny, run: ["git push ..."], has: ["--force", "-f"] }', resource)).toBe(effect);
  });

  const allowed: [string, Resource, Effect | "none"][] = [
    ["all listed", cmd("git log --oneline -n"), "allow"],
    ["one not listed", cmd("git log --oneline --output"), "none"],
    ["none used", cmd("git log main"), "allow"],
    ["an unknown one", cmd("git log", { options: [null] }), "none"],
    ["without a table a value is cut off", bare("git log --oneline=x"), "allow"],
    ["without a table a bundle is no listed option", bare("git log -np"), "none"],
    ["a lone dash is no option", bare("git log -"), "allow"],
  ];
  test.each(allowed)("flags: %s", (_name, resource, effect) => {
    expect(says('{ id: r, effect: allow, run: ["git log ..."], flags: ["--oneline", "-n"] }', resource)).toBe(effect);
  });
});

describe("hazards and wrappers", () => {
  const hazards = [{ word: 2, reason: "code" }];
  test("a hazard passes only where the pattern spells it out", () => {
    const resource = cmd("python3 -c print(1)", { hazards });
    const effects = ["python3 ...", "python3 -c <any>", "python3 -c *", "python3 -c print\\\\(1\\\\)"].map(
      (pattern) => rules([`{ id: r, effect: allow, run: ["${pattern}"] }`]).decide(query([resource], { risk: "high" })).effect,
    );
    expect(effects).toEqual(["ask", "ask", "ask", "allow"]);
  });

  test("shell.opaque: deny closes it", () => {
    const policy = rules(['{ id: r, effect: allow, run: ["python3 ..."] }'], "shell: { opaque: deny }");
    expect(policy.decide(query([cmd("python3 -c x", { hazards })])).rules.map(({ id }) => id)).toEqual(["shell.opaque"]);
  });

  test("a wrapper is let through beside the command it wraps, and not alone", () => {
    const policy = rules(["{ id: r, effect: allow, run: [git status] }"]);
    const inner = cmd("git status", { wrappers: ["timeout"] });
    const effect = (resources: Resource[]): Effect => policy.decide(query(resources, { risk: "high" })).effect;
    expect([
      effect([cmd("timeout 5 git status"), inner]),
      effect([cmd("timeout 5 git status")]),
      effect([cmd("nohup git status"), cmd("git status", { wrappers: ["nohup"] })]),
    ]).toEqual(["allow", "ask", "ask"]);
  });
});

describe("paths", () => {
  const rows: [string, string, Resource, Effect | "none"][] = [
    ["an allow holds the exact case", 'effect: allow, path: ["src/**"]', path("read", "SRC/a"), "none"],
    ["a deny any case", 'effect: deny, path: ["src/**"]', path("read", "SRC/a"), "deny"],
    ["a deny other spellings", 'effect: deny, path: ["**/.env"]', path("read", ".env::$DATA"), "deny"],
    [
      "an exception of a deny only the exact name",
      'effect: deny, path: ["**/.env.*"], except: ["**/.env.example"]',
      path("read", ".ENV.EXAMPLE"),
      "deny",
    ],
    ["an exception of a deny", 'effect: deny, path: ["**/.env.*"], except: ["**/.env.example"]', path("read", ".env.example"), "none"],
    ["an exception of an allow any case", 'effect: allow, path: ["**"], except: ["**/*.key"]', path("read", "a.KEY"), "none"],
    ["a directory's glob is the directory too", 'effect: deny, path: ["docs/**"]', path("list", "docs"), "deny"],
    ["but not a neighbour", 'effect: deny, path: ["docs/**"]', path("list", "docs2"), "none"],
    ["everything is the workspace too", 'effect: deny, path: ["**"]', { kind: "path", op: "list", path: "/w" }, "deny"],
    ["dot files are files", 'effect: deny, path: ["*"]', path("read", ".a"), "deny"],
    ["a newline hides nothing", 'effect: deny, path: ["**/.env"]', path("read", "a\nb/.env"), "deny"],
    ["an absolute glob", 'effect: deny, path: ["/w/src/*"]', path("read", "src/a"), "deny"],
    ["another operation", "effect: deny, op: [write]", path("read", "a"), "none"],
    ["an operation alone is every path", "effect: deny, op: [write]", path("write", "a"), "deny"],
    ["an unknown path may be it", 'effect: deny, path: ["a"]', path("read", null), "ask"],
    ["literal brackets", 'effect: allow, path: ["app/\\\\[id\\\\]/*"]', path("read", "app/[id]/page.tsx"), "allow"],
  ];
  test.each(rows)("%s", (_name, rule, resource, effect) => {
    expect(says(`{ id: r, ${rule} }`, resource, { tool: "read_text_file", risk: "low" })).toBe(effect);
  });

  test("relative globs hold in every workspace", () => {
    const policy = rules(['{ id: r, effect: deny, path: ["a/*"] }']);
    const effect = (real: string): Effect =>
      policy.decide(query([{ kind: "path", op: "read", path: real }], { workspaces: ["/w", "/v"] })).effect;
    expect([effect("/w/a/x"), effect("/v/a/x"), effect("/v/b/x")]).toEqual(["deny", "deny", "allow"]);
  });

  test("relative globs hold at the top of the file system too, when that is the workspace", () => {
    const policy = rules(['{ id: r, effect: deny, path: ["**/.env", "a/*"] }', '{ id: p, effect: deny, run: ["bin/deploy"] }']);
    const decide = (resource: Resource): Effect => policy.decide(query([resource], { workspaces: ["/"] })).effect;
    const effects = ["/.env", "/a/x", "/x.env"].map((real) => decide({ kind: "path", op: "read", path: real }));
    expect(effects).toEqual(["deny", "deny", "allow"]);
    const program: Resource = { kind: "command", argv: ["/bin/deploy"], cwd: "/", options: [], sets: [], hazards: [], wrappers: [] };
    expect(decide(program)).toBe("deny");
  });
});

describe("hosts", () => {
  const rows: [string, string, Resource, Effect | "none"][] = [
    ["a name is that name", "effect: allow, net: { host: example.com }", url("https://example.com/"), "allow"],
    ["not a name that ends so", "effect: allow, net: { host: example.com }", url("https://evilexample.com/"), "none"],
    ["not a child", "effect: allow, net: { host: example.com }", url("https://a.example.com/"), "none"],
    ["a star is a child", 'effect: allow, net: { host: "*.example.com" }', url("https://a.example.com/"), "allow"],
    ["and a grandchild", 'effect: allow, net: { host: "*.example.com" }', url("https://a.b.example.com/"), "allow"],
    ["not the name itself", 'effect: allow, net: { host: "*.example.com" }', url("https://example.com/"), "none"],
    ["not a name that begins so", 'effect: allow, net: { host: "*.example.com" }', url("https://a.example.com.evil.net/"), "none"],
    [
      "other alphabets are compared as IDNA",
      "effect: allow, net: { host: München.example }",
      url("https://xn--mnchen-3ya.example/"),
      "allow",
    ],
    ["an allow without port is 80 and 443", "effect: allow, net: { host: example.com }", url("https://example.com:8443/"), "none"],
    ["a deny without port is every port", "effect: deny, net: { host: example.com }", url("https://example.com:8443/"), "deny"],
    [
      "an allow without method is GET and HEAD",
      "effect: allow, net: { host: example.com }",
      url("https://example.com/", { method: "POST" }),
      "none",
    ],
    [
      "a deny without method is every method",
      "effect: deny, net: { host: example.com }",
      url("https://example.com/", { method: "POST" }),
      "deny",
    ],
    ["a scheme", "effect: allow, net: { host: example.com, scheme: https }", url("http://example.com/"), "none"],
    ["an exception", 'effect: allow, net: { host: "*" }, except: ["*.evil.net"]', url("https://a.evil.net/"), "none"],
  ];
  test.each(rows)("%s", (_name, rule, resource, effect) => {
    expect(says(`{ id: r, ${rule} }`, resource, { tool: "fetch", risk: "medium" })).toBe(effect);
  });
});

const from = (principal: Partial<Query["principal"]>): Partial<Query> => ({
  tool: "github/list_issues",
  risk: "medium",
  principal: { id: "p", scopes: [], ...principal },
});

describe("callers and calls", () => {
  const call: Resource = { kind: "upstream", server: "github", tool: "list_issues" };
  const rows: [string, string, Partial<Query>, Effect | "none"][] = [
    ["a scope", "effect: allow, who: { scope: [a, b] }", from({ scopes: ["b"] }), "allow"],
    ["no scope", "effect: allow, who: { scope: a }", from({}), "none"],
    ["role and key both", "effect: allow, who: { role: ops, key: k }", from({ role: "ops" }), "none"],
    ["a client may be asked more", "effect: deny, who: { client: cursor }", from({ client: "cursor" }), "deny"],
    ["a session", "effect: deny, who: { session: s }", from({}), "deny"],
    ["a tool glob", 'effect: deny, tool: "github/(list|get)_*"', from({}), "deny"],
    ["a star doesn't cross the slash", 'effect: deny, tool: "git*"', from({}), "none"],
    ["a star alone is every tool", 'effect: deny, tool: "*"', from({}), "deny"],
    ["a server", "effect: deny, server: github", from({}), "deny"],
    ["another server", "effect: deny, server: gitlab", from({}), "none"],
    ["an exception of tools", 'effect: deny, tool: "github/*", except: ["github/list_*"]', from({}), "none"],
    ["an argument", "effect: allow, arg: { owner: acme }", { ...from({}), args: { owner: "acme" } }, "allow"],
    ["one of several", "effect: allow, arg: { owner: [acme, us] }", { ...from({}), args: { owner: "us" } }, "allow"],
    ["inherited properties are none", "effect: deny, arg: { constructor: x }", from({}), "none"],
    ["a missing one", "effect: allow, arg: { owner: acme }", from({}), "none"],
    ["of a list an allow wants all", "effect: allow, arg: { label: [a] }", { ...from({}), args: { label: ["a", "b"] } }, "none"],
    ["of a list a deny wants any", "effect: deny, arg: { label: [a] }", { ...from({}), args: { label: ["a", "b"] } }, "deny"],
    ["a glob", 'effect: allow, arg: { path: { glob: "src/**" } }', { ...from({}), args: { path: "src/a/b" } }, "allow"],
    ["a glob doesn't climb", 'effect: allow, arg: { path: { glob: "src/**" } }', { ...from({}), args: { path: "src/../../x" } }, "none"],
    ["a minimum", "effect: deny, arg: { amount: { min: 100 } }", { ...from({}), args: { amount: 100 } }, "deny"],
    ["below it", "effect: deny, arg: { amount: { min: 100 } }", { ...from({}), args: { amount: 99 } }, "none"],
    ["a number as text may be it", "effect: deny, arg: { amount: { min: 100 } }", { ...from({}), args: { amount: "500" } }, "ask"],
    ["a transport", "effect: deny, when: { transport: http }", from({}), "none"],
    ["nobody to ask", "effect: deny, when: { interactive: false }", { ...from({}), interactive: false }, "deny"],
    ["the risk of the resource", "effect: deny, when: { risk: medium }", from({}), "deny"],
  ];
  test.each(rows)("%s", (_name, rule, more, effect) => {
    expect(says(`{ id: r, ${rule} }`, call, more)).toBe(effect);
  });
});
