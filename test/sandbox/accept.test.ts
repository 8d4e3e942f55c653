import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acceptRequest } from "../../src/sandbox/accept.ts";
import type { Backend, RunRequest } from "../../src/sandbox/request.ts";
import { Refusal } from "../../src/types.ts";
import { SPEC } from "./lab.ts";

const WAY_OUT = { binds: [], argv: [], environment: {} };
let place: string;
beforeAll(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-accept-")));
  for (const name of ["ws/inner", "out", "ws-other"]) mkdirSync(join(place, name), { recursive: true });
  symlinkSync(join(place, "out"), join(place, "ws/outward"));
  symlinkSync(join(place, "ws/inner"), join(place, "ws/inward"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const verdict = (change: Partial<RunRequest> & { dir?: string }, backend: Backend = "bwrap"): string => {
  const { dir = "ws", ...rest } = change;
  const view = { workspaces: [{ path: join(place, "ws"), writable: true }], masked: [], readOnly: [], systemPaths: [] };
  const request: RunRequest = {
    command: { argv: ["/bin/true"] },
    cwd: join(place, dir),
    env: {},
    spec: SPEC,
    view,
    limits: { timeout: 1, output: 1 },
    ...rest,
  };
  try {
    return acceptRequest(request, backend, "the reason");
  } catch (error) {
    return error instanceof Refusal ? `${error.code}: ${error.message}` : String(error);
  }
};

describe("a request", () => {
  test.each<[string, Parameters<typeof verdict>[0], string]>([
    ["as it should be", {}, "bwrap"],
    ["in a directory of a workspace", { dir: "ws/inner" }, "bwrap"],
    ["with a newline in an argument", { command: { argv: ["/bin/true", "a\nb"] } }, "bwrap"],
    ["with a script", { command: { script: "true\n" } }, "bwrap"],
    ["without words", { command: { argv: [] } }, "INVALID_INPUT: the program must be given by its absolute path"],
    ["with a program by name", { command: { argv: ["true"] } }, "INVALID_INPUT: the program must be given by its absolute path"],
    [
      "with a NUL in an argument",
      { command: { argv: ["/bin/true", "a\0b"] } },
      "INVALID_INPUT: a NUL character can't be part of a command",
    ],
    ["with a NUL in a script", { command: { script: "a\0" } }, "INVALID_INPUT: a NUL character can't be part of a command"],
    ["with a NUL in a value", { env: { A: "\0" } }, "INVALID_INPUT: a NUL character can't be part of a command"],
    [
      "with an argument of 128 KiB",
      { command: { argv: ["/bin/true", "x".repeat(131_072)] } },
      "INVALID_INPUT: an argument is longer than 128 KiB",
    ],
    ["with an argument just below", { command: { argv: ["/bin/true", "x".repeat(131_071)] } }, "bwrap"],
    [
      "with an argument whose bytes are too many",
      { command: { argv: ["/bin/true", "ä".repeat(70_000)] } },
      "INVALID_INPUT: an argument is longer than 128 KiB",
    ],
    ["with a name that is no name", { env: { "A=B": "x" } }, "INVALID_INPUT: `A=B` is no name for a variable"],
    ["in a missing directory", { dir: "ws/missing" }, "NOT_FOUND: the working directory does not exist"],
    ["outside of the workspaces", { dir: "out" }, "DENIED: the working directory is not in a workspace"],
    ["in a directory whose name only begins like a workspace", { dir: "ws-other" }, "DENIED: the working directory is not in a workspace"],
    ["in a link outward", { dir: "ws/outward" }, "DENIED: the working directory is not in a workspace"],
    ["in a link inward", { dir: "ws/inward" }, "INVALID_INPUT: the working directory is reached through a link"],
    [
      "with an allowlisted network and no way out",
      { spec: { ...SPEC, network: "allowlist" } },
      "SANDBOX_UNAVAILABLE: a network for commands needs the bwrap backend",
    ],
    ["with an allowlisted network and a way out", { spec: { ...SPEC, network: "allowlist" }, wayOut: WAY_OUT }, "bwrap"],
    [
      "with an allowlisted network outside of the sandbox",
      { spec: { ...SPEC, backend: "off", network: "allowlist" }, wayOut: WAY_OUT },
      "SANDBOX_UNAVAILABLE: a network for commands needs the bwrap backend",
    ],
  ])("%s", (_name, change, expected) => expect(verdict(change)).toBe(expected));

  test.each<[RunRequest["spec"]["backend"], Backend, string]>([
    ["auto", "bwrap", "bwrap"],
    ["auto", "landlock", "landlock"],
    ["auto", "off", "off"],
    ["auto", "none", "SANDBOX_UNAVAILABLE: no sandbox works here: the reason"],
    ["bwrap", "bwrap", "bwrap"],
    ["bwrap", "landlock", "SANDBOX_UNAVAILABLE: the policy demands the bwrap backend, but what works here is landlock"],
    ["bwrap", "off", "SANDBOX_UNAVAILABLE: the policy demands the bwrap backend, but what works here is off"],
    ["landlock", "bwrap", "SANDBOX_UNAVAILABLE: the policy demands the landlock backend, but what works here is bwrap"],
    ["off", "bwrap", "off"],
    ["off", "off", "off"],
  ])("demanding %s where %s works", (demanded, works, expected) => {
    expect(verdict({ spec: { ...SPEC, backend: demanded } }, works)).toBe(expected);
  });
});
