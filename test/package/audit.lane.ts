/** The audit of dependencies, with the real npm against a registry on loopback that knows what the row says. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "..", "..", "scripts", "audit.ts");

/** npm remembers advisories by their number, which every row uses anew. */
const NPMRC = "fetch-retries=0\ncache=cache\n";

/** A project that installs `installed`, has `bundled` in its bundle, and uses `tool` for development only. */
let project: string;
let registry: Server;
let advisories: Record<string, string> | undefined;
beforeAll(async () => {
  registry = createServer((request, response) => {
    request.resume();
    if (advisories === undefined) response.writeHead(405).end();
    else if (request.method === "POST") response.end(JSON.stringify(Object.fromEntries(Object.entries(advisories).map(advisory))));
    else response.end(JSON.stringify(packument(request.url?.slice(1) ?? "")));
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  registry.close();
  rmSync(project, { recursive: true, force: true });
});
beforeEach(() => {
  if (project) rmSync(project, { recursive: true, force: true });
  project = mkdtempSync(join(tmpdir(), "portcullis-audit-"));
  const names = { dependencies: { installed: "1.0.0" }, devDependencies: { bundled: "1.0.0", tool: "1.0.0" } };
  const entry = (name: string, dev: boolean) => [`node_modules/${name}`, { version: "1.0.0", ...(dev ? { dev } : {}) }] as const;
  const packages = Object.fromEntries([
    ["", { name: "project", ...names }] as const,
    entry("installed", false),
    entry("bundled", true),
    entry("tool", true),
  ]);
  put("package.json", JSON.stringify({ name: "project", version: "1.0.0", ...names }));
  put("package-lock.json", JSON.stringify({ name: "project", version: "1.0.0", lockfileVersion: 3, packages }));
  put(".npmrc", `registry=http://127.0.0.1:${(registry.address() as AddressInfo).port}/\n${NPMRC}`);
  mkdirSync(join(project, "dist"));
  put("dist/THIRD_PARTY_NOTICES.txt", `${"=".repeat(80)}\nbundled@1.0.0 (MIT)\n\nthe text\n`);
});

const put = (name: string, text: string) => writeFileSync(join(project, name), text);
const advisory = ([name, severity]: [string, string], index: number) => [
  name,
  [
    {
      id: index + 1,
      url: "https://example.org/advisory",
      title: "does harm",
      severity,
      vulnerable_versions: "<2",
      cwe: [],
      cvss: { score: 9, vectorString: null },
    },
  ],
];
const packument = (name: string) => ({
  name,
  "dist-tags": { latest: "2.0.0" },
  versions: { "1.0.0": { name, version: "1.0.0" }, "2.0.0": { name, version: "2.0.0" } },
});

function audit(): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, project], (error, _stdout, stderr) => resolve({ code: Number(error?.code ?? 0), said: stderr }));
  });
}

describe("the audit", () => {
  test.each([
    ["a high advisory against what is installed", { installed: "high" }, 1, /^audit: high: installed .*: does harm$/m],
    ["a critical one against what is in the bundle", { bundled: "critical" }, 1, /^audit: critical: bundled /m],
    ["a moderate one", { installed: "moderate" }, 0, /^audit: moderate: installed .*\naudit: 1 advisories, 0 of them/m],
    ["a high one against a tool of development", { tool: "high" }, 0, /^audit: \(development only\) high: tool /m],
    ["none", {}, 0, /^audit: 0 advisories/m],
  ] as const)("on %s", async (_name, known, code, said) => {
    advisories = known;
    expect(await audit()).toEqual({ code, said: expect.stringMatching(said) as string });
  });

  test("passes and says so when the registry keeps no advisories", async () => {
    advisories = undefined;
    expect(await audit()).toEqual({
      code: 0,
      said: expect.stringMatching(/^audit: the registry did not answer, so nothing is known: 405/) as string,
    });
  });

  test("passes and says so when there is no registry", async () => {
    put(".npmrc", `registry=http://127.0.0.1:1/\n${NPMRC}`);
    expect(await audit()).toEqual({
      code: 0,
      said: expect.stringMatching(/^audit: the registry did not answer, so nothing is known: .*ECONNREFUSED/) as string,
    });
  });

  test("never passes on what was not built: it wouldn't know what is in the bundle", async () => {
    advisories = { bundled: "high" };
    rmSync(join(project, "dist"), { recursive: true });
    expect((await audit()).code).not.toBe(0);
  });
});
