/** Speed of the shell analysis: the median of a warm command, the load of the module, and the slowest hostile texts. Prints one JSON line. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { analyse, fixedEyes } from "../src/shell/analyse.ts";

const where = { cwd: "/w", eyes: fixedEyes, home: "/home/user" };

/** Milliseconds to load the bundled module and read a first command, in a fresh process. */
async function measureLoad(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "bench-shell-"));
  try {
    await build({
      entryPoints: [new URL("../src/shell/analyse.ts", import.meta.url).pathname],
      bundle: true,
      platform: "node",
      format: "esm",
      minify: true,
      outfile: join(folder, "shell.mjs"),
    });
    const text = `const t = performance.now(); const { analyse, fixedEyes } = await import("./shell.mjs"); analyse("git status", { cwd: "/w", eyes: fixedEyes }); console.log(performance.now() - t);`;
    writeFileSync(join(folder, "load.mjs"), text);
    return median(
      Array.from({ length: 7 }, () => Number(execFileSync(process.execPath, [join(folder, "load.mjs")], { encoding: "utf8" }))),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const texts = readFileSync(new URL("../test/cases/shell.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { input: string; expect: string })
  .filter(({ expect }) => expect === "allow")
  .map(({ input }) => input);

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const perCommand: number[] = [];
for (let round = 0; round < 60; round++) {
  const start = performance.now();
  for (let times = 0; times < 10; times++) for (const text of texts) analyse(text, where);
  if (round >= 20) perCommand.push(((performance.now() - start) * 1000) / (texts.length * 10));
}

const SHAPES = [
  "$(",
  "$(a ",
  "`",
  "(",
  "{",
  "${a:-",
  '"$(',
  "$((",
  "<<A ",
  "\\\n",
  "[[ ",
  "! ",
  "a|",
  "a;",
  "a&&",
  "a ",
  "'a' ",
  "x=1 ",
  ">a ",
  "*",
  "a~",
  "[",
  "{a,",
  "sed s/a/b/;",
  "#\n",
  "~/",
  "$'\\x41'",
  "if ",
  "case x in a) ",
  "f() { ",
  "<(",
  "a <<'E'\nx\nE\n",
  "git -",
  "-a",
  "find . -exec ",
  "env ",
  "timeout 1 ",
  "sh -c ",
  "xargs ",
  "awk 'a{",
  "é",
  "$?",
];
let slowest = { shape: "", ms: 0 };
for (const shape of SHAPES) {
  for (const tail of ["", ")".repeat(100)]) {
    const text = (shape.repeat(Math.ceil(10_000 / shape.length)) + tail).slice(0, 10_000);
    let best = Infinity;
    for (let times = 0; times < 3; times++) {
      const start = performance.now();
      analyse(text, where);
      best = Math.min(best, performance.now() - start);
    }
    if (best > slowest.ms) slowest = { shape, ms: best };
  }
}

const round = (n: number): number => Math.round(n * 10) / 10;
console.log(
  JSON.stringify({
    bench: "shell",
    commandUs: round(median(perCommand)),
    loadMs: round(await measureLoad()),
    slowestMs: round(slowest.ms),
    slowestShape: slowest.shape,
  }),
);
