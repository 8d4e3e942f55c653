import * as z from "zod";
import { Refusal } from "../types.ts";
import type { FileHands, Found, Preview, TextWork, Tool } from "../types.ts";
import { defineTool, dryRunArgument, pathArgument } from "./define.ts";

/** `sha256:` and 64 hex digits, as get_file_info and the writing tools give it. */
export const hashArgument = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits, as get_file_info gives it")
  .optional()
  .describe("refuse if the file's hash is another by now");

/** Writes a whole file, makes a new one, or adds to its end. */
export function writeFile(textWork: TextWork): Tool {
  return defineTool({
    name: "write_file",
    title: "Write file",
    description:
      "Write a text file: overwrite (default), append, or create (fails if it exists). Missing directories are made. Give expectedHash to be sure that you overwrite what you read.",
    risk: "medium",
    input: () => ({
      path: pathArgument,
      content: z.string(),
      mode: z.enum(["overwrite", "append", "create"]).optional(),
      expectedHash: hashArgument,
      dryRun: dryRunArgument,
    }),
    async prepare(args, eyes) {
      const found = eyes.files.find(args.path);
      const mode = args.mode ?? "overwrite";
      const state = await eyes.files.state(found);
      const bytes = Buffer.from(args.content, "utf8");
      const check = (limit: number) => {
        checkWritable(found, state, args.expectedHash);
        if (mode === "create" && found.type !== "absent")
          throw new Refusal("INVALID_INPUT", "the file exists already", "Use mode overwrite or append, or another path.");
        if (bytes.length > limit) throw tooLarge(bytes.length, limit);
      };
      return {
        resources: [{ kind: "path", op: "write", path: found.path, type: found.type, links: found.links }],
        states: { [found.path]: state },
        written: args.content,
        preview: async (permit): Promise<Preview> => {
          check(permit.limits.write);
          const verb = found.type === "absent" ? "create" : mode === "append" ? "append to" : "overwrite";
          return {
            title: `${verb} ${found.relative}`,
            text: await previewWrite(permit.files, found, mode, args.content, textWork, permit.limits.read),
          };
        },
        run: async (permit) => {
          check(permit.limits.write);
          const { hash } = await permit.files.write(found, bytes, { mode, durability: permit.limits.durability, expected: state });
          const text = `Wrote ${bytes.length} bytes to ${args.path}\nhash: ${hash}`;
          return { text, structured: { path: found.path, hash, bytes: bytes.length }, source: "ours" };
        },
      };
    },
  });
}

/** Throws unless the path can be written to as a file and still is what the caller last saw. */
export function checkWritable(found: Found, state: string, expectedHash: string | undefined): void {
  if (found.type !== "file" && found.type !== "absent")
    throw new Refusal("INVALID_INPUT", "the path is not a regular file", "Name a file, or a new name in a directory.");
  if (expectedHash !== undefined && expectedHash !== state)
    throw new Refusal("INVALID_INPUT", "the file is not what you last saw: its hash is another", "Read it again and make the change anew.");
}

/** A write that is larger than the policy allows. */
export function tooLarge(size: number, limit: number): Refusal {
  return new Refusal(
    "INVALID_INPUT",
    `the text has ${size} bytes, more than the write limit of ${limit}`,
    "Write less at once (mode append), or ask for a larger limits.write.",
  );
}

/** A diff where reading is allowed and the file is text of a sane size; else sizes, as POLICY ("Moves, copies, links, diffs") says. */
async function previewWrite(
  files: FileHands,
  found: Found,
  mode: string,
  content: string,
  textWork: TextWork,
  limit: number,
): Promise<string> {
  const size = Buffer.byteLength(content);
  let before = "";
  if (found.type === "file") {
    if (found.size > limit) return `${found.size} bytes before, ${size} bytes given (too large for a diff)`;
    try {
      before = textWork.decode(files.read(found));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return `${found.size} bytes before (not shown: ${error.code === "DENIED" ? "reading it is denied" : "it is not text"}), ${size} bytes given`;
    }
  }
  const after = mode === "append" ? before + content : content;
  return textWork.diff(found.relative, before, after) || "(no difference)";
}
