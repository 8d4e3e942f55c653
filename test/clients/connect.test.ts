import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { parse as parseJsonc } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { connectClient, disconnectClient, fileOf } from "../../src/clients/connect.ts";
import { CLIENTS } from "../../src/clients/clients.ts";
import type { Client } from "../../src/clients/clients.ts";
import { EXAMPLES, clientOf, createHome, example } from "./world.ts";
import type { Home } from "./world.ts";

let home: Home;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());

const WORDS = ["/opt/node/bin/node", "/opt/portcullis/dist/cli.js", "serve", "--workspace", '/home/ada/a "shop" \\ ü'];
const connect = (client: Client, file: string, words = WORDS) => connectClient(client, file, "portcullis", words);
const disconnect = (client: Client, file: string) => disconnectClient(client, file, "portcullis");

/** Reads as the clients do, not through the code under test. */
function read(client: Client, file: string): Record<string, never> {
  const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  const value: unknown = client.format === "toml" ? parseToml(text) : client.format === "yaml" ? parseYaml(text) : parseJsonc(text);
  return structuredClone(value ?? {}) as Record<string, never>;
}

function serversOf(client: Client, file: string): Record<string, unknown> {
  return (client.sections.at(-1) as string[]).reduce<Record<string, unknown>>(
    (at, key) => at[key] as Record<string, unknown>,
    read(client, file),
  );
}

/** The examples as they are, and as other editors and systems write them. */
const FORMS: readonly (readonly [name: string, change: (text: string) => string])[] = [
  ["as it is", (text) => text],
  ["with CRLF", (text) => text.replaceAll(/\r?\n/g, "\r\n")],
  ["with a byte order mark", (text) => `\uFEFF${text}`],
  ["without a last newline", (text) => text.trimEnd()],
  ["with blank lines at the end", (text) => text + (text.includes("\r\n") ? "\r\n\r\n" : "\n\n")],
];

describe.each(EXAMPLES)("%s", (id, file) => {
  const client = clientOf(id);

  test.each(FORMS)("%s: connected, and disconnected byte for byte", async (_form, change) => {
    const path = home.put(fileOf(client, home.place), change(example(file)));
    chmodSync(path, 0o640);
    const before = home.all();
    const said = read(client, path);

    const { did, backup } = await connect(client, path);
    expect(did).toBe("added");
    expect(readFileSync(backup ?? "", "hex")).toBe(before[path.slice(home.path.length + 1)]);
    expect(serversOf(client, path).portcullis).toEqual(client.entry(WORDS, "portcullis"));
    const rest = read(client, path);
    delete (client.sections.at(-1) as string[]).reduce<Record<string, never>>((at, key) => at[key] as never, rest).portcullis;
    expect(rest).toEqual({ ...emptySection(client), ...said });
    expect(statSync(path).mode & 0o777).toBe(0o640);

    expect(await disconnect(client, path)).toEqual({ path, did: "restored", left: [] });
    expect(home.all()).toEqual(before);
  });

  test.each(FORMS)("%s: every line that was there is still there, in its order", async (_form, change) => {
    const path = home.put(fileOf(client, home.place), change(example(file)));
    const before = readFileSync(path, "utf8").split("\n");
    await connect(client, path);
    const after = readFileSync(path, "utf8").split("\n");
    // a file of one line necessarily changes it
    if (before.join("\n").trim().includes("\n")) expect(missing(before, after)).toEqual([]);
    // lines end as they did
    if (before.length > 1) expect(after.slice(0, -1).every((line) => line.endsWith("\r"))).toBe(before[0]?.endsWith("\r"));
  });

  test("after another change only the entry goes", async () => {
    const path = home.put(fileOf(client, home.place), example(file));
    await connect(client, path);
    const comment = client.format === "json" ? "// mine\n" : "# mine\n";
    home.put(path, comment + readFileSync(path, "utf8"));
    expect(await disconnect(client, path)).toMatchObject({ did: "removed", left: [`${path}.before-portcullis`] });
    expect(readFileSync(path, "utf8")).toBe(comment + example(file));
  });

  test("connected twice with other words, it has one entry, keeps what a person added, and goes without a trace", async () => {
    const path = home.put(fileOf(client, home.place), example(file));
    const before = home.all();
    await connect(client, path);
    expect(await connect(client, path)).toEqual({ path, did: "nothing" });
    expect(await connect(client, path, [...WORDS, "--profile", "ci"])).toEqual({ path, did: "updated" });
    expect(client.words(serversOf(client, path).portcullis as never)).toEqual([...WORDS, "--profile", "ci"]);
    expect(await disconnect(client, path)).toMatchObject({ did: "restored" });
    expect(home.all()).toEqual(before);
  });

  test("where there is no file and no directory, both are made and removed", async () => {
    const before = home.all();
    const path = fileOf(client, home.place);
    expect(await connect(client, path)).toEqual({ path, did: "made" });
    expect(client.words(serversOf(client, path).portcullis as never)).toEqual(WORDS);
    expect(await disconnect(client, path)).toMatchObject({ did: "unmade" });
    expect(home.all()).toEqual(before);
  });

  test.each([
    ["an empty file", ""],
    ["a blank line", "\n"],
  ])("%s is filled and emptied again", async (_name, text) => {
    const path = home.put(fileOf(client, home.place), text);
    const before = home.all();
    await connect(client, path);
    expect(client.words(serversOf(client, path).portcullis as never)).toEqual(WORDS);
    await disconnect(client, path);
    expect(home.all()).toEqual(before);
  });

  test("another server of that name is refused, and its file left alone", async () => {
    const path = home.put(fileOf(client, home.place), "");
    await connect(client, path, ["/usr/bin/npx", "other-server"]);
    const before = home.all();
    await expect(connect(client, path)).rejects.toMatchObject({
      message: expect.stringContaining("is another server"),
      remedy: expect.stringMatching(/--name/),
    });
    await expect(disconnect(client, path)).rejects.toThrow(/is another server/);
    expect(home.all()).toEqual(before);
  });

  test("a broken file is refused with line and column, and left alone", async () => {
    const broken = { json: '{\n  "a": 1\n  "b": 2\n}\n', toml: "a = 1\nb = = 2\n", yaml: "a: 1\nb: [2\n" }[client.format];
    const path = home.put(fileOf(client, home.place), broken);
    const before = home.all();
    await expect(connect(client, path)).rejects.toThrow(new RegExp(`^${path}:[234]:\\d+: this is not `));
    await expect(disconnect(client, path)).rejects.toThrow(/this is not/);
    expect(home.all()).toEqual(before);
  });
});

function emptySection(client: Client): object {
  return { [(client.sections.at(-1) as string[])[0] as string]: {} };
}

/** Lines of `before` that `after` has not in that order; a comma or a bracket more at a line's end is no other line. */
function missing(before: readonly string[], after: readonly string[]): string[] {
  let at = 0;
  const bare = (line: string) =>
    line
      .replace(/\r$/, "")
      .replace(/[,{}[\]]+(\s*(\/\/.*)?)$/, "$1")
      .trimEnd();
  return before.filter((line) => {
    const found = after.findIndex(
      (other, index) => index >= at && bare(other).replace(/,(?=\s*\/\/)/, "") === bare(line).replace(/,(?=\s*\/\/)/, ""),
    );
    if (found !== -1) at = found + 1;
    return found === -1;
  });
}

describe("a file that isn't just a file", () => {
  const client = clientOf("cursor");
  const usual = () => fileOf(client, home.place);

  test("a link stays a link: what it leads to is changed, and restored", async () => {
    const real = home.put("dotfiles/cursor.json", example("cursor.json"));
    mkdirSync(dirname(usual()));
    symlinkSync(real, usual());
    const before = home.all();
    expect(await connect(client, usual())).toMatchObject({ path: real, backup: `${real}.before-portcullis` });
    expect(lstatSync(usual()).isSymbolicLink()).toBe(true);
    expect(readlinkSync(usual())).toBe(real);
    await disconnect(client, usual());
    expect(home.all()).toEqual(before);
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ["a link to nothing", (path) => symlinkSync("/nowhere/at/all", path), /link to nothing/],
    ["a note of ours that leads elsewhere", (path) => symlinkSync(`${path}.elsewhere`, `${path}.made-by-portcullis`), /EEXIST/],
    ["a directory", (path) => mkdirSync(path), /is not a file/],
    ["a pipe, which is never waited for", (path) => execFileSync("mkfifo", [path]), /is not a file/],
    ["a read-only file", (path) => chmodSync(home.put(path, "{}"), 0o444), /is read-only/],
    ["a file with two names", (path) => linkSync(home.put(`${path}.other`, "{}"), path), /several names/],
    ["a file that isn't UTF-8", (path) => void home.put(path, Buffer.from("\uFEFF{}", "utf16le")), /not UTF-8/],
    ["a nesting without end", (path) => void home.put(path, '{"a":'.repeat(99_000) + "}".repeat(99_000)), /can't be read/],
    ["a list", (path) => void home.put(path, "[]"), /the file is not a set of names and values/],
    ["a list of servers", (path) => void home.put(path, '{"mcpServers": []}'), /`mcpServers` is not a set of names and values/],
    [
      "two sections of one name",
      (path) => void home.put(path, '{"mcpServers": {}, "mcpServers": {"a": {}}}'),
      /`mcpServers` is there twice/,
    ],
  ])("%s is refused in words, and nothing is written", async (_name, make, expected) => {
    mkdirSync(dirname(usual()), { recursive: true });
    make(usual());
    const before = home.all();
    await expect(connect(client, usual())).rejects.toMatchObject({
      message: expect.stringMatching(expected),
      remedy: expect.stringMatching(/nothing was written/),
    });
    expect(home.all()).toEqual(before);
  });

  test("a directory of the way that is a file is said", async () => {
    home.put(".cursor", "a file");
    await expect(connect(client, usual())).rejects.toMatchObject({
      message: expect.stringMatching(/can't be read or written/),
      remedy: expect.stringMatching(/nothing was written/),
    });
  });

  test("the owner stays the owner when root connects for somebody", async () => {
    if (process.getuid?.() !== 0) return expect(process.getuid?.()).toBeGreaterThan(0);
    const path = home.put(usual(), "{}");
    chownSync(path, 65534, 65534);
    await connect(client, path);
    expect(statSync(path)).toMatchObject({ uid: 65534, gid: 65534 });
  });

  test("`null` where the servers belong gives way to them, and comes back", async () => {
    const path = home.put(usual(), '{\n  "mcpServers": null\n}\n');
    const before = home.all();
    await connect(client, path);
    expect(client.words(serversOf(client, path).portcullis as never)).toEqual(WORDS);
    await disconnect(client, path);
    expect(home.all()).toEqual(before);
  });

  test("servers that are written in a form that can't be edited are refused", async () => {
    const codex = clientOf("codex");
    const path = home.put(fileOf(codex, home.place), 'mcp_servers = { docs = { command = "x" } }\n');
    const before = home.all();
    await expect(connect(codex, path)).rejects.toMatchObject({
      message: expect.stringMatching(/can't be edited safely/),
      remedy: expect.stringMatching(/by hand/),
    });
    expect(home.all()).toEqual(before);
  });

  test("what a person put into our entry stays through an update", async () => {
    const path = home.put(usual(), example("cursor.json"));
    await connect(client, path);
    home.put(path, readFileSync(path, "utf8").replace('"type": "stdio",', '"type": "stdio", "env": { "TZ": "UTC" },'));
    expect(await connect(client, path, [...WORDS, "--profile", "ci"])).toMatchObject({
      did: "updated",
      backup: `${path}.before-portcullis.2`,
    });
    expect(serversOf(client, path).portcullis).toEqual({ ...client.entry([...WORDS, "--profile", "ci"], ""), env: { TZ: "UTC" } });
    await disconnect(client, path);
    expect(serversOf(client, path)).toEqual({ playwright: { command: "npx", args: ["@playwright/mcp@latest"] } });
  });

  test("of two backups the one that fits is put back, and a later one gets a name of its own", async () => {
    const path = home.put(usual(), "{}\n");
    home.put(`${path}.before-portcullis.2`, '{"theirs": 1}\n');
    expect(await connect(client, path)).toMatchObject({ backup: `${path}.before-portcullis.3` });
    expect(statSync(`${path}.before-portcullis.3`).mode & 0o777).toBe(0o600);
    expect(await disconnect(client, path)).toEqual({ path, did: "restored", left: [`${path}.before-portcullis.2`] });
    expect(readFileSync(path, "utf8")).toBe("{}\n");
  });

  test("opencode's newer nesting is kept", async () => {
    const opencode = clientOf("opencode");
    const path = home.put(fileOf(opencode, home.place), '{ "mcp": { "servers": { "a": { "type": "local", "command": ["a"] } } } }\n');
    const before = home.all();
    await connect(opencode, path);
    expect(Object.keys(read(opencode, path).mcp?.["servers"] ?? {})).toEqual(["a", "portcullis"]);
    await disconnect(opencode, path);
    expect(home.all()).toEqual(before);
  });
});

describe("where the files are", () => {
  const WINDOWS = { APPDATA: "C:\\Users\\ada\\AppData\\Roaming", LOCALAPPDATA: "C:\\Users\\ada\\AppData\\Local" };
  test.each<[id: string, platform: "linux" | "darwin" | "win32", env: Record<string, string>, there: string, expected: string]>([
    ["claude-desktop", "linux", { XDG_CONFIG_HOME: "/xdg" }, "", "/xdg/Claude/claude_desktop_config.json"],
    ["claude-desktop", "linux", { XDG_CONFIG_HOME: "relative" }, "", "/h/.config/Claude/claude_desktop_config.json"],
    ["claude-desktop", "darwin", { XDG_CONFIG_HOME: "/xdg" }, "", "/h/Library/Application Support/Claude/claude_desktop_config.json"],
    ["claude-desktop", "win32", WINDOWS, "", "C:\\Users\\ada\\AppData\\Roaming\\Claude\\claude_desktop_config.json"],
    [
      "claude-desktop",
      "win32",
      WINDOWS,
      "LocalCache",
      "C:\\Users\\ada\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json",
    ],
    ["claude-code", "linux", {}, "", "/h/.claude.json"],
    ["claude-code", "linux", { CLAUDE_CONFIG_DIR: "/srv/claude" }, "", "/srv/claude/.claude.json"],
    ["vscode", "linux", {}, "", "/h/.config/Code/User/mcp.json"],
    ["vscode", "darwin", {}, "", "/h/Library/Application Support/Code/User/mcp.json"],
    ["vscode", "win32", WINDOWS, "", "C:\\Users\\ada\\AppData\\Roaming\\Code\\User\\mcp.json"],
    ["cursor", "darwin", {}, "", "/h/.cursor/mcp.json"],
    ["cursor", "win32", WINDOWS, "", "C:\\Users\\ada\\.cursor\\mcp.json"],
    ["codex", "linux", {}, "", "/h/.codex/config.toml"],
    ["codex", "linux", { CODEX_HOME: "/codex" }, "", "/codex/config.toml"],
    ["gemini", "linux", {}, "", "/h/.gemini/settings.json"],
    ["gemini", "linux", { GEMINI_CLI_HOME: "/g" }, "", "/g/.gemini/settings.json"],
    ["windsurf", "linux", {}, "", "/h/.codeium/windsurf/mcp_config.json"],
    ["windsurf", "linux", {}, "/h/.config/devin", "/h/.config/devin/mcp_config.json"],
    ["zed", "linux", { XDG_CONFIG_HOME: "/xdg" }, "", "/xdg/zed/settings.json"],
    ["zed", "darwin", { XDG_CONFIG_HOME: "/xdg" }, "", "/h/.config/zed/settings.json"],
    ["zed", "win32", WINDOWS, "", "C:\\Users\\ada\\AppData\\Roaming\\Zed\\settings.json"],
    ["goose", "linux", {}, "", "/h/.config/goose/config.yaml"],
    ["goose", "linux", { GOOSE_PATH_ROOT: "/goose" }, "", "/goose/config/config.yaml"],
    ["goose", "win32", WINDOWS, "", "C:\\Users\\ada\\AppData\\Roaming\\Block\\goose\\config\\config.yaml"],
    ["opencode", "linux", { XDG_CONFIG_HOME: "/xdg" }, "", "/xdg/opencode/opencode.json"],
    ["opencode", "linux", {}, "opencode.jsonc", "/h/.config/opencode/opencode.jsonc"],
  ])("%s on %s with %j and `%s` there", (id, platform, env, there, expected) => {
    const home = platform === "win32" ? "C:\\Users\\ada" : "/h";
    expect(fileOf(clientOf(id), { platform, env, home, there: (path) => there !== "" && path.includes(there) })).toBe(expected);
  });

  test("every client has a row, and an example", () => {
    expect(EXAMPLES.map(([id]) => id)).toEqual(CLIENTS.map(({ id }) => id));
    for (const [, file] of EXAMPLES) expect(existsSync(join(import.meta.dirname, "files", basename(file)))).toBe(true);
  });
});
