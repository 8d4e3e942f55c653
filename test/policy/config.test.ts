import { chmodSync, copyFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadPolicy } from "../../src/policy/load.ts";
import { policyJsonSchema } from "../../src/policy/schema.ts";
import { policyFile, SOURCES } from "./support.ts";

const config = fileURLToPath(new URL("../../config/", import.meta.url));

test("the commented tour loads without a finding and passes its own tests", () => {
  const copy = policyFile("");
  copyFileSync(`${config}policy.example.yaml`, copy);
  chmodSync(copy, 0o644);
  const policy = loadPolicy({ ...SOURCES, files: [copy] });
  expect(policy.warnings).toEqual([]);
});

test("the committed JSON Schema is current (else: portcullis policy schema > config/policy.schema.json)", () => {
  expect(JSON.parse(readFileSync(`${config}policy.schema.json`, "utf8"))).toEqual(policyJsonSchema());
});

const docs = readFileSync(fileURLToPath(new URL("../../docs/policy.md", import.meta.url)), "utf8");
const recipes = [...docs.matchAll(/^(\d+)\. (.*)\n\n```yaml\n([^]*?)```/gm)];

test.each(recipes.map(([, number, title, text]) => [`${number}. ${title}`, text ?? ""]))("recipe %s", (_title, text) => {
  expect(loadPolicy({ ...SOURCES, files: [policyFile(text)] }).warnings).toEqual([]);
});

test("there are ten recipes", () => {
  expect(recipes.map(([, number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});
