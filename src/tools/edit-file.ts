import * as z from "zod";
import { Refusal } from "../types.ts";
import type { FileHands, Found, Obligations, TextWork, Tool } from "../types.ts";
import { defineTool, dryRunArgument, pathArgument } from "./define.ts";
import { requireFile } from "./text.ts";
import { checkWritable, hashArgument, tooLarge } from "./write-file.ts";

interface Edited {
  readonly diff: string;
  readonly bytes: Buffer;
}

/** Replaces text in a file and answers with the diff. */
export function editFile(textWork: TextWork): Tool {
  return defineTool({
    name: "edit_file",
    title: "Edit file",
    description:
      "Replace exact text in a file, one edit after another. Each oldText must occur exactly once, or set replaceAll. Line endings, byte order mark and permissions stay. Answers with a unified diff and the new hash.",
    risk: "medium",
    input: () => ({
      path: pathArgument,
      edits: z
        .array(z.strictObject({ oldText: z.string().min(1), newText: z.string(), replaceAll: z.boolean().optional() }))
        .min(1)
        .max(1000),
      expectedHash: hashArgument,
      dryRun: dryRunArgument,
    }),
    async prepare(args, eyes) {
      const found = eyes.files.find(args.path);
      const state = await eyes.files.state(found);
      const edits = args.edits.map(({ oldText, newText, replaceAll }) => ({
        oldText,
        newText,
        ...(replaceAll === undefined ? {} : { replaceAll }),
      }));
      const work = (files: FileHands, limits: Obligations): Edited => {
        checkWritable(found, state, args.expectedHash);
        const before = textWork.decode(readWhole(files, found, limits));
        const { text, regions } = textWork.applyEdits(before, edits);
        const bytes = Buffer.from(text, "utf8");
        if (bytes.length > limits.write) throw tooLarge(bytes.length, limits.write);
        return { diff: textWork.diff(found.relative, before, text, regions), bytes };
      };
      return {
        // The answer is a diff, and a diff shows content: an edit reads as well as writes.
        resources: (["read", "write"] as const).map((op) => ({
          kind: "path" as const,
          op,
          path: found.path,
          type: found.type,
          links: found.links,
        })),
        states: { [found.path]: state },
        written: args.edits.map((edit) => edit.newText).join("\n"),
        preview: (permit) => ({ title: `edit ${found.relative}`, text: work(permit.files, permit.limits).diff || "(no difference)" }),
        run: async (permit) => {
          const { diff, bytes } = work(permit.files, permit.limits);
          const { hash } = await permit.files.write(found, bytes, {
            mode: "overwrite",
            durability: permit.limits.durability,
            expected: state,
          });
          return { text: `${diff || "(no difference)"}\nhash: ${hash}`, structured: { path: found.path, hash }, source: "workspace" };
        },
      };
    },
  });
}

function readWhole(files: FileHands, found: Found, limits: Obligations): Buffer {
  requireFile(found);
  if (found.size > limits.read)
    throw new Refusal(
      "INVALID_INPUT",
      `the file has ${found.size} bytes, more than the read limit of ${limits.read}`,
      "Ask for a larger limits.read, or change it with another tool.",
    );
  return files.read(found);
}
