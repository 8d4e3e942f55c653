/**
 * Speed of the sanitizer on source code: `node bench/sanitize.ts [DIRECTORY]`; with `--table` instead the table of docs/sanitizing.md. Medians of repeated runs, because neighbours make noise; the ratio to a
 * plain copy through TextEncoder and TextDecoder is what can be compared between machines.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findSecrets } from "../src/sanitize/find.ts";
import { createSanitizer, type SanitizeOptions } from "../src/sanitize/sanitize.ts";
import { loadCorpus } from "../test/sanitize/corpus.ts";
import { ASSIGNED, createRandom, fill, FORMATS, PLACES } from "../test/sanitize/formats.ts";

const MIB = 2 ** 20;
const ENTRY = new URL("../src/sanitize/sanitize.ts", import.meta.url);

/** Source files below a directory, at most `most` bytes together. */
function collect(directory: string, most: number): string[] {
  const files: string[] = [];
  let size = 0;
  const pending = [directory];
  for (let next = pending.pop(); next !== undefined && size < most; next = pending.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) pending.push(path);
      else if (/\.(?:[cm]?[jt]s|json|md)$/.test(entry.name) && statSync(path).size < 200_000 && size < most) {
        files.push(readFileSync(path, "utf8"));
        size += statSync(path).size;
      }
    }
  }
  return files;
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** Milliseconds of each round. */
async function time(rounds: number, run: () => unknown): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return ascending(times);
}

/** What importing and first use cost in a fresh process, in milliseconds. */
function startUp(): { imported: number; first: number } {
  const script = `const a = performance.now(); const { createSanitizer } = await import(${JSON.stringify(ENTRY.href)}); const b = performance.now();
    const s = createSanitizer({ random: (n) => new Uint8Array(n), secrets: () => [] }); const made = performance.now();
    await s.text("hello password=x ignore", { level: "standard", source: { kind: "workspace", name: "x" } });
    console.log(JSON.stringify([made - b, performance.now() - made, b - a]));`;
  const runs = Array.from({ length: 9 }, () => {
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    return JSON.parse(child.stdout) as [number, number, number];
  });
  return { imported: at(ascending(runs.map(([made]) => made)), 0.5), first: at(ascending(runs.map(([, first]) => first)), 0.5) };
}

/** Is the end of a secret gone from a text? */
function isFound(text: string, secret: string): boolean {
  let left = text;
  for (const { start, end } of findSecrets(text).reverse()) left = left.slice(0, start) + left.slice(end);
  return !left.includes(secret.slice(-8));
}

/** For every rule: formats, generated tokens found (whole, wherever they stand), and rows of the corpus that it found. */
function printTable(): void {
  const generated = new Map<string, { formats: number; found: number; of: number }>();
  const note = (rule: string, formats: number, found: number, of: number): void => {
    const seen = generated.get(rule) ?? { formats: 0, found: 0, of: 0 };
    generated.set(rule, { formats: seen.formats + formats, found: seen.found + found, of: seen.of + of });
  };
  const random = createRandom(41);
  for (const [rule, ...formats] of FORMATS) {
    const tokens = formats.flatMap((format) => Array.from({ length: 50 }, () => fill(format, random)));
    const tries = tokens.flatMap((token) => PLACES.map((place) => isFound(place(token), token)));
    note(rule, formats.length, tries.filter(Boolean).length, tries.length);
  }
  const tries = ASSIGNED.flatMap(([place, format]) =>
    Array.from({ length: 50 }, () => fill(format, random)).map((value) =>
      isFound(
        place.replace("%", () => value),
        value,
      ),
    ),
  );
  note("values of telling names, URLs and headers", ASSIGNED.length, tries.filter(Boolean).length, tries.length);

  const corpus = new Map<string, number>();
  for (const row of loadCorpus()) {
    if (!row.area.startsWith("secret")) continue;
    const rule = findSecrets(row.input.replace(/\x1b\[[\d;]*m/g, ""))[0]?.rule ?? "(missed)";
    corpus.set(rule, (corpus.get(rule) ?? 0) + 1);
  }
  console.log("| rule | formats | generated tokens found | corpus rows |\n|---|---|---|---|");
  for (const rule of [...new Set([...generated.keys(), ...corpus.keys()])].sort()) {
    const { formats, found, of } = generated.get(rule) ?? { formats: 0, found: 0, of: 0 };
    console.log(`| ${rule} | ${formats === 0 ? "" : formats} | ${of === 0 ? "" : `${found} of ${of}`} | ${corpus.get(rule) ?? ""} |`);
  }
}

/** Speed, in lines. */
async function printSpeed(root: string): Promise<void> {
  const files = collect(root, 24 * MIB);
  const bytes = files.reduce((sum, file) => sum + Buffer.byteLength(file), 0);
  const sanitizer = createSanitizer({
    random: (count) => new Uint8Array(count),
    secrets: () => [{ name: "K", value: "a secret that is nowhere" }],
  });
  const options: SanitizeOptions = { level: "standard", source: { kind: "workspace", name: "read_text_file" } };

  const all = async (): Promise<void> => {
    for (const file of files) await sanitizer.text(file, options);
  };
  const copy = (): void => {
    for (const file of files) new TextDecoder().decode(new TextEncoder().encode(file));
  };
  await all();
  const passes = await time(7, all);
  const copies = await time(7, copy);

  const source = files.join("\n");
  const slices = Array.from({ length: 400 }, (_, n) => source.slice((n * 40_009) % (source.length - 65_536)).slice(0, 65_536));
  const each: number[] = [];
  for (const slice of slices) each.push(...(await time(1, () => sanitizer.text(slice, options))));
  const sorted = ascending(each);
  let changed = 0;
  for (const file of files) if ((await sanitizer.text(file, options)).text !== file) changed++;
  const { imported, first } = startUp();

  console.log(`source code              ${(bytes / MIB).toFixed(1)} MiB in ${files.length} files; ${changed} changed`);
  console.log(
    `standard, end to end     ${(bytes / MIB / (at(passes, 0.5) / 1000)).toFixed(0)} MiB/s (median of 7), ${(at(passes, 0.5) / at(copies, 0.5)).toFixed(1)} times a plain copy`,
  );
  console.log(`64 KiB                   p50 ${at(sorted, 0.5).toFixed(2)} ms, p99 ${at(sorted, 0.99).toFixed(2)} ms`);
  console.log(`at start                 ${imported.toFixed(2)} ms to make a sanitizer; ${first.toFixed(1)} ms the first text`);
}

if (process.argv[2] === "--table") printTable();
else await printSpeed(process.argv[2] ?? fileURLToPath(new URL("../node_modules", import.meta.url)));
