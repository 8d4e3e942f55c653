import { describe, expect, test } from "vitest";
import { command, load, path, query, rules, url } from "./support.ts";

describe("the built-in floor", () => {
  const open = load(
    "version: 1\napprovals: { mode: auto-approve }\nrules: [{ id: all, effect: allow, why: everything a rule can open }]\n",
  );
  const rows: [string, ReturnType<typeof path>, string][] = [
    ["a plain read is left to the rules", path("read", "a.txt"), "allow"],
    ["a plain write is left to the rules", path("write", "a.txt"), "allow"],
    ["outside of the workspaces is closed", { kind: "path", op: "read", path: "/etc/passwd" }, "deny"],
    ["a neighbour with the same prefix is outside", { kind: "path", op: "read", path: "/w-evil/a" }, "deny"],
    ["the state directory can't be read", path("read", "state/portcullis.db"), "deny"],
    ["the state directory can't be listed", path("list", "state"), "deny"],
    ["nor in another case", path("read", "STATE/portcullis.db"), "deny"],
    ["a directory above the state can't be deleted", { kind: "path", op: "delete", path: "/w" }, "deny"],
    ["a directory above the state can be listed", { kind: "path", op: "list", path: "/w" }, "allow"],
    ["the project's own policy can't be read", path("read", ".portcullis.yaml"), "deny"],
    ["nor be created", path("write", ".portcullis.yaml", { type: "absent" }), "deny"],
    ["git hooks can't be written", path("write", ".git/hooks/pre-commit"), "deny"],
    ["in any case", path("write", ".GIT/hooks/pre-commit"), "deny"],
    ["with an invisible character", path("write", ".git\u200c/hooks/pre-commit"), "deny"],
    ["by its short name", path("write", "git~1/hooks/pre-commit"), "deny"],
    ["nor in a submodule", path("write", "sub/.git/config"), "deny"],
    ["nor deleted", path("delete", ".git/HEAD"), "deny"],
    ["but read", path("read", ".git/HEAD"), "allow"],
    [".github is another name", path("write", ".github/workflows/ci.yml"), "allow"],
    [".gitignore is another name", path("write", ".gitignore"), "allow"],
    ["editor settings run things", path("write", ".vscode/tasks.json"), "deny"],
    ["a long s folds to s", path("write", ".v\u017fcode/tasks.json"), "deny"],
    ["client settings run things", path("write", "a/.mcp.json"), "deny"],
    ["opencode's settings too", path("write", "opencode.jsonc"), "deny"],
    ["Zed's too", path("write", "a/.zed/settings.json"), "deny"],
    ["a name like them does not", path("write", "opencode.json.md"), "allow"],
    ["shell start-up files run things", path("write", ".bashrc"), "deny"],
    ["fish too", path("write", ".config/fish/config.fish"), "deny"],
    [".npmrc runs things", path("write", "packages/a/.npmrc"), "deny"],
    ["a trailing dot is the same file elsewhere", path("write", ".npmrc."), "deny"],
    ["a newline in a directory name hides nothing", path("write", "a\nb/.git/config"), "deny"],
    ["a file with two names is at least asked", path("write", "a.txt", { type: "file", links: 2 }), "ask"],
    ["reading it is not", path("read", "a.txt", { type: "file", links: 2 }), "allow"],
    ["git keeps its index", path("write", ".git/index", { by: "git" }), "allow"],
    ["git may not write its config", path("write", ".git/config", { by: "git" }), "deny"],
    ["git may not write hooks", path("write", ".git/hooks/post-commit", { by: "git" }), "deny"],
    ["git may not write a module's hooks", path("write", ".git/modules/a/hooks/update", { by: "git" }), "deny"],
    ["git may not write attributes", path("write", ".git/info/attributes", { by: "git" }), "deny"],
    ["git is no key for other files", path("write", ".vscode/tasks.json", { by: "git" }), "deny"],
    ["running portcullis is closed", command(["portcullis", "approvals", "approve", "x"]), "deny"],
    ["by its path too", command(["/usr/local/bin/portcullis", "keys"]), "deny"],
    ["through a launcher too", command(["npx", "-y", "portcullis@latest", "keys"]), "deny"],
    ["naming it is not running it", command(["echo", "portcullis"]), "allow"],
    ["a private address is closed", url("http://10.0.0.1/"), "deny"],
    [
      "a name that resolves to one is closed",
      url("https://example.com/", { addresses: [{ address: "10.0.0.1", kind: "private" }] }),
      "deny",
    ],
    [
      "one bad address of two is enough",
      url("https://example.com/", {
        addresses: [
          { address: "93.184.216.34", kind: "public" },
          { address: "::1", kind: "loopback" },
        ],
      }),
      "deny",
    ],
    ["no address is no", url("https://example.com/", { addresses: [] }), "deny"],
    ["localhost is closed", url("http://localhost/", {}), "deny"],
    ["a home network's name is closed", url("http://printer.home.arpa/"), "deny"],
    ["a cloud's credential service under a public name is closed", url("http://metadata.goog/"), "deny"],
    ["a name that only ends in such letters is not", url("https://example-local.org/"), "allow"],
    ["a name without a dot is closed", url("http://intranet/"), "deny"],
    ["a public name is left to the rules", url("https://example.com/"), "allow"],
  ];
  test.each(rows)("%s", (_name, resource, effect) => {
    expect(open.decide(query([resource])).effect).toBe(effect);
  });

  test("what git writes by itself follows the git command, and stays closed where it runs programs", () => {
    const policy = rules(["{ id: commit, effect: allow, run: [git commit ...], why: local }"], "default: deny\nsealed: true");
    const effect = (name: string, by?: "git"): string => {
      const write = path("write", name, by === undefined ? {} : { by });
      return policy.decide(query([command(["git", "commit"]), write], { tool: "run_command", risk: "high" })).effect;
    };
    expect([effect(".git/index", "git"), effect(".git/index"), effect(".git/config", "git"), effect("src/a.ts")]).toEqual([
      "allow",
      "deny",
      "deny",
      "deny",
    ]);
  });

  test("a path that can't be known is asked, whatever allows", () => {
    expect(open.decide(query([path("read", null)])).effect).toBe("ask");
  });

  test("an allow rule that names the file literally opens it, and only it", () => {
    const policy = rules(['{ id: npmrc, effect: allow, op: write, path: ["**/.npmrc"], why: set up by the agent }']);
    const effect = (name: string): string => policy.decide(query([path("write", name)], { tool: "write_file", risk: "medium" })).effect;
    expect([effect("a/.npmrc"), effect(".envrc"), effect("a/.NPMRC")]).toEqual(["allow", "deny", "deny"]);
  });

  test("a wildcard names nothing literally", () => {
    const policy = rules(['{ id: dots, effect: allow, op: write, path: ["**", ".*", "**/.np*"], why: too wide }']);
    expect(policy.decide(query([path("write", ".npmrc")])).effect).toBe("deny");
  });

  test("a literal address in egress.allow opens exactly that", () => {
    const policy = load("version: 1\negress: { allow: ['127.0.0.1:8080'] }\n");
    const loopback = { addresses: [{ address: "127.0.0.1", kind: "loopback" }] };
    const effects = [
      "http://127.0.0.1:8080/",
      "http://localhost:8080/",
      "http://dev.example.com:8080/",
      "http://127.0.0.1:8081/",
      "http://localhost/",
    ].map((text) => policy.decide(query([url(text, loopback)], { tool: "fetch", risk: "medium" })).effect);
    expect(effects).toEqual(["allow", "allow", "allow", "deny", "deny"]);
  });
});

describe("paths of Windows", () => {
  const SHOP = "C:\\Users\\ada\\shop";
  const policy = load(`version: 1
approvals: { mode: auto-approve }
rules: [{ id: secrets, effect: deny, op: read, path: ["**/.env", "keys/**"], why: secret }]
`);
  test.each([
    ["a file of the workspace", `${SHOP}\\src\\a.txt`, "allow"],
    ["what a rule names", `${SHOP}\\app\\.env`, "deny"],
    ["relative to the workspace too", `${SHOP}\\keys\\a`, "deny"],
    ["by a stream of it", `${SHOP}\\app\\.env::$DATA`, "deny"],
    ["the project's policy", `${SHOP}\\.portcullis.yaml`, "deny"],
    ["a neighbour with the same prefix", "C:\\Users\\ada\\shop-evil\\a", "deny"],
    ["another drive", "D:\\Users\\ada\\shop\\a", "deny"],
    ["a share", "\\\\host\\share\\a", "deny"],
  ])("%s", (_name, file, expected) => {
    const asked = query([{ kind: "path", op: "read", path: file }], { workspaces: [SHOP] });
    expect(policy.decide(asked).effect).toBe(expected);
  });
});
