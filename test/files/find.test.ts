import { linkSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDoor } from "../../src/files/door.ts";
import type { World } from "./world.ts";
import { makeWorld, refusalOf } from "./world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld(["second"]);
  world.write("a/b/f.txt", "hello");
  world.write("x (deleted)", "named like a deleted file");
  world.link("inside-absolute", join(world.root, "a"));
  world.link("inside-relative", "a/b");
  world.link("chain", "inside-relative");
  world.link("to-second", "../second/g.txt");
  world.link("dangling-inside", "a/none");
  world.link("dangling-outside", join(world.out, "none"));
  world.link("outside-file", join(world.out, "secret.txt"));
  world.link("outside-dir", world.out);
  world.link("loop", "loop");
  world.link("here", ".");
  world.link("proc", "/proc/self");
  world.link("proc-root", "/proc/self/root");
  world.link("around", join(world.out, "back"));
  writeFileSync(join(world.out, "secret.txt"), "TOP-SECRET");
  symlinkSync(world.root, join(world.out, "back"));
  writeFileSync(join(world.parent, "second", "g.txt"), "second");
});
afterEach(() => world.close());

const OUTSIDE = {
  code: "DENIED",
  reason: "the path is outside the workspaces",
  remedy: "use a path below a directory that list_allowed_directories names",
};
const finds = (path: string, follow = true) =>
  refusalOf(() => world.use((eyes) => ({ ...eyes.find(path, { follow }) })).then(({ path, type, relative }) => ({ path, type, relative })));

describe("find", () => {
  test.each([
    ["a plain relative path", "a/b/f.txt", "a/b/f.txt", "file"],
    ["a dot before it", "./a/b/f.txt", "a/b/f.txt", "file"],
    ["doubled separators", "a//b///f.txt", "a/b/f.txt", "file"],
    ["a balanced climb", "a/../a/b/../b/f.txt", "a/b/f.txt", "file"],
    ["the workspace itself", ".", "", "directory"],
    ["a trailing separator on a directory", "a/b/", "a/b", "directory"],
    ["an absolute link that stays inside", "inside-absolute/b/f.txt", "a/b/f.txt", "file"],
    ["a relative link that stays inside", "inside-relative/f.txt", "a/b/f.txt", "file"],
    ["a link to a link", "chain/f.txt", "a/b/f.txt", "file"],
    ["the parent of a link's target, as the kernel has it", "inside-relative/../b/f.txt", "a/b/f.txt", "file"],
    ["a link to the directory it is in", "here/here/a", "a", "directory"],
    ["a name that looks like a deleted file's", "x (deleted)", "x (deleted)", "file"],
    ["something absent", "a/new.txt", "a/new.txt", "absent"],
    ["something absent in absent directories", "n1/n2/new.txt", "n1/n2/new.txt", "absent"],
    ["a dangling link whose target is inside: the target", "dangling-inside", "a/none", "absent"],
    ["a tilde", "~/x", "~/x", "absent"],
    ["a variable", "$HOME/x", "$HOME/x", "absent"],
    ["percent-encoded dots", "%2e%2e/x", "%2e%2e/x", "absent"],
    ["a file URI", "file:///etc/passwd", "file:/etc/passwd", "absent"],
  ])("finds %s", async (_name, path, relative, type) => {
    expect(await finds(path)).toEqual({ done: { path: join(world.root, relative), type, relative } });
  });

  test("finds by absolute path, in every workspace, and across them", async () => {
    const second = { done: { path: join(world.parent, "second", "g.txt"), type: "file", relative: "g.txt" } };
    expect(await finds(join(world.root, "a/b/f.txt"))).toMatchObject({ done: { relative: "a/b/f.txt" } });
    expect(await finds(`${world.parent}/./root/../root/a`)).toMatchObject({ done: { relative: "a" } });
    expect(await finds(join(world.parent, "second/g.txt"))).toEqual(second);
    expect(await finds("to-second")).toEqual(second);
    expect(await finds("../second/g.txt")).toEqual(second);
  });

  test("finds a link itself when asked to", async () => {
    expect(await finds("outside-file", false)).toEqual({
      done: { path: join(world.root, "outside-file"), type: "link", relative: "outside-file" },
    });
    expect(await finds("inside-relative/", false)).toEqual({ done: { path: join(world.root, "a/b"), type: "directory", relative: "a/b" } });
  });

  test.each([
    ["a sibling that exists", "../out/secret.txt"],
    ["a sibling that doesn't", "../out/nothing"],
    ["a directory beside that shares the prefix", "../root-evil/x"],
    ["the parent", ".."],
    ["the parent by a climb", "a/../.."],
    ["the root of the disk", "/"],
    ["a file outside", "/etc/passwd"],
    ["nothing outside", "/etc/nothing-here"],
    ["below a file outside", "/etc/passwd/x"],
    ["a link to a file outside", "outside-file"],
    ["a link to nothing outside", "dangling-outside"],
    ["a file through a link outside", "outside-dir/secret.txt"],
    ["nothing through a link outside", "outside-dir/nothing"],
    ["back in through a link outside", "outside-dir/back/a/b/f.txt"],
    ["a link that leads back in by a place outside", "around/a"],
    ["beside the target of a link outside", "outside-dir/../root/../out/secret.txt"],
    ["/proc by a link", "proc/environ"],
    ["/proc itself", "/proc/self/mem"],
    ["nothing in /proc", "proc/nothing"],
  ])("refuses %s with the same words", async (_name, path) => {
    expect(await finds(path)).toEqual(OUTSIDE);
  });

  test("refuses a way back in through a magic link", async () => {
    expect(await finds(`proc-root${world.root}/a/b/f.txt`)).toEqual(OUTSIDE);
  });

  test.each([
    ["an empty path", "", "INVALID_INPUT"],
    ["a NUL", "a\0b", "INVALID_INPUT"],
    ["a newline", "f.txt\n", "INVALID_INPUT"],
    ["a C1 control", "a\u0085b", "INVALID_INPUT"],
    ["a lone surrogate", "a\ud800b", "INVALID_INPUT"],
    ["5,000 bytes", "a/".repeat(2500), "INVALID_INPUT"],
    ["a name of 300 bytes", "n".repeat(300), "INVALID_INPUT"],
    ["a link loop", "loop", "INVALID_INPUT"],
    ["below a file", "a/b/f.txt/x", "NOT_FOUND"],
    ["a file with a trailing separator", "a/b/f.txt/", "NOT_FOUND"],
    ["a climb through nothing", "nothing/../../out/secret.txt", "NOT_FOUND"],
    ["a balanced climb through nothing", "nothing/../a", "NOT_FOUND"],
  ])("refuses %s", async (_name, path, code) => {
    expect(await finds(path)).toMatchObject({ code });
  });

  test("a link to a name with a control character can't smuggle it in", async () => {
    world.write("a/bad\nname");
    world.link("smuggle", "a/bad\nname");
    expect(await finds("smuggle")).toMatchObject({ code: "INVALID_INPUT" });
  });

  test("41 links in a row are too many, 40 are not", async () => {
    for (let n = 1; n <= 41; n++) world.link(`link${n}`, n === 1 ? "a/b/f.txt" : `link${n - 1}`);
    expect(await finds("link40")).toMatchObject({ done: { relative: "a/b/f.txt" } });
    expect(await finds("link41")).toMatchObject({ code: "INVALID_INPUT", reason: "too many symbolic links on the way" });
  });

  test("describes what it found", async () => {
    linkSync(join(world.root, "a/b/f.txt"), join(world.root, "second-name"));
    const found = await world.use((eyes) => eyes.find("second-name"));
    const { modified, created, accessed, ...rest } = found;
    expect(rest).toEqual({
      path: join(world.root, "second-name"),
      workspace: world.root,
      relative: "second-name",
      type: "file",
      size: 5,
      mode: 0o644,
      links: 2,
    });
    expect([modified, created, accessed].every((time) => time > 1.6e12)).toBe(true);
  });
});

describe("workspaces", () => {
  test("both spellings of one that was given by a link work", async () => {
    const given = join(world.parent, "given");
    symlinkSync(world.root, given);
    const door = openDoor({ workspaces: [given], random: () => new Uint8Array(8) });
    const eyes = door.eyes(new AbortController().signal);
    const expected = join(world.root, "a/b/f.txt");
    expect([join(given, "a/b/f.txt"), expected, "a/b/f.txt"].map((path) => eyes.find(path).path)).toEqual([expected, expected, expected]);
    expect(door.workspaces).toEqual([world.root]);
    eyes.close();
    door.close();
  });

  test.each([
    ["a file", "a/b/f.txt"],
    ["nothing", "nothing"],
  ])("%s is none: the door says so at the start", (_name, path) => {
    expect(() => openDoor({ workspaces: [join(world.root, path)], random: () => new Uint8Array(8) })).toThrow(
      /^the workspace `.*` can't be opened: /,
    );
  });

  test("one that is replaced after the start is refused, and says how to go on", async () => {
    renameSync(world.root, `${world.root}.old`);
    symlinkSync(world.out, world.root);
    const moved = { code: "FAILED", reason: "a workspace was moved or replaced since the server started", remedy: "restart the server" };
    expect(await finds("secret.txt")).toEqual(moved);
    expect(await finds(".")).toEqual(moved);
    rmSync(world.root);
    renameSync(`${world.root}.old`, world.root);
    expect(await finds("a/b/f.txt")).toMatchObject({ done: { type: "file" } });
  });
});

describe("tokens", () => {
  test("are worth nothing once the eyes are closed, nor in other hands", async () => {
    const kept = await world.use((eyes) => eyes.find("a/b/f.txt"));
    const refused = { code: "DENIED", reason: "this path is not open any more", remedy: "repeat the call" };
    expect(await refusalOf(() => world.use((_eyes, hands) => hands.read(kept)))).toEqual(refused);
    expect(await refusalOf(() => world.use((_eyes, hands) => hands.read({ ...kept, path: "/etc/passwd" })))).toEqual(refused);
  });

  test("are used only for what was granted", async () => {
    const refused = await refusalOf(() =>
      world.use((eyes, hands) => hands.write(eyes.find("a/b/f.txt"), Buffer.from("x"), { mode: "overwrite", durability: "process" }), {
        granted: (_found, op) => op === "read",
      }),
    );
    expect(refused).toMatchObject({ code: "DENIED", reason: "this path was not decided for write" });
  });

  test("keep the file they were made for when its name is given to another", async () => {
    const read = await world.use((eyes, hands) => {
      const found = eyes.find("a/b/f.txt");
      unlinkSync(found.path);
      symlinkSync(join(world.out, "secret.txt"), found.path);
      return hands.read(found).toString();
    });
    expect(read).toBe("hello");
  });

  test("1,000 finds and refusals leave no descriptor behind", async () => {
    mkdirSync(join(world.root, "many"));
    const before = readdirSync("/proc/self/fd").length;
    const paths = [
      "a/b/f.txt",
      "outside-file",
      "chain/f.txt",
      "n1/n2/x",
      "loop",
      "..",
      "a/b/f.txt/x",
      "to-second",
      "here/here/a",
      "/etc/passwd",
    ];
    for (let n = 0; n < 100; n++) {
      for (const path of paths) {
        await refusalOf(() =>
          world.use(async (eyes, hands) => {
            const found = eyes.find(path);
            await eyes.state(found);
            if (found.type === "file") hands.read(found);
            if (found.type === "directory") await hands.searchNames(found, { pattern: "**", maxResults: 2 });
            if (found.type === "absent")
              await hands.write(found, Buffer.from("x"), { mode: "create", durability: "process", expected: "wrong" });
          }),
        );
      }
    }
    expect(readdirSync("/proc/self/fd").length).toBe(before);
    expect(readdirSync(join(world.root))).not.toContain("n1");
  });
});
