import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { haveSecret, openSecrets, secretHeaders } from "../../src/config/secrets.ts";

const directory = mkdtempSync(join(tmpdir(), "secrets-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, "token");
writeFileSync(file, "from-file\n");
const env = { PATH: process.env["PATH"], TOKEN: "from-variable", EMPTY: "" };

describe("a secret is read from where the policy says", () => {
  test.each([
    ["env:TOKEN", "from-variable"],
    [`file:${file}`, "from-file"],
    ["command:printf 'from-command\\n'", "from-command"],
    ['command:printf %s "$TOKEN"', "from-variable"],
  ])("%s", async (source, value) => {
    expect(haveSecret(source, env)).toBe(true);
    expect(await openSecrets(env).read("KEY", source)).toBe(value);
  });

  test.each([
    ["env:MISSING", "the secret `KEY` is empty or too long"],
    ["env:EMPTY", "the secret `KEY` is empty or too long"],
    ["file:/no/such/file", "the secret `KEY` can't be read"],
    ["command:exit 3", "the secret `KEY` can't be read"],
    ["command:true", "the secret `KEY` is empty or too long"],
  ])("%s is refused, and nothing of its source is told", async (source, reason) => {
    await expect(openSecrets(env).read("KEY", source)).rejects.toMatchObject({ code: "FAILED", message: reason });
  });
});

test("what is held are the values as they are now, and of a command what it last said", async () => {
  const changing: Record<string, string | undefined> = { ...env, TOKEN: "first" };
  const secrets = openSecrets(changing);
  const named = [
    { name: "A", from: "env:TOKEN" },
    { name: "B", from: `file:${file}` },
    { name: "C", from: "command:echo told" },
    { name: "D", from: "file:/no/such/file" },
  ];
  expect(secrets.held(named)).toEqual([
    { name: "A", value: "first" },
    { name: "B", value: "from-file" },
  ]);
  changing["TOKEN"] = "second";
  await secrets.read("C", "command:echo told");
  expect(secrets.held(named)).toEqual([
    { name: "A", value: "second" },
    { name: "B", value: "from-file" },
    { name: "C", value: "told" },
  ]);
});

test("a value goes out as a bearer token, or as it is when it names its scheme", () => {
  expect(secretHeaders("KEY", "abc")).toEqual({ authorization: "Bearer abc" });
  expect(secretHeaders("KEY", "Basic dXNlcjpwYXNz")).toEqual({ authorization: "Basic dXNlcjpwYXNz" });
});

test.each(["a\r\nX-Evil: 1", "a\0", "\u00e4"])("%j can't stand in a header", (value) => {
  expect(() => secretHeaders("KEY", value)).toThrow("the secret `KEY` can't stand in a header");
});
