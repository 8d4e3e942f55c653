/** What read_text_file may not read the shell can't read either: 200 random policies over one tree, tried in the real sandbox. */
import { linkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createViewer } from "../../src/compose/view.ts";
import type { Door } from "../../src/files/door.ts";
import { openLab, textOf } from "../sandbox/lab.ts";
import type { Lab } from "../sandbox/lab.ts";
import { callOf, doorTo, policyOf, queryOf } from "./views.ts";

const FILES = [
  "README.md",
  "notes.TXT",
  "key.pem",
  ".env",
  ".env.example",
  "src/app.ts",
  "src/app.key",
  "src/deep/er/est/x.txt",
  "src/deep/.hidden/y.txt",
  "private/a.txt",
  "private/public/b.txt",
  "private/public/c.key",
  "with blank/d e.txt",
  "sécret/ſ.txt",
  "new\nline.txt",
  ".git/config",
  ".git/objects/ab/cdef",
  "node_modules/pkg/.npmrc",
  "node_modules/pkg/index.js",
];
const LINKS = { "to-key": "key.pem", "src/to-private": "../private/a.txt", "to-src": "src" } as const;

const glob = fc.constantFrom(
  ..."** * *.md **/*.key **/*.pem **/.env **/.env.* src/** private/** private/* private/public/** **/public/* **/.hidden/** *.txt **/*.txt **/.git/** **/SECRET/** sécret/**".split(
    " ",
  ),
  ..."**/er/** **/deep/er/est/* node_modules/** **/.npmrc {src,private}/*.txt README.md src/app.ts private/public/b.txt".split(" "),
);
const rule = fc.record({
  effect: fc.constantFrom("deny", "deny", "ask", "allow"),
  op: fc.constantFrom("read", "[read, list]", "list", "[read, write]", "write"),
  path: fc.array(glob, { minLength: 1, maxLength: 3 }),
  except: fc.option(fc.array(glob, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 3 }),
  tool: fc.option(fc.constantFrom("read_text_file", "run_command", "*"), { nil: undefined, freq: 3 }),
});
const policyText = fc
  .record({ rules: fc.array(rule, { minLength: 1, maxLength: 5 }), fallback: fc.constantFrom("by-risk", "by-risk", "deny") })
  .map(({ rules, fallback }) => {
    const lines = rules.map(({ effect, op, path, except, tool }, index) => {
      const more = `${except === undefined ? "" : `, except: ${JSON.stringify(except)}`}${tool === undefined ? "" : `, tool: "${tool}"`}`;
      return `  - { id: r${index}, effect: ${effect}, op: ${op}, path: ${JSON.stringify(path)}${more}, why: random }`;
    });
    return `default: ${fallback}\nrules:\n${lines.join("\n")}`;
  });

let lab: Lab;
let door: Door;
beforeAll(async () => {
  lab = await openLab("bwrap");
  for (const name of FILES) lab.file(`workspace/${name}`, "content\n");
  for (const [name, target] of Object.entries(LINKS)) symlinkSync(target, join(lab.workspace, name));
  linkSync(join(lab.workspace, "README.md"), join(lab.workspace, "second-name.md"));
  door = doorTo(lab.workspace);
});
afterAll(() => {
  door.close();
  lab.remove();
});

const NAMES = [...FILES, ...Object.keys(LINKS).filter((name) => name !== "to-src"), "to-src/app.key", "second-name.md"];

/** Each name as read_text_file is decided, by the real path behind it. */
function decisions(policy: ReturnType<typeof policyOf>): Map<string, string> {
  const eyes = door.eyes(new AbortController().signal);
  try {
    const decide = (path: string, tool: string) =>
      policy.decide(queryOf(door.workspaces, [{ kind: "path", op: "read", path }], { tool })).effect;
    return new Map(
      NAMES.map((name) => {
        // The file door has nothing to do with a name that holds a newline; the shell has.
        const path = name.includes("\n") ? join(lab.workspace, name) : eyes.find(name).path;
        return [name, `${decide(path, "read_text_file")} ${decide(path, "run_command")}`];
      }),
    );
  } finally {
    eyes.close();
  }
}

describe("the same policy, two doors", () => {
  test("a read that is not allowed to read_text_file fails in the shell, and one that both may read succeeds", async () => {
    let denied = 0;
    let read = 0;
    await fc.assert(
      fc.asyncProperty(policyText, async (text) => {
        const policy = policyOf(text);
        const view = await createViewer(door, Date.now)(callOf(door.workspaces), policy, {
          writable: true,
          signal: new AbortController().signal,
        });
        const script = NAMES.map(
          (name, index) => `[ "$(/usr/bin/cat ${JSON.stringify(`./${name}`).replaceAll("\\n", "\n")})" = content ] && echo ${index}`,
        );
        const request = lab.request(script.join("\n"), { view: { ...lab.view, ...view } });
        const done = await lab.runner.run({ ...request, limits: { ...request.limits, output: 65_536 } });
        const shown = new Set(textOf(done.stdout).split("\n"));
        const listed = policy.judgePaths(callOf(door.workspaces).query);
        for (const [index, [name, effects]] of [...decisions(policy)].entries()) {
          if (effects.startsWith("allow allow")) {
            // A directory that may not be listed is hidden whole: the sandbox can't show what nobody may find.
            const inListed = name
              .split("/")
              .every((_, at, parts) => at === 0 || listed("list", join(lab.workspace, ...parts.slice(0, at))) !== "deny");
            if (inListed && !name.startsWith("to-") && !name.includes("/to-"))
              expect(shown, `${name} under\n${text}`).toContain(String(index));
            read += 1;
          } else if (!effects.startsWith("allow")) {
            expect(shown, `${name} under\n${text}`).not.toContain(String(index));
            denied += 1;
          }
        }
      }),
      { numRuns: 200, seed: 4711, endOnFailure: true },
    );
    expect(denied).toBeGreaterThan(500);
    expect(read).toBeGreaterThan(500);
  }, 120_000);
});
