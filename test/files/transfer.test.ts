import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Grant } from "../../src/files/door.ts";
import { openDoor } from "../../src/files/door.ts";
import type { World } from "./world.ts";
import { GRANT_ALL, makeWorld, refusalOf } from "./world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld();
  world.write("a.txt", "content");
  world.write("dir/one.txt", "1");
  world.write("dir/sub/two.txt", "2");
  world.link("dir/link", "sub/two.txt");
  writeFileSync(join(world.out, "secret.txt"), "TOP-SECRET");
});
afterEach(() => world.close());

const PLAIN = { durability: "process" } as const;
const transfer = (
  verb: "move" | "copy",
  source: string,
  destination: string,
  options: { expected?: string } = {},
  grant: Partial<Grant> = {},
) =>
  refusalOf(() =>
    world.use(
      (eyes, hands) =>
        hands[verb](eyes.find(source, { follow: false }), eyes.find(destination, { follow: false }), { durability: "power", ...options }),
      grant,
    ),
  );
const remove = (path: string, recursive = false, grant: Partial<Grant> = {}) =>
  refusalOf(() => world.use((eyes, hands) => hands.remove(eyes.find(path, { follow: false }), { ...PLAIN, recursive }), grant));
/** Every file below, with what is in it; links as what they say. (Node's recursive readdir follows links.) */
function tree(at = world.root, under = ""): Record<string, string> {
  const files = readdirSync(join(at, under), { withFileTypes: true }).flatMap((entry) => {
    const name = join(under, entry.name);
    if (entry.isDirectory()) return Object.entries(tree(at, name));
    return [[name, entry.isSymbolicLink() ? `-> ${readlinkSync(join(at, name))}` : readFileSync(join(at, name), "utf8")]];
  });
  return Object.fromEntries(files);
}
const DONE = { done: undefined };
const DIR = { "dir/link": "-> sub/two.txt", "dir/one.txt": "1", "dir/sub/two.txt": "2" };

describe("move", () => {
  test.each<[string, string, string, Record<string, string>]>([
    ["a file", "a.txt", "b.txt", { ...DIR, "b.txt": "content" }],
    ["a file into missing directories", "a.txt", "n1/n2/b.txt", { ...DIR, "n1/n2/b.txt": "content" }],
    ["a directory", "dir", "moved", { "a.txt": "content", "moved/link": "-> sub/two.txt", "moved/one.txt": "1", "moved/sub/two.txt": "2" }],
    [
      "a link, not what it names",
      "dir/link",
      "link2",
      { "a.txt": "content", "dir/one.txt": "1", "dir/sub/two.txt": "2", link2: "-> sub/two.txt" },
    ],
  ])("moves %s", async (_name, source, destination, after) => {
    expect(await transfer("move", source, destination)).toEqual(DONE);
    expect(tree()).toEqual(after);
  });

  test("keeps a file's other names", async () => {
    linkSync(join(world.root, "a.txt"), join(world.root, "other"));
    await transfer("move", "a.txt", "b.txt");
    expect(statSync(join(world.root, "b.txt")).ino).toBe(statSync(join(world.root, "other")).ino);
  });
});

describe("copy", () => {
  test.each<[string, string, string, Record<string, string>]>([
    ["a file", "a.txt", "n1/b.txt", { "n1/b.txt": "content" }],
    ["a directory with its links", "dir", "copy", { "copy/link": "-> sub/two.txt", "copy/one.txt": "1", "copy/sub/two.txt": "2" }],
    ["a link", "dir/link", "dir/link2", { "dir/link2": "-> sub/two.txt" }],
  ])("copies %s", async (_name, source, destination, added) => {
    const before = tree();
    expect(await transfer("copy", source, destination)).toEqual(DONE);
    expect(tree()).toEqual({ ...before, ...added });
  });

  test("a link that would lead outside from its new place is not copied, nor anything with it", async () => {
    world.link("dir/sub/out", join(world.out, "secret.txt"));
    const before = tree();
    expect(await transfer("copy", "dir", "copy")).toMatchObject({ code: "DENIED", reason: "the path is outside the workspaces" });
    expect(await transfer("copy", "dir/sub/out", "elsewhere")).toMatchObject({ code: "DENIED" });
    world.link("dir/sub/deep/up", "../../../..");
    expect(await transfer("copy", "dir/sub/deep", "deep")).toMatchObject({ code: "DENIED" });
    expect(tree()).toEqual({ ...before, "dir/sub/deep/up": "-> ../../../.." });
    expect(readdirSync(world.root).sort()).toEqual(["a.txt", "dir"]);
  });

  test("keeps modes", async () => {
    writeFileSync(join(world.root, "run.sh"), "", { mode: 0o750 });
    mkdirSync(join(world.root, "private"), { mode: 0o700 });
    await transfer("copy", "run.sh", "run2.sh");
    await transfer("copy", "private", "private2");
    expect([statSync(join(world.root, "run2.sh")).mode & 0o777, statSync(join(world.root, "private2")).mode & 0o777]).toEqual([
      0o750, 0o700,
    ]);
  });
});

const name = (path: string) => (found: { path: string }) => found.path.endsWith(path);

describe("neither moves nor copies", () => {
  test.each<[string, "move" | "copy", string, string, string, Partial<Grant>]>([
    ["onto a file", "move", "a.txt", "dir/one.txt", "FAILED", {}],
    ["onto a directory", "copy", "a.txt", "dir", "FAILED", {}],
    ["what is absent", "move", "nothing", "b", "NOT_FOUND", {}],
    ["a directory into itself", "move", "dir", "dir/sub/new", "INVALID_INPUT", {}],
    ["the workspace", "move", ".", "b", "INVALID_INPUT", {}],
    ["out of the workspace", "move", "a.txt", "../stolen.txt", "DENIED", {}],
    ["a file without a grant to delete it", "move", "a.txt", "b", "DENIED", { granted: (_found, op) => op !== "delete" }],
    [
      "a file without a grant to write it there",
      "copy",
      "a.txt",
      "b",
      "DENIED",
      { granted: (found, op) => op !== "write" || !name("/b")(found) },
    ],
    [
      "a directory with a file that may not be read",
      "copy",
      "dir",
      "b",
      "DENIED",
      { admits: (path, op) => op !== "read" || !path.endsWith("two.txt") },
    ],
    [
      "a directory with a file that may not be deleted",
      "move",
      "dir",
      "b",
      "DENIED",
      { admits: (path, op) => op !== "delete" || !path.endsWith("two.txt") },
    ],
    [
      "a directory to where a file may not be written",
      "move",
      "dir",
      "b",
      "DENIED",
      { admits: (path, op) => op !== "write" || !path.endsWith("/b/sub/two.txt") },
    ],
  ])("%s", async (_name, verb, source, destination, code, grant) => {
    const before = tree();
    expect(await transfer(verb, source, destination, {}, grant)).toMatchObject({ code });
    expect(tree()).toEqual(before);
    expect(readdirSync(world.root).sort()).toEqual(["a.txt", "dir"]);
  });

  test("what changed since it was decided on", async () => {
    const expected = await world.use((eyes) => eyes.state(eyes.find("dir")));
    world.write("dir/sub/three.txt", "3");
    expect(await transfer("move", "dir", "b", { expected })).toMatchObject({ code: "STALE_APPROVAL" });
    expect(existsSync(join(world.root, "b"))).toBe(false);
  });

  test("onto what appeared meanwhile", async () => {
    for (const verb of ["move", "copy"] as const) {
      const late = refusalOf(() =>
        world.use((eyes, hands) => {
          const [source, destination] = [eyes.find("a.txt"), eyes.find(`late-${verb}`)];
          writeFileSync(destination.path, "appeared");
          return hands[verb](source, destination, PLAIN);
        }),
      );
      expect(await late).toMatchObject({ code: "STALE_APPROVAL" });
      expect(readFileSync(join(world.root, `late-${verb}`), "utf8")).toBe("appeared");
    }
  });

  test("a directory of more than 10,000 files", async () => {
    mkdirSync(join(world.root, "many"));
    for (let n = 0; n < 10_001; n++) writeFileSync(join(world.root, "many", `${n}`), "");
    const refused = { code: "DENIED", reason: "there are more than 10000 files below the directory" };
    expect(await transfer("move", "many", "b")).toMatchObject(refused);
    expect(await remove("many", true)).toMatchObject(refused);
    expect(await refusalOf(() => world.use((eyes) => eyes.below(eyes.find("many"))))).toMatchObject(refused);
    expect(readdirSync(join(world.root, "many")).length).toBe(10_001);
  });
});

test("moves across file systems by copying, then deleting", async () => {
  const other = mkdtempSync("/dev/shm/portcullis-other-");
  const door = openDoor({ workspaces: [world.root, other], random: () => Buffer.from("0123456789abcdef") });
  const eyes = door.eyes(GRANT_ALL.signal);
  const hands = eyes.hands(GRANT_ALL);
  await hands.move(eyes.find("dir"), eyes.find(join(other, "dir")), PLAIN);
  await hands.move(eyes.find("a.txt"), eyes.find(join(other, "a.txt")), PLAIN);
  expect(tree(other)).toEqual({ ...DIR, "a.txt": "content" });
  expect(readdirSync(world.root)).toEqual([]);
  eyes.close();
  door.close();
  rmSync(other, { recursive: true });
});

describe("remove", () => {
  test.each<[string, string, boolean, Record<string, string>]>([
    ["a file", "a.txt", false, DIR],
    ["a directory with all below", "dir", true, { "a.txt": "content" }],
    ["a link, not what it names", "dir/link", true, { "a.txt": "content", "dir/one.txt": "1", "dir/sub/two.txt": "2" }],
  ])("deletes %s", async (_name, path, recursive, after) => {
    expect(await remove(path, recursive)).toEqual(DONE);
    expect(tree()).toEqual(after);
  });

  test("never follows a link outside", async () => {
    world.link("dir/sub/out", world.out);
    world.link("top-out", world.out);
    expect(await remove("dir", true)).toEqual(DONE);
    expect(await remove("top-out", true)).toEqual(DONE);
    expect(tree()).toEqual({ "a.txt": "content" });
    expect(readdirSync(world.out)).toEqual(["secret.txt"]);
  });

  test.each<[string, string, boolean, string, Partial<Grant>]>([
    ["a directory that is not empty", "dir", false, "FAILED", {}],
    ["the workspace", ".", true, "DENIED", {}],
    ["what is absent", "nothing", false, "NOT_FOUND", {}],
    ["without a grant", "a.txt", false, "DENIED", { granted: () => false }],
    ["a tree with a file that may not be deleted", "dir", true, "DENIED", { admits: (path) => !path.endsWith("two.txt") }],
  ])("refuses %s", async (_name, path, recursive, code, grant) => {
    const before = tree();
    expect(await remove(path, recursive, grant)).toMatchObject({ code });
    expect(tree()).toEqual(before);
  });

  test("a workspace inside of another is not deleted with it", async () => {
    const door = openDoor({ workspaces: [world.root, join(world.root, "dir/sub")], random: () => new Uint8Array(8) });
    const eyes = door.eyes(GRANT_ALL.signal);
    const deleting = eyes.hands(GRANT_ALL).remove(eyes.find("dir"), { ...PLAIN, recursive: true });
    expect(await refusalOf(() => deleting)).toMatchObject({ code: "DENIED", reason: "a workspace itself can't be deleted or moved" });
    eyes.close();
    door.close();
    expect(tree()).toMatchObject(DIR);
  });

  test("what was swapped for a link meanwhile is left alone", async () => {
    const deleting = refusalOf(() =>
      world.use((eyes, hands) => {
        const found = eyes.find("dir");
        rmSync(found.path, { recursive: true });
        symlinkSync(world.out, found.path);
        return hands.remove(found, { ...PLAIN, recursive: true });
      }),
    );
    expect(await deleting).toMatchObject({ code: "STALE_APPROVAL" });
    expect(readdirSync(world.out)).toEqual(["secret.txt"]);
  });
});

const make = (path: string) => refusalOf(() => world.use((eyes, hands) => hands.makeDirectory(eyes.find(path), { durability: "power" })));

describe("makeDirectory", () => {
  test("makes it with its parents, and is content with one that is there", async () => {
    expect([await make("n1/n2/n3"), await make("n1/n2/n3"), await make("."), await make("n4/")]).toEqual([DONE, DONE, DONE, DONE]);
    expect(statSync(join(world.root, "n1/n2/n3")).isDirectory()).toBe(true);
  });

  test("refuses where a file is", async () => {
    expect(await make("a.txt")).toMatchObject({ code: "FAILED", reason: "there is already a file at the path" });
    expect(await make("a.txt/sub")).toMatchObject({ code: "NOT_FOUND" });
  });
});
