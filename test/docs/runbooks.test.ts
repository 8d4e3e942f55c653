/** Every runbook in a scene like the one it is for: its own commands, run as they are printed, do what the page says. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, readPage } from "./page.ts";
import { openScene } from "./scene.ts";
import { SCENES_OF_CALLS } from "./scenes-of-calls.ts";
import { SCENES_OF_STATE } from "./scenes-of-state.ts";

const SCENES = { ...SCENES_OF_CALLS, ...SCENES_OF_STATE };
const PAGES = readdirSync(join(import.meta.dirname, "..", "..", "docs", "runbooks")).map((file) => file.replace(/\.md$/, ""));

test("every runbook has a scene", () => expect(Object.keys(SCENES).toSorted()).toEqual(PAGES.toSorted()));

test.each(PAGES.filter((name) => name !== "README"))("%s has the parts of a runbook, and no command that isn't run", (name) => {
  const page = readPage(`runbooks/${name}.md`);
  expect(page.match(/^(## .*|\*\*When\.\*\*)/gm)).toEqual(["**When.**", "## Do now", "## Find out", "## Put right", "## Afterwards"]);
  expect(blocksOf(page).flatMap(({ language }) => (["sh", "text", "yaml"].includes(language) ? [] : [language]))).toEqual([]);
  expect(page.match(/`portcullis [^`]*`/g)).toBeNull();
});

test.each(Object.entries(SCENES))("%s: its commands do what it says, all of them", async (name, follow) => {
  const scene = openScene();
  try {
    const page = await follow(scene, `runbooks/${name}.md`);
    expect(page.left()).toEqual([]);
  } finally {
    await scene.close();
  }
});
