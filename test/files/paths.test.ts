/** The corpus of hostile and benign paths (test/cases/paths.jsonl), as far as the door alone decides; deny globs are the policy's. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openDoor } from "../../src/files/door.ts";
import { Refusal } from "../../src/types.ts";
import type { FileEyes, FileHands } from "../../src/types.ts";
import { GRANT_ALL, makeWorld, refusalOf } from "./world.ts";

type Setup = Readonly<Record<string, string | boolean | readonly (string | number)[]>>;
interface Case {
  readonly id: string;
  readonly area: string;
  readonly input: string | Readonly<Record<string, string>>;
  readonly expect: string;
  readonly why: string;
  readonly op: string;
  readonly setup?: readonly Setup[];
  readonly race?: readonly (readonly string[])[];
}

const CASES = readFileSync(new URL("../cases/paths.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line): Case => JSON.parse(line.replaceAll(/[\u27e6\u27e7]/g, "")));
/** Decided by globs, hard-link and display rules: the policy and the form have their own tests. */
const ELSEWHERE = new Set(["deny-read", "deny-write"]);
const SECRETS = /TOP-SECRET|root:.*:0:0:|PRIVATE KEY/;

interface Place {
  readonly ROOT: string;
  readonly ROOTNAME: string;
  readonly OUT: string;
  readonly PARENT: string;
  readonly HOME: string;
}

const fill = (text: string, place: Place) =>
  text.replaceAll(/\{\{([A-Z]+)\}\}/g, (all, name: string) => (name in place ? place[name as keyof Place] : all));

function make(place: Place, setup: Setup): void {
  for (const [kind, value] of Object.entries(setup)) {
    const [first = "", second = ""] = Array.isArray(value)
      ? value.map((part) => (typeof part === "string" ? fill(part, place) : part))
      : [fill(String(value), place)];
    const path = String(first);
    if (kind !== "rootlink") mkdirSync(dirname(path), { recursive: true });
    if (kind === "file" || kind === "content") writeFileSync(path, String(second));
    else if (kind === "dir") mkdirSync(path, { recursive: true });
    else if (kind === "symlink") symlinkSync(String(second), path);
    else if (kind === "hardlink") linkSync(String(second), path);
    else if (kind === "fifo") execFileSync("mkfifo", [path]);
    else if (kind === "socket") leaveSocket(path);
    else if (kind === "sparse") {
      writeFileSync(path, "");
      truncateSync(path, Number(second));
    } else if (kind === "rootlink") symlinkSync(place.ROOT, join(place.PARENT, "link-root"));
    else throw new Error(`unknown setup ${kind}`);
  }
}

/** A socket whose server is gone: a process that is killed can't remove it. */
function leaveSocket(path: string): void {
  const script = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  spawnSync(process.execPath, ["-e", script, path]);
}

/** Brings about one state of a race. */
function bringAbout(place: Place, [kind = "", path = "", value = ""]: readonly string[]): void {
  const at = fill(path, place);
  if (existsSync(at) && kind !== "content") renameSync(at, `${at}.before`);
  if (kind === "symlink") symlinkSync(fill(value, place), at);
  if (kind === "content") writeFileSync(at, value);
}

/** Does what the case asks for; `between` runs after judging and before doing. Gives all that a caller would see. */
async function act(eyes: FileEyes, hands: FileHands, given: Case, place: Place, between: () => void): Promise<string> {
  const path = (name: string) => fill(typeof given.input === "string" ? given.input : (given.input[name] ?? "."), place);
  const found = eyes.find(path(given.op === "move" || given.op === "copy" ? "source" : "root"), { follow: given.op !== "delete" });
  const state = given.op === "edit" || given.op === "write" ? await eyes.state(found) : undefined;
  between();
  const options = { durability: "process", ...(state === undefined ? {} : { expected: state }) } as const;
  switch (given.op) {
    case "read":
      return hands.read(found).toString();
    case "list":
      return JSON.stringify(hands.list(found, { details: true }));
    case "write":
    case "edit":
      return JSON.stringify(await hands.write(found, Buffer.from("written"), { mode: "overwrite", ...options }));
    case "move":
    case "copy":
      await hands[given.op](found, eyes.find(path("destination")), options);
      return "";
    case "delete":
      await hands.remove(found, { recursive: true, ...options });
      return "";
    case "search": {
      const names = await hands.searchNames(found, { pattern: path("glob"), maxResults: 100 });
      const content = await hands.searchContent(found, { pattern: ".", glob: path("glob"), outputMode: "content", maxMatches: 100 });
      // A search that finds nothing is as good as a refusal.
      if (names.paths.length + content.files.length === 0) throw new Refusal("NOT_FOUND", "nothing was found", "");
      return JSON.stringify([names, content]);
    }
    default:
      throw new Error(`unknown operation ${given.op}`);
  }
}

/** Everything below a directory, links not followed, to see that nothing outside changed. */
function snapshot(directory: string): string {
  return execFileSync("find", [directory, "-type", "f", "-size", "-1024k", "-exec", "sha256sum", "{}", "+", "-o", "-printf", "%y %p %l\\n"])
    .toString()
    .split("\n")
    .sort()
    .join("\n");
}

describe("the corpus of paths", () => {
  const cases = CASES.filter(({ area }) => !ELSEWHERE.has(area));

  test.each(cases.map((given) => [`${given.id} ${given.area}: ${given.why} (${given.op}, ${given.expect})`, given] as const))(
    "%s",
    async (_name, given) => {
      const world = makeWorld();
      const place: Place = { ROOT: world.root, ROOTNAME: basename(world.root), OUT: world.out, PARENT: world.parent, HOME: homedir() };
      for (const setup of given.setup ?? []) make(place, setup);
      if (given.race !== undefined && given.race[0]?.[0] === "content") bringAbout(place, given.race[0]);
      const rooted = given.setup?.some((setup) => "rootlink" in setup) === true;
      const door = rooted ? openDoor({ workspaces: [join(world.parent, "link-root")], random: () => new Uint8Array(8) }) : world.door;
      const eyes = door.eyes(GRANT_ALL.signal);
      const outside = snapshotOutside(world);
      const input = rooted && typeof given.input === "string" ? { ...given, input: join(world.parent, given.input) } : given;
      const outcome = await refusalOf(() =>
        act(eyes, eyes.hands(GRANT_ALL), input, place, () => given.race?.[1] && bringAbout(place, given.race[1])),
      );
      eyes.close();
      const seen = JSON.stringify(outcome);
      try {
        // A hard link shares its bytes with the file outside; that is the policy's to ask about.
        if (given.race?.[1]?.[1] !== "{{ROOT}}" && given.area !== "hardlink") expect(snapshotOutside(world)).toBe(outside);
        if (given.area !== "hardlink") expect(seen).not.toMatch(SECRETS);
        if (given.expect === "allow") expect(outcome).toHaveProperty("done");
        else if (given.expect === "deny" || given.expect === "truncate-or-deny") expect(outcome).not.toHaveProperty("done");
        else expect(["noescape", "deny-or-documented", "deny-or-escape-in-display"]).toContain(given.expect);
        if (given.expect === "allow" && given.op === "read") expect(outcome).toEqual({ done: "ok" });
      } finally {
        if (rooted) door.close();
        rmSync(`${world.root}.before`, { recursive: true, force: true });
        world.close();
      }
    },
  );

  test("a hard link shows as one, so that the policy can ask", async () => {
    const world = makeWorld();
    writeFileSync(join(world.out, "secret.txt"), "TOP-SECRET");
    linkSync(join(world.out, "secret.txt"), join(world.root, "hl.txt"));
    expect(await world.use((eyes) => eyes.find("hl.txt").links)).toBe(2);
    world.close();
  });

  test("covers every area", () => {
    expect([...new Set(cases.map(({ area }) => area))].sort()).toEqual([
      "benign",
      "control",
      "encoding",
      "hardlink",
      "nul",
      "prefix",
      "procfs",
      "special",
      "symlink",
      "tilde",
      "toctou",
      "traversal",
      "uri",
      "windows",
    ]);
  });
});

/** All beside the workspace. */
function snapshotOutside(world: { readonly parent: string; readonly root: string }): string {
  return readdirSync(world.parent)
    .map((name) => join(world.parent, name))
    .filter((path) => path !== world.root)
    .map((path) => snapshot(path))
    .join("\n");
}
