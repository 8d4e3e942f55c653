/** docs/policy.md: its first policy, followed; its tables held against the engine. The recipes are loaded in test/policy/config.test.ts. */
import { expect, test } from "vitest";
import { loadPolicy } from "../../src/policy/load.ts";
import { policyFile, SOURCES } from "../policy/support.ts";
import { blocksOf, openPage, readPage } from "./page.ts";
import { openScene, READ } from "./scene.ts";

const PAGE = readPage("policy.md");
const FIRST = "A first policy";

/** A policy whose own tests say this; loading it runs them. */
const load = (text: string, tests: readonly string[]): unknown =>
  loadPolicy({ ...SOURCES, files: [policyFile(`version: 1\n${text}\ntests:\n${tests.map((line) => `  - ${line}\n`).join("")}`)] });

test("the first policy is made, checked, explained and compared as the page says", async () => {
  const scene = openScene();
  const { world, start, code } = scene;
  try {
    const page = openPage("policy.md", world);
    await page.next(FIRST);
    await page.next(FIRST);
    const client = await start();
    expect(await code(client, "write_file", { path: "docs/b.md", content: "x" })).toBe("done");
    expect(await code(client, "write_file", { path: "CHANGELOG.md", content: "x" })).toBe("APPROVAL_REQUIRED");
    expect(await code(client, "read_text_file", READ)).toBe("done");
    await page.next(FIRST);
    await page.next(FIRST);
    expect(page.left()).toEqual([]);
  } finally {
    await scene.close();
  }
});

test("the settings that hold where no file says anything are those of the page", () => {
  const [shown = ""] = blocksOf(PAGE).flatMap(({ section, text }) => (section === "Settings" ? [text] : []));
  const settingsOf = (text: string) => {
    const { settings } = loadPolicy({ ...SOURCES, files: [policyFile(text)] });
    return settings;
  };
  expect(shown).toContain("sandbox:");
  expect(settingsOf(shown)).toEqual(settingsOf("version: 1\n"));
  expect(settingsOf(shown.replace("timeout: 60s", "timeout: 59s"))).not.toEqual(settingsOf("version: 1\n"));
});

const POLICIES = ["../README.md", "approvals.md", "audit.md", "commands.md", "egress.md", "sanitizing.md", "threat-model.md"].flatMap(
  (path) =>
    blocksOf(readPage(path)).flatMap(({ language, text }, index) =>
      language === "yaml" ? [{ name: `${path}, block ${index}`, text }] : [],
    ),
);

test.each(POLICIES)("the policy in $name loads without a finding and passes its own tests", ({ text }) => {
  expect(loadPolicy({ ...SOURCES, files: [policyFile(text)] }).warnings).toEqual([]);
});

const MODES = [...PAGE.matchAll(/^ *\| ([a-z-]+) +\| (\w+) +\| (\w+) +\| (\w+) +\|$/gm)].filter(([, mode]) => mode !== "mode");

test.each(MODES.map(([, mode, low, medium, high]) => ({ mode, low, medium, high })))(
  "mode $mode: low $low, medium $medium, high $high",
  ({ mode, low, medium, high }) => {
    load(`default: by-risk\napprovals: { mode: ${mode} }`, [
      `{ path: a.txt, op: read, expect: ${low} }`,
      `{ path: a.txt, op: write, expect: ${medium} }`,
      `{ path: a.txt, op: delete, expect: ${high} }`,
    ]);
  },
);

test("there are four modes", () =>
  expect(MODES.map(([, mode]) => mode)).toEqual(["auto-approve", "approve-writes", "approve-all", "dry-run"]));

test("every file that the floor is said to close is closed, at any depth and in any case, and an allow that names it opens it", () => {
  const bullet = /^- `floor\/exec-files`: ([^]*?); at any depth/m.exec(PAGE)?.[1] ?? "";
  const names = [...bullet.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name.replace("**", "x"));
  expect(names.length).toBeGreaterThan(10);
  const everywhere = names.flatMap((name) => [name, `sub/${name}`, name.toUpperCase()]);
  load(
    'approvals: { mode: auto-approve }\nrules: [{ id: all, effect: allow, op: [write, delete], path: ["**"], why: test }]',
    everywhere.map((name) => `{ path: ${name}, op: write, expect: deny, rule: floor/exec-files }`),
  );
  load('rules: [{ id: tasks, effect: allow, op: write, path: [".vscode/tasks.json", "**/.npmrc"], why: test }]', [
    "{ path: .vscode/tasks.json, op: write, expect: allow, rule: tasks }",
    "{ path: sub/.npmrc, op: write, expect: allow, rule: tasks }",
    "{ path: .vscode/settings.json, op: write, expect: deny, rule: floor/exec-files }",
  ]);
});
