import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeSandbox } from "../../src/sandbox/probe.ts";
import { createRunner } from "../../src/sandbox/run.ts";
import { SPEC, probeOptions } from "./lab.ts";

const ROOT = process.getuid?.() === 0;
let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "portcullis-probe-test-"));
  chmodSync(place, 0o755);
  mkdirSync(join(place, "open"));
  mkdirSync(join(place, "private/inner"), { recursive: true });
  chmodSync(join(place, "private"), ROOT ? 0o700 : 0o000);
});
afterAll(() => {
  chmodSync(join(place, "private"), 0o700);
  rmSync(place, { recursive: true, force: true });
});

describe("the probe", () => {
  test("finds that bubblewrap works, and shows what it tried", async () => {
    const { backend, reason, checks } = await probeSandbox(probeOptions({ workspaces: [join(place, "open")] }));
    expect({ backend, reason, checks: checks.map(({ id, ok }) => [id, ok]) }).toEqual({
      backend: "bwrap",
      reason: "bwrap passed 11 checks",
      checks: [
        "bwrap-allowed-read",
        "bwrap-allowed-write",
        "bwrap-denied-read",
        "bwrap-denied-write",
        "bwrap-masked-read",
        "bwrap-protected-write",
        "bwrap-not-root",
        "bwrap-socket",
        "bwrap-unshare",
        "bwrap-kill",
        "bwrap-workspace",
      ].map((id) => [id, true]),
    });
  });

  test("says which workspace can't be reached", async () => {
    const workspace = join(place, "private/inner");
    const { backend, reason } = await probeSandbox(probeOptions({ workspaces: [workspace] }));
    const who = ROOT ? "the user `nobody`" : "the server's user";
    expect([backend, reason]).toEqual([
      "none",
      `${who} can't reach ${workspace}: move it out of a private directory, or give that user access to it`,
    ]);
  });

  test("takes `off` only by its name, and tries nothing then", async () => {
    const { backend, checks } = await probeSandbox(probeOptions({ backend: "off" }));
    expect([backend, checks]).toEqual(["off", []]);
  });

  test.each([
    ["darwin", "macOS"],
    ["win32", "Windows"],
  ] as const)("says on %s that there is none, and where commands run", async (platform, name) => {
    for (const backend of ["auto", "off"] as const) {
      const { backend: found, reason } = await probeSandbox(probeOptions({ backend, platform }));
      expect([found, reason]).toEqual(["none", expect.stringMatching(`^there is no sandbox for ${name} yet; .* connect CLIENT --docker$`)]);
    }
  });

  test("finds nothing where the confining program does not work", async () => {
    const { backend, reason } = await probeSandbox(probeOptions({ backend: "landlock", setpriv: ["/usr/bin/false"] }));
    expect([backend, reason.length > 0]).toEqual(["none", true]);
  });

  test("is not deceived by a program that runs commands unconfined", async () => {
    // as `env`, but it first drops all options up to the program: what a broken or old setpriv might amount to
    const script = 'while [ "$1" != /usr/bin/prlimit ]; do shift; done; exec "$@"';
    const { backend, checks } = await probeSandbox(probeOptions({ backend: "landlock", setpriv: ["/bin/sh", "-c", script, "sh"] }));
    const failed = checks.filter((check) => !check.ok).map((check) => check.id);
    expect([backend, failed]).toEqual([
      "none",
      ["landlock-denied-read", "landlock-denied-write", "landlock-socket", "landlock-unshare", "landlock-kill-all"],
    ]);
  });

  test("leaves no files behind", async () => {
    const scratch = mkdtempSync(join(place, "scratch-"));
    chmodSync(scratch, 0o755);
    await probeSandbox(probeOptions({ scratch, backend: "auto" }));
    expect(readdirSync(scratch)).toEqual([]);
  });
});

// who isn't root can't be told to become anyone
describe.each(ROOT ? ["root", "no-such-user"] : [])("as root, the user `%s`", (user) => {
  test("is refused", async () => {
    const { backend, reason } = await probeSandbox(probeOptions({ user }));
    expect([backend, reason]).toEqual([
      "none",
      user === "root"
        ? "commands never run as root; set sandbox.user to a user with neither uid nor gid 0, such as nobody"
        : "there is no user `no-such-user` to run commands as; set sandbox.user to an existing user",
    ]);
  });
});

test("commands do not run as root, whoever runs the server", async () => {
  const probe = await probeSandbox(probeOptions());
  const runner = createRunner(probe, { now: Date.now });
  const view = {
    workspaces: [{ path: join(place, "open"), writable: false }],
    masked: [],
    readOnly: [],
    systemPaths: ["/usr", "/bin", "/lib", "/lib64"],
  };
  const expected = ROOT ? execFileSync("/usr/bin/id", ["-u", "nobody"]).toString() : `${process.getuid?.()}\n`;
  for (const backend of ["bwrap", "off"] as const) {
    const request = {
      command: { script: "id -u" },
      cwd: join(place, "open"),
      env: {},
      spec: { ...SPEC, backend },
      view,
      limits: { timeout: 5000, output: 100 },
    };
    expect((await runner.run(request)).stdout.head.toString()).toBe(expected);
  }
});
