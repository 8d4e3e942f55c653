/** The plan of the house as a test: which folder may import what, and the one door to each part of the world. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const SOURCE = join(import.meta.dirname, "..", "src");

/** Floors are a star: a folder imports `types` and itself. Only these see more. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | "all">> = {
  "server.ts": "all",
  // Its parts.
  compose: "all",
  // The command line is the other composition root: it imports server.ts, and the rooms that its commands speak for.
  cli: "all",
};

/** One door to each part of the world: which modules open it, and who may use them. */
const DOORS: readonly { readonly door: string; readonly modules: RegExp; readonly allowed: readonly string[] }[] = [
  {
    door: "the file system",
    modules: /^node:fs(\/promises)?$/,
    // Besides files/: config (its file, the state directory and keys), policy/load (policies), audit (anchor, ballast, backups), shell (program look-up), sandbox (probes), clients (their configuration), log (its file), cli (what a person names).
    allowed: ["files/", "config/", "policy/", "audit/", "shell/", "sandbox/", "clients/file.ts", "log/", "cli/"],
  },
  {
    door: "child processes",
    modules: /^(node:child_process|execa)$/,
    // Besides the sandbox: the search of files, the operator's own command that tells a secret, and the trial of what a client starts.
    allowed: ["sandbox/", "files/ripgrep.ts", "config/secrets.ts", "clients/try-entry.ts"],
  },
  {
    door: "the network",
    modules: /^(undici|node:(dns|net|tls|http|https|http2|dgram)(\/promises)?)$/,
    // Besides egress: the one file that listens.
    allowed: ["egress/", "transport/http/listen.ts"],
  },
  { door: "serving HTTP", modules: /^(hono|@hono\/.*)$/, allowed: ["transport/", "console/"] },
  { door: "SQLite", modules: /^better-sqlite3$/, allowed: ["audit/", "session/"] },
  { door: "the protocol", modules: /^@modelcontextprotocol\//, allowed: ["transport/", "upstream/"] },
];

interface Source {
  readonly path: string;
  readonly text: string;
}

function sources(directory: string): Source[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(directory, path), text: readFileSync(path, "utf8") }));
}

/** Every violation in words; none on a healthy tree. */
function violations(files: readonly Source[]): string[] {
  return files.flatMap(({ path, text }) => {
    const found: string[] = [];
    const home = path.includes("/") ? (path.split("/")[0] as string) : path;
    for (const [, specifier = "", dynamic = ""] of text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/g,
    )) {
      const target = specifier || dynamic;
      for (const { door, modules, allowed } of DOORS)
        if (modules.test(target) && !allowed.some((room) => path.startsWith(room)) && !isTypeImport(text, target))
          found.push(`${path} opens ${door} (${target})`);
      if (!target.startsWith(".")) continue;
      const resolved = join(path, "..", target);
      const room = resolved.includes("/") ? (resolved.split("/")[0] as string) : resolved;
      if (room !== home && room !== "types.ts" && room !== "types" && MAY_IMPORT[home] !== "all") found.push(`${path} imports ${resolved}`);
      if (home === "types" && room !== "types") found.push(`${path} imports ${resolved}: the words import nothing`);
    }
    if (/\bprocess\.env\b/.test(text) && home !== "config") found.push(`${path} reads process.env`);
    return found;
  });
}

/** A type says nothing at run time, so `import type` opens no door. */
function isTypeImport(text: string, specifier: string): boolean {
  return (
    text.split("\n").some((line) => line.startsWith("import type ") && line.includes(`"${specifier}"`)) &&
    !text.includes(`import("${specifier}")`) &&
    !new RegExp(`\\nimport [^t][^;]*"${specifier.replaceAll("/", "\\/")}"`).test(`\n${text}`)
  );
}

describe("the plan of the house", () => {
  test("every import stays on its floor and every door is used only by its keepers", () => {
    expect(violations(sources(SOURCE))).toEqual([]);
  });

  test.each([
    [
      "a tool that imports the file door",
      { path: "tools/sneaky.ts", text: 'import { openDoor } from "../files/door.ts";\n' },
      "tools/sneaky.ts imports files/door.ts",
    ],
    [
      "a tool that reads files by itself",
      { path: "tools/sneaky.ts", text: 'import { readFileSync } from "node:fs";\n' },
      "tools/sneaky.ts opens the file system (node:fs)",
    ],
    [
      "a policy that starts a program",
      { path: "policy/sneaky.ts", text: 'const { spawn } = await import("node:child_process");\n' },
      "policy/sneaky.ts opens child processes (node:child_process)",
    ],
    [
      "a gate that fetches",
      { path: "guard/sneaky.ts", text: 'import { request } from "undici";\n' },
      "guard/sneaky.ts opens the network (undici)",
    ],
    [
      "a sanitizer that reads the environment",
      { path: "sanitize/sneaky.ts", text: "const key = process.env.KEY;\n" },
      "sanitize/sneaky.ts reads process.env",
    ],
    [
      "words that import a room",
      { path: "types/sneaky.ts", text: 'import type { Door } from "../files/door.ts";\n' },
      "types/sneaky.ts imports files/door.ts",
    ],
  ])("finds %s", (_name, planted, expected) => {
    expect(violations([planted])).toContain(expected);
  });

  test("no file has more than 300 lines", () => {
    expect(
      sources(SOURCE)
        .filter(({ text }) => text.split("\n").length > 301)
        .map(({ path }) => path),
    ).toEqual([]);
  });
});
