import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closestName } from "../../src/config/closest.ts";
import { homeOf, isTooMuch, loadConfig, splitPaths } from "../../src/config/load.ts";
import type { Flags } from "../../src/config/load.ts";
import { openState, readKey } from "../../src/config/state.ts";
import { makeCertificate } from "../egress/certificate.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-config-")));
  for (const name of ["home", "project", "other"]) mkdirSync(join(root, name));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const load = (flags: Flags = {}, env: Record<string, string> = {}, cwd = join(root, "project")) =>
  loadConfig(flags, { env, cwd, home: join(root, "home") });

function config(text: string): string {
  const file = join(root, "config.yaml");
  writeFileSync(file, text);
  return file;
}

describe("the workspace", () => {
  test("is the current directory when nothing is said", async () => {
    expect((await load()).workspaces).toEqual([join(root, "project")]);
  });

  test.each(["/", "/etc", "/usr", "/tmp"])("is not %s by itself", async (cwd) => {
    await expect(load({}, {}, cwd)).rejects.toThrow(/without a workspace: name the project/);
  });

  test("is not the home directory by itself, nor a link to it", async () => {
    symlinkSync(join(root, "home"), join(root, "link"));
    await expect(load({}, {}, join(root, "home"))).rejects.toThrow(/--workspace/);
    await expect(load({}, {}, join(root, "link"))).rejects.toThrow(/--workspace/);
  });

  test("must be there", async () => {
    await expect(load({ workspace: ["../nowhere"] })).rejects.toThrow(/is not a directory: make it, or name another/);
  });
});

describe("on every system", () => {
  const WINDOWS = { SystemRoot: "C:\\WINDOWS", ProgramFiles: "C:\\Program Files" };
  test.each<[platform: "linux" | "darwin" | "win32", here: string, home: string, expected: boolean]>([
    ["linux", "/", "/home/ada", true],
    ["linux", "/home/ada", "/home/ada", true],
    ["linux", "/home", "/home/ada", true],
    ["linux", "/home/bob", "/home/ada", true],
    ["linux", "/home/ada/shop", "/home/ada", false],
    ["linux", "/srv/people", "/srv/people/ada", true],
    ["linux", "/srv/shop", "", false],
    ["darwin", "/private/tmp", "/Users/ada", true],
    ["darwin", "/Users/bob", "/Users/ada", true],
    ["darwin", "/Applications", "/Users/ada", true],
    ["darwin", "/Users/ada/shop", "/Users/ada", false],
    ["win32", "C:\\", "C:\\Users\\ada", true],
    ["win32", "C:\\Windows\\System32", "C:\\Users\\ada", true],
    ["win32", "C:\\Program Files\\Claude", "C:\\Users\\ada", true],
    ["win32", "C:\\Users", "C:\\Users\\ada", true],
    ["win32", "C:\\Users\\bob", "C:\\Users\\ada", true],
    ["win32", "C:\\Windows-shop", "C:\\Users\\ada", false],
    ["win32", "D:\\shop", "C:\\Users\\ada", false],
  ])("%s: %s with the home %s is too much by itself: %s", (platform, here, home, expected) => {
    expect(isTooMuch(here, home, platform === "win32" ? WINDOWS : {}, platform)).toBe(expected);
  });

  test("the home is HOME, on Windows USERPROFILE", () => {
    const env = { HOME: "/c/Users/ada", USERPROFILE: "C:\\Users\\ada" };
    expect([homeOf(env, "linux"), homeOf(env, "win32"), homeOf({ HOME: "h" }, "win32"), homeOf({}, "darwin")]).toEqual([
      "/c/Users/ada",
      "C:\\Users\\ada",
      "h",
      "",
    ]);
  });

  test("several paths in a variable stand as they do in PATH", async () => {
    expect(splitPaths("/a:/b::", "linux")).toEqual(["/a", "/b"]);
    expect(splitPaths("C:\\a;D:\\b", "win32")).toEqual(["C:\\a", "D:\\b"]);
    expect((await load({}, { PORTCULLIS_WORKSPACE: `${root}/project:${root}/other` })).workspaces).toEqual([
      `${root}/project`,
      `${root}/other`,
    ]);
  });
});

describe("flag, environment and file", () => {
  test("count in this order", async () => {
    const file = config("workspace: other\nstate: from-file\nprofile: ci\n");
    expect((await load({ config: file })).workspaces).toEqual([join(root, "other")]);
    expect((await load({ config: file })).state).toBe(join(root, "from-file"));
    expect((await load({ config: file }, { PORTCULLIS_STATE: "/from/env" })).state).toBe("/from/env");
    expect((await load({ config: file, state: "/from/flag" }, { PORTCULLIS_STATE: "/from/env" })).state).toBe("/from/flag");
    expect((await load({ config: file }, { PORTCULLIS_PROFILE: "team" })).profile).toBe("team");
  });

  test("state lies below XDG_STATE_HOME, else below the home", async () => {
    expect((await load({}, { XDG_STATE_HOME: "/xdg" })).state).toBe("/xdg/portcullis");
    expect((await load()).state).toBe(join(root, "home", ".local", "state", "portcullis"));
  });

  test("an unknown variable of ours warns with a guess, others don't", async () => {
    expect((await load({}, { PORTCULLIS_POLCY: "x", PATH: "/bin" })).warnings).toEqual([
      "unknown variable PORTCULLIS_POLCY - did you mean PORTCULLIS_POLICY?",
    ]);
  });

  test.each<[string, string, string]>([
    ["an unknown key", "worksapce: x\n", ':1:1: unknown key "worksapce" - did you mean "workspace"?'],
    ["an unknown key inside", "log:\n  fil: x\n", ':2:3: unknown key "fil" - did you mean "file"?'],
    ["an unknown key of the rotation", "log: { rotate: { sice: 1MiB } }\n", ':1:18: unknown key "sice" - did you mean "size"?'],
    ["a size of old logs without a unit", 'log: { rotate: { size: "10" } }\n', "`log.rotate.size`: must carry its unit, such as 10MiB"],
    ["a size that no line fits into", "log: { rotate: { size: 10B } }\n", "`log.rotate.size`: must be 1KiB or more"],
    ["an age that is a number", "log: { rotate: { age: 7 } }\n", "`log.rotate.age`: must carry its unit, such as 7d"],
    ["no old log at all", "log: { rotate: { keep: 0 } }\n", "`log.rotate.keep`: "],
    ["a key twice", "state: a\nstate: b\n", ":2:1: "],
    ["a wrong type", "state: [a]\n", ":1:8: `state`"],
    ["no YAML", "state: [a\n", ":2:1: "],
    ["an alias", "workspace: &a x\nstate: *a\n", ""],
  ])("%s in the file is an error with its place", async (_name, text, expected) => {
    await expect(load({ config: config(text) })).rejects.toThrow(expected);
  });

  test("say when a log file is put aside, each part for itself", async () => {
    const rotation = async (text: string) => (await load({ config: config(text) })).log.rotate;
    const usual = { size: 10 * 1024 ** 2, age: 7 * 86_400_000, keep: 5 };
    expect(await rotation("log: { level: warn }\n")).toEqual(usual);
    expect(await rotation("log: { rotate: { size: 1.5MiB } }\n")).toEqual({ ...usual, size: 1.5 * 1024 ** 2 });
    expect(await rotation("log: { rotate: { age: 12h, keep: 1 } }\n")).toEqual({ ...usual, age: 43_200_000, keep: 1 });
  });

  test("name the files that no tool may touch, wherever they lie", async () => {
    const { cert, key } = makeCertificate("localhost", "valid");
    for (const [name, text] of [
      ["keys.json", "{}"],
      ["c.pem", cert],
      ["k.pem", key],
    ] as const)
      writeFileSync(join(root, name), text);
    const file = config(
      "auth: { issuer: https://idp.example.com, audience: a, jwks: keys.json }\nhttp: { listen: 0, tls: { cert: c.pem, key: k.pem } }\nlog: { file: l.log, anchor: far }\n",
    );
    const { ownFiles, auth } = await load({ config: file });
    expect(ownFiles.toSorted()).toEqual(["c.pem", "config.yaml", "far", "k.pem", "keys.json", "l.log"].map((name) => join(root, name)));
    expect(auth?.jwks).toBe(join(root, "keys.json"));
    expect((await load()).ownFiles).toEqual([]);
  });

  test("name the issuer whose tokens are taken", async () => {
    const file = config(
      "auth: { issuer: https://idp.example.com/, audience: a, jwks: https://keys.example.net/k?p=1, roles: { staff: approver } }\n",
    );
    const auth = {
      issuer: "https://idp.example.com/",
      audience: "a",
      jwks: "https://keys.example.net/k?p=1",
      roles: { staff: "approver" },
    };
    expect((await load({ config: file })).auth).toEqual(auth);
    expect((await load({ config: config("auth: { issuer: http://localhost:8080/realms/a, audience: a }\n") })).auth).toMatchObject({
      roles: {},
    });
    expect((await load()).auth).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ["an issuer without TLS", "auth: { issuer: http://idp.example.com, audience: a }", ":1:17: `auth.issuer`: must be an https URL"],
    ["an issuer that only begins like loopback", "auth: { issuer: http://localhost.example.com, audience: a }", "must be an https URL"],
    ["an issuer with a password", "auth: { issuer: https://a:b@idp.example.com, audience: a }", "must be an https URL"],
    ["an issuer with a query", 'auth: { issuer: "https://idp.example.com?a", audience: a }', "must have no query"],
    ["an issuer that is no URL", "auth: { issuer: idp.example.com, audience: a }", "must be an https URL"],
    [
      "keys under a file URL",
      'auth: { issuer: https://idp.example.com, audience: a, jwks: "file:///etc/keys" }',
      "`auth.jwks`: must be a file, or an https URL",
    ],
    ["keys in a file that isn't there", "auth: { issuer: https://idp.example.com, audience: a, jwks: none.json }", "there is no file"],
    ["no audience", "auth: { issuer: https://idp.example.com }", "`auth.audience`"],
    ["an empty audience", 'auth: { issuer: https://idp.example.com, audience: "" }', "`auth.audience`"],
    ["a role that is no word", 'auth: { issuer: https://idp.example.com, audience: a, roles: { x: "a b" } }', "must be letters, digits"],
    ["an unknown key", "auth: { issuer: https://idp.example.com, audiance: a }", 'unknown key "audiance" - did you mean "audience"?'],
  ])("%s is no issuer", async (_name, text, expected) => {
    await expect(load({ config: config(`${text}\n`) })).rejects.toThrow(expected);
  });

  test("policy and profile exclude each other", async () => {
    await expect(load({ policy: ["p.yaml"], profile: "ci" })).rejects.toThrow(/drop --profile/);
  });

  test("an unknown profile, a missing file and a missing home are said", async () => {
    await expect(load({ profile: "lcoal" })).rejects.toThrow(/use local, team or ci/);
    await expect(load({ config: "nowhere.yaml" })).rejects.toThrow(/can't be read \(ENOENT\)/);
    await expect(loadConfig({}, { env: {}, cwd: join(root, "project"), home: "" })).rejects.toThrow(/--state DIR/);
  });
});

describe("the state directory", () => {
  test("is made private, and made private again when it was opened to others", () => {
    const path = join(root, "state");
    expect(openState(path).mended).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    chmodSync(path, 0o755);
    expect(openState(path).mended).toHaveLength(1);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test("that is a file is refused", () => {
    writeFileSync(join(root, "state"), "");
    expect(() => openState(join(root, "state"))).toThrow(/choose another with --state/);
  });

  test("keeps a key of its own, private and always the same", () => {
    const key = readKey(root, "seal.key", 32, randomBytes);
    expect(readKey(root, "seal.key", 32, randomBytes)).toEqual(key);
    expect(statSync(join(root, "seal.key")).mode & 0o777).toBe(0o600);
  });

  test("refuses a key that others can read, one that was cut, and one that is a link", () => {
    readKey(root, "seal.key", 32, randomBytes);
    chmodSync(join(root, "seal.key"), 0o644);
    expect(() => readKey(root, "seal.key", 32, randomBytes)).toThrow(/chmod 600/);
    writeFileSync(join(root, "cut.key"), "short", { mode: 0o600 });
    expect(() => readKey(root, "cut.key", 32, randomBytes)).toThrow(/holds 5 bytes instead of 32/);
    symlinkSync(join(root, "seal.key"), join(root, "link.key"));
    expect(() => readKey(root, "link.key", 32, randomBytes)).toThrow();
    expect(existsSync(join(root, "link.key"))).toBe(true);
  });
});

test.each([
  ["polcy", "policy"],
  ["rulse", "rules"],
  ["xyz", undefined],
])("the closest name to %s is %s", (word, expected) => {
  expect(closestName(word, ["policy", "rules", "state"])).toBe(expected);
});
