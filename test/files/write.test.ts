import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Found, WriteOptions } from "../../src/types.ts";
import type { World } from "./world.ts";
import { makeWorld, refusalOf } from "./world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld();
  world.write("old.txt", "old content");
  writeFileSync(join(world.out, "secret.txt"), "TOP-SECRET");
});
afterEach(() => world.close());

const HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const write = (path: string, options: Partial<WriteOptions> = {}, between: (found: Found) => void = () => undefined, text = "hello") =>
  refusalOf(() =>
    world.use((eyes, hands) => {
      const found = eyes.find(path);
      between(found);
      return hands.write(found, Buffer.from(text), { mode: "overwrite", durability: "process", ...options });
    }),
  );
const read = (path: string) => readFileSync(join(world.root, path), "utf8");
const leftovers = () =>
  ["", "dir", "dir2", "n1"].flatMap((name) => readIfThere(join(world.root, name))).filter((name) => name.includes(".portcullis-"));
const readIfThere = (path: string) => (existsSync(path) ? readdirSync(path) : []);
const STALE = {
  code: "STALE_APPROVAL",
  reason: "the path changed after it was checked; nothing was changed",
  remedy: "look at it again and repeat the call",
};
afterEach(() => expect(leftovers()).toEqual([]));

describe("write", () => {
  test.each<[string, string, Partial<WriteOptions>, string]>([
    ["replaces a file", "old.txt", {}, "hello"],
    ["survives a power failure when asked to", "old.txt", { durability: "power" }, "hello"],
    ["appends", "old.txt", { mode: "append" }, "old contenthello"],
    ["makes a new file", "new.txt", {}, "hello"],
    ["creates a new file", "new.txt", { mode: "create" }, "hello"],
    ["appends to a new file", "new.txt", { mode: "append" }, "hello"],
    ["makes missing parents", "n1/n2/new.txt", { durability: "power" }, "hello"],
  ])("%s", async (_name, path, options, content) => {
    expect(await write(path, options)).toMatchObject({ done: { hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) } });
    expect(read(path)).toBe(content);
    expect(lstatSync(join(world.root, path)).nlink).toBe(1);
  });

  test("tells the hash of the new content", async () => {
    expect(await write("old.txt")).toEqual({ done: { hash: HELLO } });
  });

  test("writes through a link that stays inside, which stays a link", async () => {
    world.link("link", "old.txt");
    world.link("dangling", "sub/made");
    await write("link");
    await write("dangling");
    expect([read("old.txt"), read("sub/made")]).toEqual(["hello", "hello"]);
    expect(lstatSync(join(world.root, "link")).isSymbolicLink()).toBe(true);
  });

  test.each([0o600, 0o755, 0o640])("keeps mode %o", async (mode) => {
    chmodSync(join(world.root, "old.txt"), mode);
    await write("old.txt");
    expect(statSync(join(world.root, "old.txt")).mode & 0o7777).toBe(mode);
  });

  test("drops the set-user-id bit, as the kernel does on a write", async () => {
    chmodSync(join(world.root, "old.txt"), 0o4755);
    await write("old.txt");
    expect(statSync(join(world.root, "old.txt")).mode & 0o7777).toBe(0o755);
  });

  test.each<[string, WriteOptions["mode"], string, string]>([
    ["longer", "overwrite", "much longer than the old content", "much longer than the old content"],
    ["shorter", "overwrite", "x", "x"],
    ["appended", "append", " and more", "old content and more"],
  ])("writes a file with several names in place: %s", async (_name, mode, text, content) => {
    linkSync(join(world.root, "old.txt"), join(world.out, "other-name"));
    await write("old.txt", { mode, durability: "power" }, undefined, text);
    expect([read("old.txt"), readFileSync(join(world.out, "other-name"), "utf8")]).toEqual([content, content]);
    expect(statSync(join(world.root, "old.txt")).nlink).toBe(2);
  });

  test("create refuses a file that is there", async () => {
    expect(await write("old.txt", { mode: "create" })).toMatchObject({
      code: "FAILED",
      reason: "there is already a file at the path; nothing was changed",
    });
    expect(read("old.txt")).toBe("old content");
  });

  test("refuses a directory, and the workspace itself", async () => {
    mkdirSync(join(world.root, "dir"));
    expect(await write("dir")).toMatchObject({ code: "INVALID_INPUT", reason: "the path is a directory" });
    expect(await write(".")).toMatchObject({ code: "INVALID_INPUT", reason: "the path is a directory" });
  });

  test("refuses more than the limit", async () => {
    const refused = await refusalOf(() =>
      world.use((eyes, hands) => hands.write(eyes.find("new.txt"), Buffer.alloc(11), { mode: "overwrite", durability: "process" }), {
        limits: { read: 10, write: 10 },
      }),
    );
    expect(refused).toMatchObject({ code: "DENIED", reason: "the content has 11 bytes, more than the write limit of 10" });
    expect(existsSync(join(world.root, "new.txt"))).toBe(false);
  });

  test("a file that its owner made read-only is not replaced", async () => {
    chmodSync(world.parent, 0o755);
    chmodSync(world.root, 0o777);
    chmodSync(join(world.root, "old.txt"), 0o444);
    const result = await asNobody(() => write("old.txt"));
    expect(result).toMatchObject({ code: "FAILED", reason: "the system's permissions do not allow it" });
    expect(read("old.txt")).toBe("old content");
  });
});

/** Root may write everything, so it steps down; anyone else stays who they are. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

const change = (name: string, how: (path: string) => void, path = "old.txt") => [name, path, how] as const;

describe("what changed since it was found is not written", () => {
  test.each([
    change("another file was renamed over it", (path) => {
      writeFileSync(`${path}.2`, "other");
      renameSync(`${path}.2`, path);
    }),
    change("it was deleted", (path) => unlinkSync(path)),
    change("it was swapped for a link outside", (path) => {
      unlinkSync(path);
      symlinkSync(join(world.out, "secret.txt"), path);
    }),
    change("it got a second name", (path) => linkSync(path, `${path}.2`)),
    change(
      "its directory was swapped for a link outside",
      () => {
        renameSync(join(world.root, "dir"), join(world.root, "dir2"));
        symlinkSync(world.out, join(world.root, "dir"));
      },
      "dir/secret.txt",
    ),
    change("something appeared where nothing was", (path) => writeFileSync(path, "appeared"), "new.txt"),
    change("a link outside appeared where nothing was", (path) => symlinkSync(join(world.out, "created"), path), "new.txt"),
    change("the missing parent appeared as a link outside", () => symlinkSync(world.out, join(world.root, "n1")), "n1/new.txt"),
    change(
      "the missing parent's parent was swapped for a link outside",
      () => {
        renameSync(join(world.root, "dir"), join(world.root, "dir2"));
        symlinkSync(world.out, join(world.root, "dir"));
      },
      "dir/n1/new.txt",
    ),
  ])("%s", async (_name, path, how) => {
    world.write("dir/secret.txt", "inside");
    expect(await write(path, {}, (found) => how(found.path))).toEqual(STALE);
    expect(readdirSync(world.out)).toEqual(["secret.txt"]);
    expect(readFileSync(join(world.out, "secret.txt"), "utf8")).toBe("TOP-SECRET");
  });

  test("its content is not what was decided on", async () => {
    const expected = await world.use((eyes) => eyes.state(eyes.find("old.txt")));
    writeFileSync(join(world.root, "old.txt"), "new by others");
    expect(await write("old.txt", { expected })).toEqual(STALE);
    expect(read("old.txt")).toBe("new by others");
    linkSync(join(world.root, "old.txt"), join(world.root, "two"));
    expect(await write("old.txt", { expected })).toEqual(STALE);
    expect(read("old.txt")).toBe("new by others");
    expect(await write("new.txt", { expected })).toEqual(STALE);
    expect(existsSync(join(world.root, "new.txt"))).toBe(false);
  });

  test("it goes through when the content is what was decided on", async () => {
    const expected = await world.use((eyes) => eyes.state(eyes.find("old.txt")));
    expect(await write("old.txt", { expected })).toEqual({ done: { hash: HELLO } });
    expect(await write("absent.txt", { expected: "absent" })).toEqual({ done: { hash: HELLO } });
  });

  test("parents that were made for a write that failed are gone again", async () => {
    expect(await write("n1/n2/n3/new.txt", { expected: "sha256:other" })).toEqual(STALE);
    expect(existsSync(join(world.root, "n1"))).toBe(false);
  });
});

describe("leftovers", () => {
  const DEAD = ".portcullis-4194305-0123456789abcdef.tmp";
  test("of dead processes are removed, of living ones and foreign names not", () => {
    const living = `.portcullis-${process.pid}-0123456789abcdef.tmp`;
    const tree = DEAD.replace("abcdef", "aaaaaa");
    world.write(`dir/${tree}/sub/file`);
    for (const name of [DEAD, living, ".portcullis-x.tmp", "a.tmp"]) world.write(`dir/${name}`);
    expect(world.door.removeLeftovers(join(world.root, "dir")).toSorted()).toEqual([tree, DEAD].sort());
    expect(readdirSync(join(world.root, "dir")).sort()).toEqual([living, ".portcullis-x.tmp", "a.tmp"].sort());
    unlinkSync(join(world.root, "dir", living));
    unlinkSync(join(world.root, "dir", ".portcullis-x.tmp"));
  });

  test("outside of the workspaces are left alone", () => {
    writeFileSync(join(world.out, DEAD), "");
    world.link("dir", world.out);
    expect([world.out, join(world.root, "dir"), join(world.root, "nothing")].map((path) => world.door.removeLeftovers(path))).toEqual([
      [],
      [],
      [],
    ]);
    expect(existsSync(join(world.out, DEAD))).toBe(true);
    unlinkSync(join(world.root, "dir"));
  });
});
