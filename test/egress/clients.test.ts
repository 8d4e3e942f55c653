import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandDoor } from "../../src/egress/door.ts";
import { openEgress } from "../../src/egress/door.ts";
import type { ProxyRecord } from "../../src/egress/proxy.ts";
import { makeCertificate } from "./certificate.ts";
import type { DnsServer } from "./dns-server.ts";
import { serveDns } from "./dns-server.ts";
import { runInside } from "./sandbox.ts";
import type { Handler, Place } from "./world.ts";
import { serve, serveTls } from "./world.ts";

const HOST = "registry.example.net";

let directory: string;
let plain: Place;
let secure: Place;
let dns: DnsServer;
let door: CommandDoor;
let tarball: Buffer;
let records: ProxyRecord[];

/** The programs that npm is made of; Debian spreads them over /usr, others keep them beside Node. */
function findNpm(): string {
  const given = process.env["npm_execpath"];
  if (given?.endsWith("npm-cli.js")) return realpathSync(given);
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((path) => join(path, "npm"))
    .find(existsSync);
  if (found === undefined) throw new Error("npm is not in PATH");
  return realpathSync(found);
}

/** A registry with one package, a repository for dumb git clients, and a page. */
const handler: Handler = (request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? "", "http://x").pathname);
  if (path === "/hello") response.end("hello from outside");
  else if (path === "/small/-/small-1.0.0.tgz") response.end(tarball);
  else if (path.startsWith("/repository/") && existsSync(join(directory, path))) response.end(readFileSync(join(directory, path)));
  else response.writeHead(404).end("{}");
};

function git(...argv: readonly string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.net", "-c", "init.defaultBranch=main"];
  execFileSync("git", [...identity, ...argv], { cwd: directory, stdio: "ignore", env: { PATH: process.env["PATH"], HOME: directory } });
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "clients-"));
  mkdirSync(join(directory, "package"));
  writeFileSync(join(directory, "package", "package.json"), JSON.stringify({ name: "small", version: "1.0.0", main: "index.js" }));
  writeFileSync(join(directory, "package", "index.js"), "module.exports = 'installed';\n");
  execFileSync("tar", ["-czf", "small.tgz", "package"], { cwd: directory });
  tarball = readFileSync(join(directory, "small.tgz"));
  git("init", "-q", "package");
  git("-C", "package", "add", ".");
  git("-C", "package", "commit", "-qm", "first");
  git("clone", "-q", "--bare", "package", "repository");
  git("-C", "repository", "update-server-info");

  plain = await serve(handler);
  secure = await serveTls(makeCertificate(HOST, "valid"), handler);
  dns = await serveDns({}, ["127.0.0.1"]);
  const egress = openEgress({ allow: [`127.0.0.1:${plain.port}`, `127.0.0.1:${secure.port}`], dns: [dns.address], redirects: 5 });
  records = [];
  door = await egress.command(egress.eyes(new AbortController().signal), join(directory, "egress.sock"), "f".repeat(32), {
    decide: ({ host }) => (host === HOST || host === "127.0.0.1" ? "allow" : "ask"),
    record: (record) => void records.push(record),
    limits: { bytes: 10_000_000, idle: 5000 },
  });
});
afterAll(async () => {
  await door.close();
  for (const place of [plain, secure]) await place.close();
  await dns.close();
  rmSync(directory, { recursive: true });
});

describe("ordinary programs reach what is allowed, with the usual variables and nothing else", () => {
  test("npm ci installs from a registry on loopback", async () => {
    const project = join(directory, "project");
    mkdirSync(project);
    const resolved = `http://127.0.0.1:${plain.port}/small/-/small-1.0.0.tgz`;
    const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
    const root = { name: "project", version: "1.0.0", dependencies: { small: "1.0.0" } };
    writeFileSync(join(project, "package.json"), JSON.stringify(root));
    writeFileSync(
      join(project, "package-lock.json"),
      JSON.stringify({
        ...root,
        lockfileVersion: 3,
        packages: { "": root, "node_modules/small": { version: "1.0.0", resolved, integrity } },
      }),
    );
    const npm = findNpm();
    const home = dirname(dirname(npm));
    const binds = [[project, "/project", "writable"] as const, ...(npm.startsWith("/usr/") ? [] : [[home, home] as const])];
    const flags = ["ci", "--no-audit", "--no-fund", "--no-update-notifier", `--registry=http://127.0.0.1:${plain.port}/`];
    const ran = await runInside(door.bridge, ["/run/portcullis/node", npm, ...flags], binds);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("added 1 package") as string });
    expect(readFileSync(join(project, "node_modules", "small", "index.js"), "utf8")).toContain("installed");
  });

  test.each([
    ["https", () => `https://${HOST}:${secure.port}/repository`],
    ["plain http", () => `http://${HOST}:${plain.port}/repository`],
  ])("git clone (whose transport is curl) over %s", async (_scheme, url) => {
    const clone = ["/usr/bin/git", "-c", "http.sslVerify=false", "clone", "-q", url(), "/tmp/cloned"];
    const ran = await runInside(door.bridge, ["/usr/bin/sh", "-c", `"$@" && cat /tmp/cloned/index.js`, "sh", ...clone]);
    expect(ran).toEqual({ code: 0, stdout: "module.exports = 'installed';\n", stderr: "" });
  });

  test("Node's own fetch, over TLS", async () => {
    const program = `fetch("https://${HOST}:${secure.port}/hello").then((a) => a.text()).then(console.log)`;
    const insecure = ["/usr/bin/env", "NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_NO_WARNINGS=1"];
    const ran = await runInside(door.bridge, [...insecure, "/run/portcullis/node", "-e", program]);
    expect(ran).toEqual({ code: 0, stdout: "hello from outside\n", stderr: "" });
  });

  test("what isn't allowed is refused", async () => {
    const ran = await runInside(door.bridge, ["/usr/bin/git", "ls-remote", "http://elsewhere.example.net/repository"]);
    expect(ran).toMatchObject({ code: 128, stdout: "", stderr: expect.stringContaining("error: 403") as string });
  });

  test("control: without the bridge nothing is reached", async () => {
    const ran = await runInside(undefined, ["/usr/bin/git", "ls-remote", `http://127.0.0.1:${plain.port}/repository`]);
    expect(ran).toMatchObject({ code: 128, stdout: "" });
  });
});

describe("the bridge is not there for the command", () => {
  test.each([
    ["the exit code", "exit 42", { code: 42, stdout: "", stderr: "" }],
    ["both outputs", "echo out; echo err >&2", { code: 0, stdout: "out\n", stderr: "err\n" }],
    ["a signal", "kill -KILL $$", { code: 137, stdout: "", stderr: "" }],
  ])("%s passes", async (_what, script, expected) => {
    expect(await runInside(door.bridge, ["/usr/bin/sh", "-c", script])).toEqual(expected);
  });

  test("a program that is missing is told", async () => {
    const ran = await runInside(door.bridge, ["/usr/bin/no-such-program"]);
    expect(ran).toEqual({ code: 127, stdout: "", stderr: "portcullis: spawn /usr/bin/no-such-program ENOENT\n" });
  });
});
