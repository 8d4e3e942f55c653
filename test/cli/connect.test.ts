/** `portcullis connect` and `disconnect` as a person runs them: the built command line, in a home of its own. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ENTRY, createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.remove());

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs in the workspace, with the world's home and these variables besides. */
function portcullis(line: string, env: Record<string, string | undefined> = {}): Promise<Ran> {
  const args = line.replaceAll("WORK", world.workspace).split(" ");
  return new Promise((resolve) => {
    execFile(process.execPath, [ENTRY, ...args], { cwd: world.workspace, env: { ...world.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

const home = (...parts: string[]) => join(world.root, "home", ...parts);
const CURSOR = () => home(".cursor", "mcp.json");
const wordsIn = (text: string): string[] => {
  const { command, args } = (JSON.parse(text) as { mcpServers: { portcullis: { command: string; args: string[] } } }).mcpServers.portcullis;
  return [command, ...args];
};
/** The entry of what was printed. */
const printed = ({ stdout }: Ran): string[] => wordsIn(stdout.slice(stdout.indexOf("{"), stdout.lastIndexOf("}") + 1));
const serve = (...more: string[]) => [process.execPath, ENTRY, "serve", "--workspace", world.workspace, ...more];

describe("the words of an entry", () => {
  test("without --write are shown, with the file and the whole command that writes them; nothing is written", async () => {
    const shown = await portcullis("connect cursor");
    expect(shown.code).toBe(0);
    expect(printed(shown)).toEqual(serve());
    expect(shown.stdout).toContain(CURSOR());
    expect(shown.stdout).toContain(`${process.execPath} ${ENTRY} connect cursor --write`);
    expect(() => statSync(CURSOR())).toThrow(/ENOENT/);
  });

  test("hold what flags and variables say, in absolute paths, and leave to a config file what it says", async () => {
    world.put("policy.yaml", "version: 1\nextends: [local]\n");
    writeFileSync(home("config.yaml"), `workspace: ${world.workspace}\nstate: ${home("state")}\n`);
    const flags = await portcullis("connect cursor --workspace . --policy policy.yaml --state ../state");
    expect(printed(flags)).toEqual(serve("--policy", join(world.workspace, "policy.yaml"), "--state", world.state));
    const variables = await portcullis("connect cursor", { PORTCULLIS_PROFILE: "ci", XDG_STATE_HOME: home("xdg") });
    expect(printed(variables)).toEqual(serve("--profile", "ci", "--state", home("xdg", "portcullis")));
    const file = await portcullis(`connect cursor --config ${home("config.yaml")}`);
    expect(printed(file)).toEqual([process.execPath, ENTRY, "serve", "--config", home("config.yaml")]);
  });

  test("for a container mount state, workspaces and policies, each under a name of its own", async () => {
    const [one, two] = [home("a", "shop"), home("b", "shop")];
    for (const directory of [one, two]) mkdirSync(directory, { recursive: true });
    const policy = world.put("policy.yaml", "version: 1\nextends: [local]\n");
    const { stdout } = await portcullis(`connect gemini --docker --workspace ${one} --workspace ${two} --policy policy.yaml`);
    const [docker = "", ...words] = printed({ code: 0, stdout, stderr: "" });
    expect(docker).toMatch(/docker$/);
    const version = (JSON.parse(readFileSync(join(dirname(ENTRY), "..", "package.json"), "utf8")) as { version: string }).version;
    expect(words.join(" ")).toBe(
      [
        `run -i --rm --init --user ${process.getuid?.()}:${process.getgid?.()} --name portcullis`,
        "--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges",
        `-v ${home(".local", "state", "portcullis")}:/state -v ${one}:/workspace/shop -v ${two}:/workspace/shop-2 -v ${policy}:/policy/policy.yaml:ro`,
        `portcullis:${version} serve --workspace /workspace/shop --workspace /workspace/shop-2 --policy /policy/policy.yaml --state /state`,
      ].join(" "),
    );
    expect(words).not.toContain("-t");
    expect(stdout).toContain("docker exec -it portcullis portcullis approvals list");
  });
});

describe("--write", () => {
  test("connects, says so again, and disconnects; a project's own file too", async () => {
    const file = world.put(".mcp.json", "{}\n");
    const first = await portcullis("connect claude-code --write --file .mcp.json --name shop");
    expect([first.code, first.stdout.split("\n").slice(0, 2)]).toEqual([
      0,
      [`${file} has the server \`shop\``, `the file as it was: ${file}.before-portcullis`],
    ]);
    expect((await portcullis("connect claude-code --write --file .mcp.json --name shop")).stdout).toContain(
      "has it already: nothing was written",
    );
    const undone = await portcullis("disconnect claude-code --file .mcp.json --name shop");
    expect([undone.code, undone.stdout.split("\n")[0]]).toEqual([0, `${file} is what it was before, byte for byte`]);
    expect(readFileSync(file, "utf8")).toBe("{}\n");
    expect(await portcullis("disconnect claude-code --file .mcp.json --name shop")).toMatchObject({
      code: 0,
      stdout: `${file} has no server \`shop\`: nothing was written\n`,
    });
  });

  test("what was written starts a server", async () => {
    await portcullis("connect cursor --write");
    const [command = "", ...args] = wordsIn(readFileSync(CURSOR(), "utf8"));
    const { tryEntry } = await import("../../src/clients/try-entry.ts");
    expect(await tryEntry([command, ...args], { cwd: "/", env: { HOME: home() }, timeout: 30_000 })).toEqual({
      ok: true,
      message: expect.stringMatching(/^portcullis \d.* answers$/),
    });
  });
});

describe("what can't be done is said in one line with the mend, and exits with 2", () => {
  test.each<[name: string, line: string, env: Record<string, string | undefined>, expected: RegExp]>([
    ["an unknown client", "connect cusror", {}, /unknown client `cusror` - did you mean cursor\?: use claude-desktop, /],
    ["no client", "connect", {}, /missing required argument 'client'/],
    ["a name that tools couldn't carry", "connect cursor --name a.b", {}, /`a.b` can't name a server: use up to 32/],
    ["an unknown flag", "connect cursor --wirte", {}, /unknown option '--wirte'\s+\(Did you mean --write\?\)/],
    [
      "no home",
      "connect cursor --state WORK/s",
      { HOME: undefined },
      /no home directory to look in: set HOME, or name the client's file with --file/,
    ],
    ["a workspace that isn't there", "connect cursor --workspace nowhere", {}, /is not a directory: make it/],
    ["both a policy and a profile", "connect cursor --policy p.yaml --profile ci", {}, /drop --profile/],
    ["a config file for a container", "connect cursor --docker --config c.yaml", {}, /which a container doesn't have: use --workspace/],
    ["a broken file", "connect cursor --write --file broken.json", {}, /broken\.json:2:1: this is not JSON .*: mend the file first/],
    ["a broken file, undone", "disconnect cursor --file broken.json", {}, /broken\.json:2:1: this is not JSON/],
  ])("%s", async (_name, line, env, expected) => {
    world.put("c.yaml", "");
    world.put("broken.json", '{ "mcpServers": {\n');
    const { code, stderr } = await portcullis(line, env);
    expect([code, stderr.trim()]).toEqual([2, expect.stringMatching(expected)]);
    expect(stderr.startsWith("portcullis: ")).toBe(true);
  });
});
