import * as z from "zod";
import { Refusal } from "../types.ts";
import type { Eyes, Found, Permit, Tool } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";
import { readText } from "./read-text-file.ts";

/** One call shows as much as so many single reads: a hundred whole files would be more than a client, a model or this server's memory wants at once. */
const MOST_READS = 8;

interface Wanted {
  readonly path: string;
  readonly found?: Found;
  readonly refusal?: Refusal;
}

/** Reads several files; one that can't be read doesn't stop the others. */
export const readMultipleFiles: Tool = defineTool({
  name: "read_multiple_files",
  title: "Read multiple files",
  description: "Read up to 100 text files at once. A file that can't be read is reported in its place; the others are still read.",
  risk: "low",
  input: () => ({ paths: z.array(pathArgument).min(1).max(100) }),
  prepare(args, eyes) {
    const wanted = args.paths.map((path) => look(path, eyes));
    const found = wanted.flatMap((one) => one.found ?? []);
    return {
      resources: found.map((one) => ({ kind: "path" as const, op: "read" as const, path: one.path, type: one.type, links: one.links })),
      partial: true,
      states: {},
      run: async (permit) => {
        const parts: string[] = [];
        const notes: string[] = [];
        let left = MOST_READS * permit.limits.read;
        for (const one of wanted) {
          const part = await readOne(left > 0 ? one : { path: one.path, refusal: full() }, permit, notes);
          left -= Buffer.byteLength(part);
          parts.push(part);
        }
        if (left <= 0) notes.push("The answer was full: read what is missing in another call.");
        const note = notes.length > 0 ? { note: notes.join("\n"), truncated: true } : {};
        return { text: parts.join("\n---\n"), sized: true, source: "workspace", ...note };
      },
    };
  },
});

const full = () => new Refusal("FAILED", "the answer is full", "Read it in another call.");

function look(path: string, eyes: Eyes): Wanted {
  try {
    return { path, found: eyes.files.find(path) };
  } catch (error) {
    if (error instanceof Refusal) return { path, refusal: error };
    throw error;
  }
}

async function readOne(wanted: Wanted, permit: Permit, notes: string[]): Promise<string> {
  try {
    const refusal = wanted.found ? permit.denied(wanted.found.path) : wanted.refusal;
    if (!wanted.found || refusal)
      throw refusal ?? new Refusal("FAILED", "the file could not be judged", "Read it alone with read_text_file.");
    const result = await readText(permit.files, wanted.found, undefined, permit.limits);
    if (result.cut)
      notes.push(`${wanted.path}: [TRUNCATED ${Buffer.byteLength(result.text)} of ${result.cut.total} bytes] ${result.cut.rest}`);
    return `${wanted.path}:\n${result.text}\n`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `${wanted.path}: Error - ${error.code.toLowerCase().replaceAll("_", " ")}: ${error.message}. ${error.remedy}`;
  }
}
