import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadPolicy } from "../../src/policy/load.ts";
import { formatProblem } from "../../src/policy/problems.ts";
import { openPolicySource } from "../../src/policy/source.ts";
import { path, policyFile, query, SOURCES } from "./support.ts";

const SHUT = "version: 1\nrules: [{ id: shut, effect: deny, path: ['a'], why: x }]\n";

test("a broken policy while running keeps the last good one and is reported; the next good one is swapped in", () => {
  const file = policyFile(SHUT);
  const events: string[] = [];
  const source = openPolicySource({
    load: () => loadPolicy({ ...SOURCES, files: [file] }),
    onChange: (now, before) => events.push(`changed ${now.digest !== before.digest}`),
    onError: (problems) => events.push(...problems.map(formatProblem)),
    interval: 0,
  });
  const effect = (): string => source.current().decide(query([path("read", "a")])).effect;
  const first = source.current();
  writeFileSync(file, "version: 1\nrulse: []\n");
  expect([source.reload(), effect(), source.current() === first, source.problems().length]).toEqual([false, "deny", true, 1]);
  writeFileSync(file, "version: 1\n");
  expect([source.reload(), effect(), source.problems().length]).toEqual([true, "allow", 0]);
  expect(source.reload()).toBe(true);
  expect(events).toEqual([`${file}:2:1: unknown key "rulse" - did you mean "rules"?`, "changed true"]);
  source.close();
});

test("the same policy after a broken one is told as taken up: nobody should think that it still stands out", () => {
  const file = policyFile(SHUT);
  const events: string[] = [];
  const source = openPolicySource({
    load: () => loadPolicy({ ...SOURCES, files: [file] }),
    onChange: (now, before) => events.push(now.digest === before.digest ? "the same" : "another"),
    onError: () => events.push("broken"),
    interval: 0,
  });
  for (const text of ["version: 1\nrulse: []\n", SHUT, SHUT]) {
    writeFileSync(file, text);
    source.reload();
  }
  expect(events).toEqual(["broken", "the same"]);
  source.close();
});

test("a changed file is noticed", async () => {
  const file = policyFile(SHUT);
  const { promise, resolve } = Promise.withResolvers<string>();
  const source = openPolicySource({
    load: () => loadPolicy({ ...SOURCES, files: [file] }),
    onChange: (now) => resolve(now.decide(query([path("read", "a")])).effect),
    onError: () => resolve("error"),
    interval: 20,
  });
  writeFileSync(file, "version: 1\n");
  expect(await promise).toBe("allow");
  source.close();
});

test("a broken policy at the start is fatal", () => {
  const file = policyFile("version: 2\n");
  const open = (): unknown =>
    openPolicySource({ load: () => loadPolicy({ ...SOURCES, files: [file] }), onChange: () => {}, onError: () => {}, interval: 0 });
  expect(open).toThrow(`${file}:1:10: "version" must be 1, the only version of the language`);
});
