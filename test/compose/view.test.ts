import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createViewer } from "../../src/compose/view.ts";
import type { ViewedCall, Viewer } from "../../src/compose/view.ts";
import type { Door } from "../../src/files/door.ts";
import type { Policy } from "../../src/policy/policy.ts";
import type { Resource } from "../../src/types.ts";
import { callOf, doorTo, policyOf } from "./views.ts";

let root: string;
let door: Door;
let viewer: Viewer;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-view-")));
  door = doorTo(root);
  viewer = createViewer(door, Date.now);
});
afterEach(() => {
  door.close();
  rmSync(root, { recursive: true });
});

function put(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), "");
  }
}

/** What is hidden (`-`) and what is read-only (`=`), by path below the workspace. */
async function look(policy: Policy, call: Partial<ViewedCall> = {}, writable = true): Promise<string[]> {
  const { masked, readOnly } = await viewer({ ...callOf([root]), ...call }, policy, { writable, signal: new AbortController().signal });
  return [...masked.map((path) => `- ${relative(root, path)}`), ...readOnly.map((path) => `= ${relative(root, path)}`)];
}

const rules = (...lines: readonly string[]): string =>
  `rules:\n${lines.map((line, index) => `  - { id: r${index}, ${line}, why: this test }`).join("\n")}`;

describe("what is hidden and what is read-only", () => {
  test.each<[string, string, readonly string[], readonly string[]]>([
    ["nothing without a rule", rules("effect: allow, op: read, path: [x]"), ["a", "d/b"], []],
    ["a denied file", rules('effect: deny, op: read, path: ["**/*.key"]'), ["a.key", "d/b.KEY", "d/c"], ["- a.key", "- d/b.KEY"]],
    ["a directory in which everything is denied, whole", rules('effect: deny, op: read, path: ["d/**"]'), ["d/a", "d/e/b", "f"], ["- d"]],
    [
      "file by file where something in it is not",
      rules('effect: deny, op: read, path: ["d/**"], except: ["d/open"]'),
      ["d/a", "d/e/b", "d/open"],
      ["- d/a", "- d/e"],
    ],
    ["never a workspace itself", rules('effect: deny, op: read, path: ["**"]'), ["a", "d/b"], ["- a", "- d"]],
    ["what would be asked about", rules('effect: ask, op: read, path: ["d/*"]'), ["d/a", "d/e/b"], ["- d/a"]],
    ["a directory that may not be listed, whole", rules('effect: deny, op: list, path: ["d"]'), ["d/a", "e/d/a"], ["- d"]],
    ["what is denied to read_text_file alone", rules('effect: deny, tool: read_text_file, path: ["a"]'), ["a", "b"], ["- a"]],
    ["what may not be written", rules('effect: deny, op: write, path: ["v/**", "*.lock"]'), ["v/a", "x.lock", "b"], ["= v", "= x.lock"]],
    [
      "what would make programs run",
      rules("effect: allow, op: read, path: [x]"),
      [".git/config", ".vscode/tasks.json", "d/.envrc", "a"],
      ["= .git", "= .vscode", "= d/.envrc"],
    ],
    ["not what is only asked about when it is written", "approvals: { mode: approve-all }\ndefault: by-risk", ["a"], ["- a"]],
    [
      "nothing for a default that denies: the command has its own verdict",
      `default: deny\n${rules('effect: allow, op: [read, list], path: ["**"]')}`,
      ["a", "d/b"],
      [],
    ],
  ])("%s", async (_name, policy, files, expected) => {
    put(...files);
    expect(await look(policyOf(policy))).toEqual(expected);
  });

  test("our own files, wherever they lie", async () => {
    put("state/portcullis.db", ".portcullis.yaml", "a");
    expect(await look(policyOf("default: by-risk", [join(root, "state")]))).toEqual(["- .portcullis.yaml", "- state"]);
  });

  test("links are not followed, out of the workspace or inside", async () => {
    put("d/a.key");
    symlinkSync("/etc", join(root, "out"));
    symlinkSync("d", join(root, "in"));
    expect(await look(policyOf(rules('effect: deny, op: read, path: ["**/*.key"]')))).toEqual(["- d/a.key"]);
  });

  test("a read-only sandbox needs no read-only files", async () => {
    put(".git/config");
    expect(await look(policyOf("default: by-risk"), {}, false)).toEqual([]);
  });
});

describe("a command of git", () => {
  const commit: Resource = { kind: "path", op: "write", path: "", by: "git" };
  const withGit = (path: string): Partial<ViewedCall> => {
    const call = callOf([root]);
    return { ...call, query: { ...call.query, resources: [{ ...commit, path: join(root, path) }] } };
  };

  test("may write its repository, but not what runs programs there", async () => {
    put(
      ".git/config",
      ".git/HEAD",
      ".git/hooks/x.sample",
      ".git/info/exclude",
      ".git/info/attributes",
      ".git/modules/m/config",
      ".git/refs/heads/main",
      ".npmrc",
    );
    expect(await look(policyOf("default: by-risk"), withGit(".git/index"))).toEqual([
      "= .git/config",
      "= .git/hooks",
      "= .git/info/attributes",
      "= .git/modules/m/config",
      "= .npmrc",
    ]);
  });

  test("that only writes the working tree may not", async () => {
    put(".git/config", "a");
    expect(await look(policyOf("default: by-risk"), withGit("a"))).toEqual(["= .git"]);
  });
});

describe("what a person said yes to", () => {
  const policy = () => policyOf(rules('effect: ask, op: read, path: ["d/**"]', 'effect: ask, op: read, path: ["e/**"]'));

  test("is shown where only the rules that they were asked about hold it back", async () => {
    put("d/a", "e/b");
    const call = { asked: ["r0"], admits: (path: string) => !path.includes("/e") };
    expect(await look(policy(), call)).toEqual(["- e"]);
    expect(await look(policy())).toEqual(["- d", "- e"]);
  });

  test("is shown where it was decided by name", async () => {
    put("d/a", "d/b");
    const call = callOf([root], {});
    const decided: Resource = { kind: "path", op: "read", path: join(root, "d/a") };
    expect(await look(policy(), { query: { ...call.query, resources: [decided] }, asked: ["r0"], admits: () => false })).toEqual(["- d/b"]);
  });
});

describe("what is remembered is never stale", () => {
  const keys = () => policyOf(rules('effect: deny, op: read, path: ["**/*.key"]'));
  /** Waits until the file system's clock has moved so far that the names of directories are remembered. */
  const settle = async () => {
    const fresh = join(door.workspaces[0] ?? "", "..", `portcullis-clock-${process.pid}`);
    const from = Date.now();
    await expect.poll(() => (writeFileSync(fresh, ""), statSync(fresh).ctimeMs - from), { interval: 10 }).toBeGreaterThan(60);
    rmSync(fresh);
  };

  test("a new name, a moved directory, one that took another's place", async () => {
    put("d/a", "e/b", "f/c.key");
    await settle();
    const policy = keys();
    expect(await look(policy)).toEqual(["- f/c.key"]);
    put("d/new.key");
    expect(await look(policy)).toEqual(["- d/new.key", "- f/c.key"]);
    await settle();
    expect(await look(policy)).toEqual(["- d/new.key", "- f/c.key"]);
    renameSync(join(root, "d"), join(root, "g"));
    renameSync(join(root, "f"), join(root, "d"));
    utimesSync(join(root, "d"), 0, 0);
    expect(await look(policy)).toEqual(["- d/c.key", "- g/new.key"]);
    rmSync(join(root, "d"), { recursive: true });
    expect(await look(policy)).toEqual(["- g/new.key"]);
  });

  test("another policy, another caller, other arguments that a rule looks at", async () => {
    put("a.key", "b.txt");
    await settle();
    expect(await look(keys())).toEqual(["- a.key"]);
    expect(await look(policyOf(rules('effect: deny, op: read, path: ["**/*.txt"]')))).toEqual(["- b.txt"]);
    const byScope = policyOf(rules('effect: deny, op: read, path: ["**/*.key"], who: { scope: [guest] }'));
    const guest = callOf([root], { principal: { id: "g", scopes: ["guest"] } });
    expect([await look(byScope), await look(byScope, guest), await look(byScope)]).toEqual([[], ["- a.key"], []]);
    const byArgument = policyOf(rules('effect: deny, op: read, path: ["**/*.key"], arg: { cwd: [x] }'));
    const inX = callOf([root], { args: { cwd: "x" } });
    expect([await look(byArgument), await look(byArgument, inX), await look(byArgument)]).toEqual([[], ["- a.key"], []]);
  });
});
