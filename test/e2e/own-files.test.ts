/** The guard's own files are out of reach under every name they have: named through a link, lying behind one, or being one. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect } from "./clients.ts";
import type { Connected } from "./clients.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
let client: Connected | undefined;
beforeEach(() => {
  world = createWorld();
  world.put("a.txt", "hello\n");
  world.share();
});
afterEach(async () => {
  await client?.close();
  client = undefined;
  world.remove();
});

const POLICY =
  'version: 1\nextends: [local]\napprovals: { mode: auto-approve }\nrules: [{ id: show, effect: allow, run: ["./show.sh"] }]\n';

/** Each row names files on the command line in another way (`at`), and calls ask for them below these directories of the workspace. */
const ROWS: readonly [string, readonly string[], (name: string) => string][] = [
  ["named as they are (control)", [""], (name) => join(world.workspace, name)],
  [
    "named through a link to the workspace",
    [""],
    (name) => {
      const link = join(world.root, "link");
      if (!isThere(link)) symlinkSync("work", link);
      return join(link, name);
    },
  ],
  [
    "behind a link to a directory of the workspace",
    ["settings/", "real/"],
    (name) => {
      mkdirSync(join(world.workspace, "real"), { recursive: true });
      const link = join(world.workspace, "settings");
      if (!isThere(link)) symlinkSync("real", link);
      return join(link, name);
    },
  ],
];

function isThere(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

async function start(at: (name: string) => string): Promise<Connected> {
  writeFileSync(at("p.yaml"), POLICY, { mode: 0o600 });
  writeFileSync(at("c.yaml"), "log: { level: info }\n", { mode: 0o600 });
  const elsewhere = { ...world, state: at("state") };
  client = await connect("v1 SDK", elsewhere, { args: ["--policy", at("p.yaml"), "--config", at("c.yaml"), "--log-file", at("l.log")] });
  return client;
}

describe.each(ROWS)("%s", (_name, places, at) => {
  test("they can't be read, listed, written, moved away or replaced; other files can", async () => {
    const one = await start(at);
    const codes = async (tool: string, args: (path: string) => Record<string, unknown>, names: readonly string[]) =>
      Promise.all(names.map(async (name) => [name, (await one.call(tool, args(name))).refusal?.code]));
    const below = (...names: string[]) => names.flatMap((name) => places.map((place) => place + name));
    const files = below("p.yaml", "c.yaml", "l.log", "state/portcullis.db");
    const all = [...files, ...below("state/new")];
    expect(await codes("read_text_file", (path) => ({ path }), files)).toEqual(files.map((name) => [name, "DENIED"]));
    expect(await codes("write_file", (path) => ({ path, content: "x" }), all)).toEqual(all.map((name) => [name, "DENIED"]));
    expect(await codes("list_directory", (path) => ({ path }), below("state"))).toEqual(below("state").map((name) => [name, "DENIED"]));
    expect(await codes("move_file", (source) => ({ source, destination: "moved" }), files)).toEqual(files.map((name) => [name, "DENIED"]));
    expect((await one.call("write_file", { path: "b.txt", content: "x" })).isError).toBe(false);
  });

  test("a program that reads whatever it wants finds them masked, and other files as they are", async () => {
    const ours = places.flatMap((place) => ["p.yaml", "c.yaml", "l.log", "state/portcullis.db"].map((name) => place + name));
    const names = [...ours, "a.txt"];
    chmodSync(world.put("show.sh", `#!/bin/sh\nfor name in ${names.join(" ")}; do grep -c . "$name" || echo none; done\n`), 0o755);
    const one = await start(at);
    const { structured } = await one.call("run_command", { argv: ["./show.sh"] });
    // Outside of the workspaces there is nothing at all, in them there is nothing to read: either way no line of ours.
    expect(String(structured?.stdout).trim().split("\n").slice(-1)).toEqual(["1"]);
    expect(String(structured?.stdout).match(/^[1-9]/gm)).toEqual(["1"]);
  });
});

test("a link that leads to the config file is as much ours: it can't be deleted or replaced", async () => {
  world.put("real.yaml", "log: { level: info }\n");
  for (const [name, target] of [
    ["second.yaml", "real.yaml"],
    ["first.yaml", "second.yaml"],
  ] as const)
    symlinkSync(target, join(world.workspace, name));
  writeFileSync(join(world.root, "p.yaml"), POLICY, { mode: 0o600 });
  const args = ["--policy", join(world.root, "p.yaml"), "--config", join(world.workspace, "first.yaml")];
  client = await connect("v1 SDK", world, { args });
  for (const path of ["first.yaml", "second.yaml", "real.yaml"]) {
    expect([path, (await client.call("delete_path", { path })).refusal?.code]).toEqual([path, "DENIED"]);
    expect([path, (await client.call("move_file", { source: "a.txt", destination: path })).refusal?.code]).toEqual([path, "DENIED"]);
  }
  expect((await client.call("delete_path", { path: "a.txt" })).isError).toBe(false);
});
