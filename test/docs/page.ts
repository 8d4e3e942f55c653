/** A page of docs/ as a reader follows it: its blocks in order, the commands run exactly as printed, what they print compared with what it says. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ENTRY } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";

const DOCS = join(import.meta.dirname, "..", "..", "docs");

/** The text of a page, by its path below docs/. */
export const readPage = (path: string): string => readFileSync(join(DOCS, path), "utf8");

/** A fenced block. `sh` is run (`sh terminal` at one, where somebody types yes), `text` after it is what it prints, `yaml NAME` is written to that file. */
interface Block {
  readonly section: string;
  readonly language: string;
  /** What stands behind the language: `exit=1`, or a file's name. */
  readonly info: string;
  readonly text: string;
}

/** The blocks of a page, each under its `##` heading. */
export function blocksOf(page: string): Block[] {
  return page.split(/^## /m).flatMap((part) => {
    const section = part.split("\n", 1)[0] ?? "";
    return [...part.matchAll(/^( *)```(\w*) ?(.*)\n([^]*?)^ *```$/gm)].map(([, indent = "", language = "", info = "", text = ""]) => ({
      section,
      language,
      info,
      text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }));
  });
}

/** Words in capitals that stand for something of the reader's: the table of docs/runbooks/README.md. */
export const PLACEHOLDERS = [...readPage("runbooks/README.md").matchAll(/^\| `([A-Z]+)` \|/gm)].map(([, name = ""]) => name);

/** What differs from run to run, and where the reader's things lie, as the pages show them. */
export function normalize(text: string, world?: World): string {
  const placed = world === undefined ? text : text.replaceAll(process.execPath, "node").replaceAll(ENTRY, "/opt/portcullis/dist/cli.js");
  return (world === undefined ? placed : placed.replaceAll(world.root, "/home/me"))
    .replaceAll(/\b(sess|call|apr)_[0-9a-f]{32}\b/g, "$1_ID")
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "TIME")
    .replaceAll(/\b\d{8}T\d{9}Z\b/g, "TIME")
    .replaceAll(/"durationMs":[\d.]+/g, '"durationMs":0')
    .replaceAll(/\b(sha256:)?[0-9a-f]{8,64}\b/g, "HEX")
    .replaceAll(/(?<=\S) {2,}/g, "  ") // columns are as wide as what stands in them
    .replaceAll(/ +$/gm, "");
}

/** How a command is started where the server lives: by default as it is. */
export type Inside = (argv: readonly string[]) => readonly string[];

/** A page that is being followed. */
export interface Page {
  /** Runs the next commands, which must stand in this section; gives what they printed. */
  next(section: string, values?: Readonly<Record<string, string>>): Promise<string>;
  /** Compares the next text that stands in this section with what came of something else than a command. */
  shows(section: string, actual: string): void;
  /** The sections of commands that nobody ran, and of texts that nobody compared. */
  left(): string[];
}

/** Opens a page for a world. Commands run in its root with `portcullis` in the path and PORTCULLIS_STATE set, as the index of the runbooks says. */
export function openPage(path: string, world: World, inside: Inside = (argv) => argv): Page {
  const blocks = blocksOf(readPage(path));
  const bin = join(world.root, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "portcullis"), `#!/bin/sh\nexec '${process.execPath}' '${ENTRY}' "$@"\n`);
  chmodSync(join(bin, "portcullis"), 0o755);
  const placed = (text: string): string => text.replaceAll("/home/me", world.root);
  const env = { ...world.env, PATH: `${bin}:${world.env.PATH}`, PORTCULLIS_STATE: world.state };
  return {
    async next(section, values = {}) {
      for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
        if (block.language === "yaml" && block.info !== "")
          writeFileSync(join(world.root, block.info), placed(block.text), { mode: 0o600 });
        if (block.language === "yaml") continue;
        expect(block).toMatchObject({ section, language: "sh" });
        const script = join(bin, "block.sh");
        writeFileSync(script, placed(fill(block.text, values)));
        const terminal = block.info === "terminal";
        const words = terminal
          ? ["script", "-qec", `bash --norc -euo pipefail '${script}'`, "/dev/null"]
          : ["bash", "--norc", "-euo", "pipefail", "-c", `. '${script}' 2>&1`];
        const ran = await run(inside(words), world.root, env, terminal ? "yes\n" : "");
        expect({ ...ran, block: block.text }).toEqual({
          ...ran,
          block: block.text,
          code: Number(/^exit=(\d)$/.exec(block.info)?.[1] ?? 0),
        });
        if (blocks[0]?.language === "text") expect(normalize(ran.output, world)).toBe(normalize(blocks.shift()?.text ?? ""));
        return ran.output;
      }
      throw new Error(`the page ${path} has no more commands for ${section}`);
    },
    shows(section, actual) {
      while (blocks[0] !== undefined && blocks[0].language !== "text") expect(blocks.shift()?.language).not.toBe("sh");
      const block = blocks.shift();
      expect(block?.section).toBe(section);
      expect(normalize(`${actual}\n`, world)).toBe(normalize(block?.text ?? ""));
    },
    left: () => blocks.flatMap(({ language, section }) => (language === "sh" || language === "text" ? [section] : [])),
  };
}

/** Commands with the reader's values in the place of the placeholders; one that has no value is an error. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  let filled = text;
  for (const name of PLACEHOLDERS)
    filled = filled.replaceAll(new RegExp(`\\b${name}\\b`, "g"), () => {
      if (values[name] === undefined) throw new Error(`no value for ${name} in: ${text}`);
      return values[name];
    });
  return filled;
}

/** What a terminal shows in the end: without its own commands, and without the echo of what was typed before anybody asked. */
function fromTerminal(output: string, typed: string): string {
  return output
    .replaceAll("\r", "")
    .replaceAll(/\u001b\[[\d;]*[A-Za-z]/g, "")
    .replace(new RegExp(`^${typed}`, "m"), "");
}

function run(
  [command = "", ...args]: readonly string[],
  cwd: string,
  env: World["env"],
  typed: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (part) => (output += String(part)));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output: typed === "" ? output : fromTerminal(output, typed) }));
    child.stdin.on("error", () => undefined).end(typed); // a command that ends without reading its input is no error
  });
}
