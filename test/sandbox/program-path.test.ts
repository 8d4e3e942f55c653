import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProgram, isWithin, programHomes, programPath, systemPaths } from "../../src/sandbox/program-path.ts";
import { Refusal } from "../../src/types.ts";

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "portcullis-path-"));
  for (const name of ["good", "open", "ws", "ws/bin", "tool", "tool/bin", "tool/lib", "tool/share"]) mkdirSync(join(place, name));
  chmodSync(join(place, "open"), 0o777);
  for (const name of ["good/run", "ws/bin/evil", "ws/real"]) writeFileSync(join(place, name), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(place, "good/data"), "", { mode: 0o644 });
  mkdirSync(join(place, "good/directory"));
  symlinkSync(join(place, "ws/bin"), join(place, "link"));
  symlinkSync(join(place, "ws/real"), join(place, "good/linked"));
  symlinkSync(join(place, "good/run"), join(place, "good/alias"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const at = (name: string): string => join(place, name);

const find = (name: string): string => {
  try {
    return findProgram(name, [at("good"), at("tool")], [at("ws")]);
  } catch (error) {
    return error instanceof Refusal ? `${error.code}: ${error.message}` : String(error);
  }
};

describe("the program path", () => {
  test.each<[string, string[], string[]]>([
    ["keeps a plain directory", ["good"], ["good"]],
    ["drops a directory in a workspace", ["good", "ws/bin"], ["good"]],
    ["drops a link to a directory in a workspace", ["link", "good"], ["good"]],
    ["drops a workspace itself", ["ws"], []],
    ["drops a directory around a workspace", [".", "good"], ["good"]],
    ["drops a directory that everyone may write", ["open", "good"], ["good"]],
    ["drops a missing directory", ["missing", "good"], ["good"]],
    ["drops a file", ["good/run", "good"], ["good"]],
    ["names a directory once", ["good", "good"], ["good"]],
  ])("%s", (_name, entries, expected) => {
    const options = { writable: [at("ws")] };
    const absolute = entries.map(at);
    expect(programPath({ ...options, serverPath: absolute.join(":"), configured: "auto" })).toEqual(expected.map(at));
    expect(programPath({ ...options, serverPath: "/usr/bin", configured: absolute })).toEqual(expected.map(at));
  });

  test("drops what the user that commands run as can't enter", () => {
    const options = { serverPath: "", configured: [at("good"), "/usr/bin"], writable: [], account: { uid: 65_534, gid: 65_534 } };
    expect(programPath(options)).toEqual(["/usr/bin"]);
    chmodSync(place, 0o755);
    expect(programPath(options)).toEqual([at("good"), "/usr/bin"]);
    chmodSync(at("good"), 0o754);
    expect(programPath(options)).toEqual(["/usr/bin"]);
    chmodSync(at("good"), 0o755);
  });

  test("drops relative and empty entries", () => {
    expect(programPath({ serverPath: `:.:bin:${at("good")}:`, configured: "auto", writable: [] })).toEqual([at("good")]);
  });
});

describe("a program", () => {
  test.each<[string, string, string]>([
    ["is found in the path", "run", "good/run"],
    ["is found through a link, under the name of the link", "alias", "good/alias"],
  ])("%s", (_name, name, expected) => expect(find(name)).toBe(at(expected)));

  test.each(["linked", "data", "directory", "missing", "../ws/real", "ws/bin/evil", ""])("`%s` is not found", (name) => {
    expect(find(name)).toBe(`NOT_FOUND: \`${name}\` was not found in shell.path`);
  });

  test("that is given by its absolute path is taken as it is", () => expect(find(at("good/run"))).toBe(at("good/run")));
});

test("programs that are links have their homes elsewhere", () => {
  expect(programHomes([at("good/alias"), at("good/linked"), at("missing")])).toEqual([at("good"), at("ws")]);
});

describe("the system's paths", () => {
  test("hold the program path and the sibling lib of a bin, not its other siblings", () => {
    const paths = systemPaths([at("good"), at("tool/bin")]);
    expect(paths.filter((path) => isWithin(path, place))).toEqual([at("good"), at("tool/bin"), at("tool/lib")]);
  });

  test("name nothing twice, and nothing private of /etc", () => {
    const paths = systemPaths(["/usr/bin", "/usr/local/bin"]);
    expect(paths).toContain("/usr");
    expect(paths.filter((path) => isWithin(path, "/usr"))).toEqual(["/usr"]);
    expect(paths.filter((path) => ["/", "/etc", "/home", "/root", "/var", "/run", "/tmp", "/etc/shadow"].includes(path))).toEqual([]);
  });
});

test.each<[string, string, boolean]>([
  ["/a", "/a", true],
  ["/a/b", "/a", true],
  ["/ab", "/a", false],
  ["/a", "/a/b", false],
  ["/a", "/", true],
])("%s within %s: %s", (path, parent, expected) => expect(isWithin(path, parent)).toBe(expected));
