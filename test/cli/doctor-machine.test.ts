/** Doctor on machines of another kind: small disks, containers, no bubblewrap, files of somebody else. Made of mounts and namespaces, so they are real. */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildFilter } from "../../src/sandbox/seccomp.ts";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import { doctor, IS_ROOT, withMounts } from "./made-up.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
  world.share();
});
afterEach(() => world.remove());

/** A file system of so many MiB at a directory. */
const small = (path: string, size: number) => withMounts(`mount -t tmpfs -o size=${size}m,mode=700 tmpfs ${path}`);

describe("a small disk under the state", () => {
  test.each([
    ["hardly any room", 32, "fail", "32 MiB are free where the state is"],
    ["room for a while", 512, "warn", "512 MiB are free where the state is"],
  ])("%s", async (_name, size, status, message) => {
    mkdirSync(world.state, { mode: 0o700 });
    const report = await doctor(world, { before: small(world.state, size) });
    expect(report.of("space")).toEqual({ id: "space", status, message, remedy: expect.stringContaining("Free space there") });
    expect(report.code).toBe(status === "fail" ? 1 : 0);
  });
});

test("a log directory that is full", async () => {
  const logs = join(world.root, "logs");
  mkdirSync(logs);
  expect((await doctor(world, { before: small(logs, 8), args: ["--log-file", join(logs, "log")] })).of("log")).toEqual({
    id: "log",
    status: "warn",
    message: `8 MiB are free where the log ${join(logs, "log")} is`,
    remedy: "Free space there, or name another file with --log-file.",
  });
});

test("a log directory that can only be read", async () => {
  const logs = join(world.root, "logs");
  mkdirSync(logs);
  const before = withMounts(`mount -t tmpfs -o ro tmpfs ${logs}`);
  expect((await doctor(world, { before, args: ["--log-file", join(logs, "log")] })).of("log")).toMatchObject({
    status: "warn",
    message: expect.stringContaining("can't be written (EROFS)"),
  });
});

test("a file of another user in the state directory: whom to give it back to", async () => {
  mkdirSync(world.state, { mode: 0o700 });
  const kept = join(world.state, "portcullis.db-wal.bak");
  writeFileSync(kept, "");
  // Only root can give files away; for anybody else a file of root is laid over it.
  if (IS_ROOT) chownSync(kept, 65_534, 65_534);
  const before = IS_ROOT ? [] : ["bwrap", "--dev-bind", "/", "/", "--ro-bind", "/etc/passwd", kept];
  expect((await doctor(world, { before })).of("state")).toEqual({
    id: "state",
    status: "warn",
    message: `portcullis.db-wal.bak in ${world.state} belong to another user`,
    remedy: `Another user has run a command of portcullis here. Give them to the server's user: chown -R ${process.getuid?.()} ${world.state}`,
  });
});

test("no bubblewrap: commands are not offered, and what to install", async () => {
  // Where setpriv knows Landlock it would stand in, so it is gone too.
  const before = withMounts('for program in bwrap setpriv; do file=$(command -v "$program") && mount --bind /dev/null "$file"; done');
  expect((await doctor(world, { before })).of("sandbox")).toEqual({
    id: "sandbox",
    status: "warn",
    message: "commands are not offered: bwrap is not installed (package bubblewrap); setpriv is not installed (package util-linux)",
    remedy: "Install bubblewrap: sudo apt-get install bubblewrap",
  });
});

describe("a container", () => {
  /** A field of /proc/self/status here: what a container of no care inherits. */
  const here = (field: string) => new RegExp(`^${field}:\\s*(\\S+)`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1];

  test("in which nothing is held back: what is open, and the option for each", async () => {
    const before = withMounts("mount -t tmpfs tmpfs /run; touch /run/.containerenv");
    const { status, message = "", remedy = "" } = (await doctor(world, { before })).of("container") ?? {};
    expect(status).toBe("warn");
    expect(message).toMatch(/^in a container \(podman\): \d+ capabilities are not dropped, the root file system is writable, /);
    expect(remedy).toMatch(/^Start the container with --user UID:GID \(not root\) --cap-drop=ALL, --read-only /);
    const [seccomp, privileges] = [here("Seccomp") === "2", here("NoNewPrivs") === "1"];
    expect([message.includes("no seccomp filter"), remedy.includes("default seccomp profile")]).toEqual([!seccomp, !seccomp]);
    expect([message.includes("no-new-privileges is off"), remedy.includes("no-new-privileges")]).toEqual([!privileges, !privileges]);
  });

  /** A root file system put together by bubblewrap, with a filter that a shell opens for it. */
  function contained(...options: readonly string[]): readonly string[] {
    const filter = join(world.root, "filter");
    writeFileSync(filter, buildFilter(process.arch === "arm64" ? "arm64" : "x64", false));
    const repository = join(import.meta.dirname, "..", "..");
    const system = ["--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc"].concat(
      ["bin", "lib", "lib64", "sbin"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
    );
    const places = ["--proc", "/proc", "--dev", "/dev", "--bind", world.root, world.root, "--ro-bind", repository, repository];
    const identity = ["--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--seccomp", "9"];
    return ["sh", "-c", `exec 9<${filter}; exec "$@"`, "sh", "bwrap", ...system, ...places, ...identity, ...options];
  }

  test("that is held tight", async () => {
    const before = contained("--remount-ro", "/", "--setenv", "KUBERNETES_SERVICE_HOST", "192.0.2.1");
    expect((await doctor(world, { before })).of("container")).toEqual({
      id: "container",
      status: "ok",
      message:
        "in a container (kubernetes): no capabilities, the root file system is read-only, a seccomp filter is on, no-new-privileges is on",
      remedy: "",
    });
  });

  test("and none at all", async () => {
    expect((await doctor(world, { before: contained() })).of("container")).toEqual({
      id: "container",
      status: "ok",
      message: "not in a container",
      remedy: "",
    });
  });
});
