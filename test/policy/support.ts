import { readFile } from "../../src/policy/read-file.ts";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { FixedEyes } from "../../src/policy/inline-tests.ts";
import { loadPolicy, type PolicySources } from "../../src/policy/load.ts";
import type { Policy } from "../../src/policy/policy.ts";
import type { CommandResource, PathOp, Query, Resource, UrlResource } from "../../src/types.ts";

/** What the tests of this folder share: temporary policy files, queries, and stand-ins for the folders that policy doesn't import. */

const directory = mkdtempSync(join(tmpdir(), "policy-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

/** Writes a policy file of its own and gives its path. */
export function policyFile(text: string, name = `policy-${files++}.yaml`): string {
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

/** A stand-in for the file door's equivalent names: enough for the classes the engine must pass on. */
export function equivalents(path: string): readonly string[] {
  const plain = path
    .replaceAll(/[\u200b-\u200d\u2060\ufeff]/g, "")
    .replaceAll(/::\$DATA/gi, "")
    .replaceAll(/[. ]+(?=\/|$)/g, "")
    .replaceAll(/git~1/gi, ".git");
  return plain === path ? [] : [plain];
}

/** A tiny splitter in place of the shell analysis: `&&`, `|` and `;` split, `$(...)` makes a script, `$X` is an unknown word. */
export const eyes: FixedEyes = {
  command(text) {
    const inner = [...text.matchAll(/\$\(([^)]*)\)/g)].map((found) => found[1] ?? "");
    const script: Resource[] = inner.length === 0 ? [] : [{ kind: "opaque", reason: "a substitution", script: true }];
    const plain = text.replaceAll(/\$\([^)]*\)/g, "$X");
    const commands = [plain, ...inner].flatMap((part) => part.split(/&&|\|\||[|;]/)).map((part) => command(part.trim().split(/\s+/)));
    return [...commands, ...script];
  },
  url: (text, method) => url(text, { method }),
};

const READS = new Set(["ls", "cat", "head", "tail", "grep", "wc", "echo", "pwd"]);
const GIT_READS = new Set(["status", "log", "diff", "show", "branch"]);

/** A command resource; words that begin with `$` are unknown. Bundled short options of git are split, as the program tables do. */
export function command(words: readonly string[], more: Partial<CommandResource> = {}): CommandResource {
  const argv = words.map((word) => (word.startsWith("$") ? null : word));
  const [program, sub] = words;
  const sets = READS.has(program ?? "") ? ["read-basic"] : program === "git" && GIT_READS.has(sub ?? "") ? ["git-read"] : [];
  const options = words.filter((word) => word.startsWith("-") && word !== "--");
  const split = options.flatMap((word) =>
    /^-\w{2,}$/.test(word)
      ? word
          .slice(1)
          .split("")
          .map((letter) => `-${letter}`)
      : [word.split("=")[0] ?? word],
  );
  return { kind: "command", argv, cwd: "/w", sets, hazards: [], wrappers: [], ...(program === "git" ? { options: split } : {}), ...more };
}

/** A URL resource; names have one public address, literal addresses are special unless said. */
export function url(text: string, more: Partial<UrlResource> = {}): UrlResource {
  const { protocol, hostname, port } = new URL(text);
  const scheme = protocol.slice(0, -1);
  const host = hostname.replace(/^\[|\]$|\.$/g, "");
  const literal = /^[\d.]+$|:/.test(host);
  const addresses = literal
    ? [{ address: host, kind: host.startsWith("8.") ? "public" : "private" }]
    : [{ address: "93.184.216.34", kind: "public" }];
  return {
    kind: "url",
    method: "GET",
    scheme,
    host,
    port: port === "" ? (scheme === "http" ? 80 : 443) : Number(port),
    addresses,
    ...more,
  };
}

/** A path resource below /w. */
export function path(op: PathOp, name: string | null, more: Partial<Extract<Resource, { kind: "path" }>> = {}): Resource {
  return { kind: "path", op, path: name === null ? null : `/w/${name}`, ...more };
}

/** A query of a call with these resources. */
export function query(resources: readonly Resource[], more: Partial<Query> = {}): Query {
  return {
    principal: { id: "p", scopes: [] },
    session: "s",
    tool: "read_text_file",
    risk: "low",
    args: {},
    resources,
    workspaces: ["/w"],
    transport: "stdio",
    interactive: true,
    labels: [],
    ...more,
  };
}

export const SOURCES: PolicySources = {
  reader: readFile,
  files: [],
  projectFiles: [],
  trusted: () => false,
  protected: ["/w/state", "/var/lib/portcullis"],
  haveSecret: () => true,
  equivalents,
  eyes,
};

/** Loads texts as user layers, each its own file. */
export function load(texts: readonly string[] | string, more: Partial<PolicySources> = {}): Policy {
  return loadPolicy({ ...SOURCES, files: [texts].flat().map((text) => policyFile(text)), ...more });
}

/** Loads one user policy made of rules in YAML flow form, with other top-level lines before them. */
export function rules(list: readonly string[], head = ""): Policy {
  return load(`version: 1\n${head}\nrules:\n${list.map((rule) => `  - ${rule}`).join("\n")}\n`);
}
