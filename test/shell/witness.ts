/** Compares an analysis with what real bash executed. */
import { analyse, printScript } from "../../src/shell/analyse.ts";
import type { Analysis } from "../../src/shell/analyse.ts";
import { fixedEyes } from "../../src/shell/eyes.ts";
import { DIRECTORIES, HERE, runInBash } from "./real-bash.ts";

export function read(text: string): Analysis {
  return analyse(text, { cwd: HERE, eyes: fixedEyes, home: "/home/user" });
}

/** Has the text a tilde, which bash replaces with a home that the witness doesn't have? */
function hasTilde(text: string): boolean {
  return text.includes("~");
}

function fits(executed: readonly string[], shown: readonly (string | null)[]): boolean {
  return (
    executed.length === shown.length &&
    executed.every((word, index) => {
      const expected = shown[index] ?? null;
      if (expected === null) return false;
      if (!expected.includes("$?")) return word === expected;
      const parts = expected.split("$?");
      return word === expected || (word.startsWith(parts[0] ?? "") && word.endsWith(parts.at(-1) ?? "") && /[0-9]/.test(word));
    })
  );
}

/** Texts that bash executed something of that the analysis of a simple verdict did not show, each command counted once. */
export function findSurprises(texts: readonly string[], status: 0 | 1): { text: string; executed: string[]; shown: unknown }[] {
  const simple = texts
    .map((text) => ({ text, analysis: read(text) }))
    .filter(({ text, analysis }) => analysis.verdict === "simple" && !hasTilde(text));
  const runs = runInBash(
    simple.map(({ text }) => text),
    status,
  );
  return simple.flatMap(({ text, analysis }, index) => {
    const left = analysis.commands.map(({ words }) => words.map((word) => word.text));
    return (runs[index] ?? []).flatMap((executed) => {
      const at = left.findIndex((shown) => fits(executed, shown));
      if (at < 0) return [{ text, executed, shown: analysis.commands.map(({ words }) => words.map((word) => word.text)) }];
      left.splice(at, 1);
      return [];
    });
  });
}

/** Can text and script be compared word by word? Not where a directory is missing, or the text of a shell inside is printed anew. */
function printsWords(analysis: Analysis): boolean {
  const there = new Set([HERE, ...DIRECTORIES.map((name) => `${HERE}/${name}`)]);
  const commands = analysis.plan?.flatMap(({ pipelines }) => pipelines.flatMap((pipeline) => pipeline.commands)) ?? [];
  return commands.every(
    ({ kind, words }) =>
      words.every(({ nested }) => nested === undefined) && ((kind !== "cd" && kind !== "enter") || there.has(words[0]?.text ?? "")),
  );
}

/** What ran, without order (pipelines run at once) and without `cd`, which is printed by its real path. */
function normal(run: readonly string[][] | undefined): string[] {
  return (run ?? [])
    .filter(([name]) => name !== "cd")
    .map((words) => JSON.stringify(words))
    .sort();
}

/** Simple texts whose canonical script does not execute the same argvs; and how many were compared. */
export function findDifferences(
  texts: readonly string[],
  most: number,
): { compared: number; different: { text: string; script: string; from: unknown; to: unknown }[] } {
  const simple = texts
    .map((text) => ({ text, analysis: read(text) }))
    .filter(({ text, analysis }) => analysis.verdict === "simple" && !hasTilde(text) && !text.includes("command") && printsWords(analysis))
    .slice(0, most)
    .map(({ text, analysis }) => ({ text, script: printScript(analysis, (name) => name) }));
  const asText = runInBash(
    simple.map(({ text }) => text),
    0,
  );
  const asScript = runInBash(
    simple.map(({ script }) => script),
    0,
  );
  const different = simple.flatMap(({ text, script }, index) => {
    const from = normal(asText[index]);
    const to = normal(asScript[index]);
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ text, script, from, to }];
  });
  return { compared: simple.length, different };
}
