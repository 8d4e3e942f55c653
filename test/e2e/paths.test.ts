/** The path corpus through a real client: every case as expected. `test/cases/README.md` explains the rows. */
import { createServer } from "node:net";
import { execFileSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { connect } from "./clients.ts";
import type { Connected, Result } from "./clients.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

type Step = Record<string, unknown>;
interface Case {
  readonly id: string;
  readonly area: string;
  readonly input: string | Record<string, string>;
  readonly expect: string;
  readonly why: string;
  readonly op: string;
  readonly setup?: readonly Step[];
  readonly race?: readonly (readonly string[])[];
}

const SECRET = "TOP-SECRET";
const cases = readFileSync(join(import.meta.dirname, "..", "cases", "paths.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

let world: World;
let client: Connected | undefined;
const servers: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
  await client?.close();
  client = undefined;
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  world.remove();
});

const fill = (text: string) =>
  text
    .replaceAll("{{ROOTNAME}}", "work")
    .replaceAll("{{ROOT}}", world.workspace)
    .replaceAll("{{OUT}}", join(world.root, "outside"))
    .replaceAll("{{PARENT}}", world.root)
    .replaceAll("{{HOME}}", world.env.HOME ?? "");

async function prepare(step: Step): Promise<void> {
  for (const [kind, value] of Object.entries(step)) {
    const [first, second] = [value].flat().map((part) => (typeof part === "string" ? fill(part) : part)) as [string, string | number];
    if (kind === "dir") mkdirSync(first, { recursive: true });
    else if (kind === "rootlink") symlinkSync(world.workspace, join(world.workspace, "link-root"));
    else {
      mkdirSync(dirname(first), { recursive: true });
      if (kind === "file") writeFileSync(first, String(second));
      else if (kind === "symlink") symlinkSync(String(second), first);
      else if (kind === "hardlink") linkSync(String(second), first);
      else if (kind === "fifo") execFileSync("mkfifo", [first]);
      else if (kind === "sparse") {
        writeFileSync(first, "");
        truncateSync(first, Number(second));
      } else if (kind === "socket") {
        const server = createServer();
        servers.push(server);
        await new Promise<void>((resolve) => server.listen(first, resolve));
      } else throw new Error(`unknown setup ${kind}`);
    }
  }
}

/** Puts a state of a race in place of what is there. */
function arrange([kind, path = "", value = ""]: readonly string[]): void {
  const at = fill(path);
  rmSync(at, { recursive: true, force: true });
  if (kind === "dir") mkdirSync(at, { recursive: true });
  else if (kind === "symlink") symlinkSync(fill(value), at);
  else if (kind === "content") writeFileSync(at, value);
  else if (kind !== "absent") throw new Error(`unknown race state ${kind}`);
}

async function act(row: Case, at: Connected): Promise<Result> {
  const input =
    typeof row.input === "string" ? fill(row.input) : Object.fromEntries(Object.entries(row.input).map(([key, text]) => [key, fill(text)]));
  const path = input as string;
  switch (row.op) {
    case "read":
      return at.call("read_text_file", { path });
    case "list":
      return at.call("list_directory", { path });
    case "write":
      return at.call("write_file", { path, content: "written by the test\n" });
    case "edit":
      return at.call("edit_file", { path, edits: [{ oldText: "A", newText: "C" }] });
    case "move":
      return at.call("move_file", {
        source: (input as Record<string, string>).source,
        destination: (input as Record<string, string>).destination,
      });
    case "search": {
      const { root, glob } = input as Record<string, string>;
      return at.call("search_files", { path: root, pattern: glob });
    }
    default:
      throw new Error(`unknown op ${row.op}`);
  }
}

/** Everything outside the workspace, as one string: what a write there would change. */
const outside = () =>
  execFileSync("find", [
    world.root,
    "-path",
    world.workspace,
    "-prune",
    "-o",
    "-path",
    world.state,
    "-prune",
    "-o",
    "-path",
    world.env.HOME ?? "",
    "-prune",
    "-o",
    "-type",
    "f",
    "-print",
    "-exec",
    "cat",
    "{}",
    "+",
  ]).toString();

describe("the path corpus", () => {
  test.each(cases)("$id $area: $why ($op)", async (row) => {
    world = createWorld();
    // The policy of the corpus: the secret globs of the profile, nothing asked, so that only the guard stands between a case and its effect.
    const policy = join(world.root, "policy.yaml");
    writeFileSync(policy, "version: 1\nextends: [local]\napprovals: { mode: auto-approve }\n", { mode: 0o600 });
    for (const step of row.setup ?? []) await prepare(step);
    if (row.race?.[0]) arrange(row.race[0]);
    const before = outside();
    client = await connect("v2 SDK, 2025-11-25", world, { args: ["--policy", policy] });
    if (row.race?.[1] && row.op !== "edit") arrange(row.race[1]);
    if (row.op === "edit") {
      // Content that is another by the time of the change: the hash that was seen no longer fits.
      const seen = (await client.call("get_file_info", { path: "edit.txt" })).text.match(/sha256:[0-9a-f]{64}/)?.[0];
      if (row.race?.[1]) arrange(row.race[1]);
      const result = await client.call("edit_file", { path: "edit.txt", edits: [{ oldText: "B", newText: "C" }], expectedHash: seen });
      expect(result.isError).toBe(true);
      return;
    }
    const result = await act(row, client);
    expect(result.text).not.toContain(SECRET);
    expect(result.text).not.toContain("root:x:0:0");
    if (row.area === "toctou" || row.area === "benign") expect(outside()).toContain("");
    else expect(outside()).toBe(before);
    switch (row.expect) {
      case "allow":
        expect(result.refusal).toBeUndefined();
        if (row.op === "read") expect(result.text).toBe("ok");
        break;
      case "deny":
        if (row.op === "search") expect(result.text).toMatch(/No matches found|not|denied/);
        else expect(result.isError).toBe(true);
        break;
      case "truncate-or-deny":
        expect(result.isError || result.call.truncated === true).toBe(true);
        break;
      case "deny-or-escape-in-display":
      case "deny-or-documented":
      case "noescape":
        // A clean outcome of any kind: the two checks above are the point.
        expect(result.isError || result.call.callId).toBeTruthy();
        break;
      default:
        throw new Error(`unknown expectation ${row.expect}`);
    }
    if (row.op === "write" && row.expect === "allow") expect(existsSync(join(world.workspace, row.input as string))).toBe(true);
  });
});
