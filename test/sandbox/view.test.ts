import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bubblewrapOptions } from "../../src/sandbox/bubblewrap.ts";
import { isWithin } from "../../src/sandbox/program-path.ts";
import type { SandboxView } from "../../src/sandbox/request.ts";
import { SPEC, openLab, textOf } from "./lab.ts";
import type { Lab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("bwrap");
});
afterAll(() => lab.remove());

const own = (path: string): void => {
  if (lab.probe.account !== undefined) chownSync(path, lab.probe.account.uid, lab.probe.account.gid);
};

/** Small trees with awkward names: of files in nested directories, and which of all paths are denied or protected. */
const names = fc.constantFrom("a", "b", "a.b", "-c", "d e", "ü", "$x", "'q'", "a\nb", ".env");
const trees = fc.uniqueArray(fc.array(names, { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 8,
  selector: (parts) => parts.join("/"),
});
const scenes = trees.chain((tree) => {
  const files = tree.filter((one) => !tree.some((other) => other.length > one.length && one.every((part, at) => part === other[at])));
  const paths = [...new Set(files.flatMap((parts) => parts.map((_, at) => parts.slice(0, at + 1).join("/"))))];
  return fc.record({
    files: fc.constant(files.map((parts) => parts.join("/"))),
    masked: fc.subarray(paths),
    readOnly: fc.subarray(paths),
    system: fc.boolean(),
  });
});

describe("the view of random trees", () => {
  test("shows exactly what is not denied, and lets exactly what is neither denied nor protected be written", async () => {
    const judge = async ({ files, masked, readOnly, system }: typeof scenes extends fc.Arbitrary<infer T> ? T : never): Promise<void> => {
      const root = join(lab.place, "tree");
      rmSync(root, { recursive: true, force: true });
      mkdirSync(root);
      own(root);
      for (const file of files) {
        const parts = file.split("/");
        parts.slice(0, -1).forEach((_, at) => {
          mkdirSync(join(root, ...parts.slice(0, at + 1)), { recursive: true });
          own(join(root, ...parts.slice(0, at + 1)));
        });
        writeFileSync(join(root, file), `content of ${file}`);
        own(join(root, file));
      }
      const paths = (list: readonly string[]): string[] => list.map((name) => join(root, name));
      const denied = (file: string): boolean => masked.some((one) => isWithin(`/${file}`, `/${one}`));
      const fixed = (file: string): boolean => system || denied(file) || readOnly.some((one) => isWithin(`/${file}`, `/${one}`));
      // the same tree as a workspace, or as a system path with a workspace beside it
      const workspaces = system ? lab.view.workspaces : [{ path: root, writable: true }];
      const view: SandboxView = {
        workspaces,
        masked: paths(masked),
        readOnly: paths(readOnly),
        systemPaths: [...lab.view.systemPaths, ...(system ? [root] : [])],
      };
      const script =
        'while IFS= read -r -d "" file; do cat -- "$file" && printf "\\0" || printf "no\\0"; (printf x >> "$file") && printf "yes\\0" || printf "no\\0"; done';
      const { stdout, stderr, exitCode } = await lab.runner.run(
        lab.request("", {
          command: { script },
          stdin: files.map((file) => `${join(root, file)}\0`).join(""),
          view,
          cwd: workspaces[0]?.path ?? root,
        }),
      );
      const seen = textOf(stdout).split("\0").slice(0, -1);
      expect({ exitCode, seen, stderr: "" }).toEqual({
        exitCode: 0,
        seen: files.flatMap((file) => [denied(file) ? "no" : `content of ${file}`, fixed(file) ? "no" : "yes"]),
        stderr: textOf(stderr).startsWith("bwrap") ? textOf(stderr) : "",
      });
    };
    await fc.assert(fc.asyncProperty(scenes, judge), { numRuns: 60 });
  });
});

function optionsOf(view: Partial<SandboxView>, profile: "read-only" | "workspace-write" = "workspace-write"): string[] {
  const whole = { ...lab.view, systemPaths: [], ...view };
  const options = bubblewrapOptions({ view: whole, spec: { ...SPEC, profile }, cwd: lab.workspace }, {});
  return options.slice(options.lastIndexOf("/tmp") + 1, options.lastIndexOf("--remount-ro"));
}

describe("the mounts", () => {
  test("leave out what vanished since the view was made, so that nothing is created in its place", () => {
    const gone = join(lab.workspace, "gone");
    expect(optionsOf({ masked: [gone], readOnly: [`${gone}2`] })).toEqual(["--bind", lab.workspace, lab.workspace]);
  });

  test("leave out what would not be shown anyway", () => {
    const elsewhere = lab.file("outside/secret");
    expect(optionsOf({ masked: [elsewhere], readOnly: [elsewhere] })).toEqual(["--bind", lab.workspace, lab.workspace]);
  });

  test("pin the directories above a denied file, and hide nothing twice", () => {
    const [deep, directory] = [lab.file("workspace/a/b/secret"), join(lab.workspace, "a")];
    expect(optionsOf({ masked: [deep] })).toEqual([
      ...[lab.workspace, directory, join(directory, "b")].flatMap((path) => ["--bind", path, path]),
      "--ro-bind",
      "/dev/null",
      deep,
    ]);
    expect(optionsOf({ masked: [deep, directory] }).filter((word) => word === deep)).toEqual([]);
    expect(optionsOf({ masked: [deep] }, "read-only")).toEqual(["--ro-bind", lab.workspace, lab.workspace, "--ro-bind", "/dev/null", deep]);
  });

  test("are refused when there would be too many", () => {
    const masked = Array.from({ length: 1001 }, (_, index) => join(lab.workspace, `f${index}`));
    expect(() => optionsOf({ masked })).toThrow("more than 1000");
  });

  test("work for hundreds of denied files", async () => {
    const masked = Array.from({ length: 500 }, (_, index) => lab.file(`workspace/many/f${index}`, "SECRET"));
    const { exitCode, stdout } = await lab.runner.run(lab.request("cat many/f499; cat many/* | wc -c", { view: { ...lab.view, masked } }));
    expect([exitCode, textOf(stdout)]).toEqual([0, "0\n"]);
  });
});

describe("a workspace", () => {
  test("inside another one keeps its own rights", async () => {
    const inner = join(lab.workspace, "inner");
    mkdirSync(inner);
    own(inner);
    const view = { ...lab.view, workspaces: [...lab.view.workspaces, { path: inner, writable: false }] };
    const { stdout } = await lab.runner.run(lab.request("touch outer-ok && echo 1; touch inner/no || echo 2", { view }));
    expect(textOf(stdout)).toBe("1\n2\n");
  });

  test("whose name holds anything works", async () => {
    const odd = join(lab.place, "a b'\n\"$x:\\ü");
    mkdirSync(odd);
    chmodSync(odd, 0o755);
    own(odd);
    const view = { ...lab.view, workspaces: [{ path: odd, writable: true }] };
    const { stdout } = await lab.runner.run(lab.request("pwd; touch here && ls", { view, cwd: odd }));
    expect(textOf(stdout)).toBe(`${odd}\nhere\n`);
  });
});
