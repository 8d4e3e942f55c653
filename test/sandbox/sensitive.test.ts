import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SPEC, openLab } from "./lab.ts";
import type { Lab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("bwrap");
});
afterAll(() => lab.remove());

const left = async (script: string): Promise<string[]> => {
  const { newSensitive } = await lab.runner.run(lab.request(script));
  return newSensitive.map((path) => path.slice(lab.workspace.length + 1));
};

describe("files that run later", () => {
  beforeEach(async () => {
    await lab.runner.run(
      lab.request(
        "find . -mindepth 1 -delete; git init -q repo; git init -q --bare bare.git; mkdir -p src/deep plain .vscode; echo x > .bashrc; sleep 0.1",
      ),
    );
  });

  test.each<[string, string, string[]]>([
    ["nothing, when ordinary files are written", "echo x > src/a.js; mkdir -p src/new; echo y > src/new/b; rm .bashrc", []],
    ["a git hook", "echo x > repo/.git/hooks/pre-commit", ["repo/.git/hooks/pre-commit"]],
    ["git's config, changed in place", "git -C repo config core.fsmonitor /tmp/x", ["repo/.git/config"]],
    ["git's attributes", "mkdir -p repo/.git/info; echo '* filter=x' > repo/.git/info/attributes", ["repo/.git/info/attributes"]],
    [
      "a submodule's hook",
      "mkdir -p repo/.git/modules/m/hooks; echo x > repo/.git/modules/m/hooks/post-checkout",
      ["repo/.git/modules/m/hooks/post-checkout"],
    ],
    ["a commit is none", "cd repo && echo x > f && git add f && git -c user.name=a -c user.email=b@c commit -qm x", []],
    ["a bare repository's config", "git -C bare.git config core.sshCommand x", ["bare.git/config"]],
    ["a new bare repository", "git init -q --bare --template= src/deep/trap", ["src/deep/trap/config"]],
    ["a .git that is a file", "echo 'gitdir: /tmp/x' > src/.git", ["src/.git"]],
    ["a new start-up file, deep down", "echo x > src/deep/.zshenv", ["src/deep/.zshenv"]],
    ["a changed start-up file", "echo y >> .bashrc", [".bashrc"]],
    ["a start-up file with a forged time", "echo y >> .bashrc; touch -d 2001-01-01 .bashrc", [".bashrc"]],
    ["an editor's config", "echo x > .vscode/tasks.json", [".vscode/tasks.json"]],
    ["a client's config in a new directory", "mkdir .claude; echo x > .claude/settings.json", [".claude/settings.json"]],
    [
      "a directory that was prepared elsewhere and moved",
      "mkdir -p plain/p; echo x > plain/p/settings.json; sleep 0.1; mv plain/p .cursor",
      [".cursor/settings.json"],
    ],
    ["a file that was prepared elsewhere and moved", "echo x > plain/p; mv plain/p .mcp.json", [".mcp.json"]],
    ["a link in the place of one", "ln -s /tmp/x .envrc", [".envrc"]],
    ["a hard link in the place of one", "ln src/deep/../../.bashrc .profile", [".bashrc", ".profile"]],
    ["names in other letter case", "echo x > .BASHRC; mkdir .VSCode; echo x > .VSCode/Tasks.json", [".BASHRC", ".VSCode/Tasks.json"]],
    ["npm's and yarn's configs", "touch .npmrc src/.yarnrc.yml", [".npmrc", "src/.yarnrc.yml"]],
  ])("%s", async (_name, script, expected) => {
    await left("true");
    expect(await left(script)).toEqual(expected);
  });

  test("are found by the very first command as well", async () => {
    const fresh = await openLab("bwrap");
    const { newSensitive } = await fresh.runner.run(fresh.request("mkdir -p a/.husky; echo x > a/.husky/pre-push"));
    expect(newSensitive).toEqual([`${fresh.workspace}/a/.husky/pre-push`]);
    fresh.remove();
  });

  test("moved in as an old directory are found by their move", async () => {
    await lab.runner.run(lab.request("mkdir plain/old; echo x > plain/old/settings.json; sleep 0.2"));
    expect(await left("mv plain/old .codex")).toEqual([".codex/settings.json"]);
  });

  test("are reported once, by the command that made them", async () => {
    expect(await left("echo x > .envrc; sleep 0.1")).toEqual([".envrc"]);
    expect(await left("true")).toEqual([]);
  });

  test("are not looked for where nothing can be written", async () => {
    const spec = { ...SPEC, profile: "read-only" as const };
    const { newSensitive } = await lab.runner.run(lab.request("echo x > .envrc", { spec }));
    expect(newSensitive).toEqual([]);
  });

  test("two commands at once both report what was made in their time", async () => {
    const [one, two] = await Promise.all([left("sleep 0.2; touch .npmrc"), left("touch .zshrc; sleep 0.4")]);
    expect([one?.includes(".npmrc"), two?.includes(".zshrc")]).toEqual([true, true]);
  });
});
