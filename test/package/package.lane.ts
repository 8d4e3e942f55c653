/** The package as others get it: from the tarball by plain npm, from the bundle of desktop clients, and as registries describe it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { machineEnv, npm } from "../../scripts/npm.ts";
import { bundledIn } from "../../scripts/notices.ts";
import { expectServes } from "./serves.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const DIST = join(REPOSITORY, "dist");
const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), "utf8"));
const manifest = readJson(REPOSITORY, "package.json") as {
  name: string;
  version: string;
  mcpName: string;
  dependencies: Record<string, string>;
};

let place: string;
let tarball: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "portcullis-package-"));
  tarball = join(place, npm(REPOSITORY, "pack", "--ignore-scripts", "--pack-destination", place).split("\n").at(-1) ?? "");
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** Packages that files of dist/ load by name. */
function loaded(): string[] {
  const texts = readdirSync(DIST)
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(join(DIST, name), "utf8"));
  const words = /(?:\bfrom|\bimport|\bimport\(|\brequire\(|createRequire\d*\(import\.meta\.url\)\()\s*"((?:@[\w-]+\/)?[a-z][\w.-]*)"/g;
  const names = texts.flatMap((text) => [...text.matchAll(words)].map(([, name = ""]) => name));
  return [...new Set(names)].filter((name) => !isBuiltin(name)).toSorted();
}

describe("the tarball", () => {
  test("makes a user install exactly what the bundle doesn't hold: put anything else under devDependencies", () => {
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(loaded());
  });

  test("holds the licence texts of the packages in the bundle", () => {
    const notices = bundledIn(readFileSync(join(DIST, "THIRD_PARTY_NOTICES.txt"), "utf8"));
    expect(notices.map(({ name }) => name)).toEqual(expect.arrayContaining(["@modelcontextprotocol/server", "hono", "undici", "zod"]));
  });

  test("holds the built server, what people read, and nothing else", () => {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    const top = new Set(files.map((file) => file.split("/")[1]));
    expect(top).toEqual(new Set(["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "config", "dist", "package.json"]));
    const built = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.filter((file) => file.startsWith("package/dist/"))).toHaveLength(built.length);
  });
});

describe.each([22, 24, 26])("on Node %i, installed with plain npm in an empty directory", (major) => {
  let node: string;
  let installed: string;
  beforeAll(() => {
    node = major === 24 ? process.execPath : installNode(major);
    installed = mkdtempSync(join(place, `on-${major}-`));
    execFileSync("npm", ["install", tarball, "--no-audit", "--no-fund"], {
      cwd: installed,
      env: { ...machineEnv(), PATH: `${dirname(node)}:${machineEnv().PATH}` },
      stdio: ["ignore", "ignore", "inherit"],
    });
  });

  test("it serves over stdio", async () => {
    expect(execFileSync(node, ["--version"], { encoding: "utf8" })).toMatch(new RegExp(`^v${major}\\.`));
    const entry = join(installed, "node_modules", "portcullis", "dist", "cli.js");
    const start = (workspace: string) => ({ command: node, args: [entry, "serve", "--workspace", workspace] });
    await expectServes(place, start);
    await expectServes(place, start, "v1 SDK");
  });

  test("the command says its version", () => {
    const env = { PATH: `${dirname(node)}:/usr/bin:/bin` };
    const said = execFileSync(join(installed, "node_modules", ".bin", "portcullis"), ["--version"], { env, encoding: "utf8" });
    expect(said.trim()).toBe(manifest.version);
  });
});

/** The npm package `node` is a choice among packages with one binary each; this is the one for here. */
function installNode(major: number): string {
  const name = `node-${process.platform}-${process.arch}`;
  const directory = join(place, `node-${major}`);
  mkdirSync(directory);
  npm(directory, "install", "--no-save", `${name}@${major}`);
  return join(directory, "node_modules", name, "bin", "node");
}

describe("the bundle for desktop clients", () => {
  let bundle: string;
  beforeAll(() => {
    const script = join(REPOSITORY, "scripts", "bundle-mcpb.ts");
    const told = execFileSync(process.execPath, [script, place], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    bundle = join(place, "bundle");
    const mcpb = join(REPOSITORY, "node_modules/@anthropic-ai/mcpb/dist/cli/cli.js");
    execFileSync(process.execPath, [mcpb, "unpack", told.split("\n")[0] ?? "", bundle], { stdio: "ignore" });
  });

  test("says what every setting is for", () => {
    const { user_config, version } = readJson(bundle, "manifest.json") as {
      user_config: Record<string, { description?: string }>;
      version: string;
    };
    expect(version).toBe(manifest.version);
    for (const [name, { description }] of Object.entries(user_config))
      expect([name, description]).toEqual([name, expect.stringMatching(/\w+ \w+/)]);
  });

  test.each(["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "win32-arm64", "win32-x64"])(
    "has SQLite and ripgrep for %s",
    (desktop) => {
      const rg = join(bundle, "node_modules/@vscode", `ripgrep-${desktop}`, "bin", desktop.startsWith("win32") ? "rg.exe" : "rg");
      expect(statSync(rg).size).toBeGreaterThan(1e6);
      expect(statSync(join(bundle, "node_modules/better-sqlite3/prebuilds", `${desktop}.node`)).size).toBeGreaterThan(1e6);
    },
  );

  test("serves from where it was unpacked, as its manifest says", async () => {
    const { server } = readJson(bundle, "manifest.json") as { server: { mcp_config: { command: string; args: string[] } } };
    await expectServes(place, (workspace) => ({
      command: process.execPath,
      args: server.mcp_config.args.map((word) =>
        word.replace("${__dirname}", bundle).replace("${user_config.workspaces}", workspace).replace("${user_config.profile}", "local"),
      ),
    }));
  });
});

test("server.json says what is published: the name, the version and the packages", () => {
  const server = readJson(REPOSITORY, "server.json") as {
    name: string;
    version: string;
    description: string;
    packages: { registryType: string; identifier: string; version?: string }[];
  };
  const { name, version, mcpName } = manifest;
  expect(server).toMatchObject({ name: mcpName, version });
  expect(server.description.length).toBeLessThanOrEqual(100);
  expect(server.packages.map(({ registryType, identifier, version }) => [registryType, identifier, version])).toEqual([
    ["npm", name, version],
    ["oci", `ghcr.io/portcullis/portcullis:${version}`, undefined],
  ]);
});
