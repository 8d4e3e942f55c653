import * as z from "zod";
import type { ContentHits, Tool } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";
import { requireSomething } from "./text.ts";

const DEFAULT_MATCHES = 500;

/** Finds lines in files. */
export const searchContent: Tool = defineTool({
  name: "search_content",
  title: "Search file contents",
  description:
    "Find lines by regular expression (Rust syntax) or literal text in a directory or file. Shows path:line:text, or only the files, or counts. Ignores what .gitignore ignores unless respectGitignore is false; files you may not read are never searched.",
  risk: "low",
  input: () => ({
    path: pathArgument,
    pattern: z.string().min(1).max(10_000),
    literal: z.boolean().optional(),
    ignoreCase: z.boolean().optional(),
    glob: z.string().min(1).max(1000).optional().describe("only files whose path matches, like *.ts"),
    contextLines: z.number().int().min(0).max(100).optional(),
    outputMode: z.enum(["content", "files", "count"]).optional(),
    maxMatches: z.number().int().min(1).max(100_000).optional(),
    respectGitignore: z.boolean().optional(),
  }),
  prepare(args, eyes) {
    const found = eyes.files.find(args.path);
    const outputMode = args.outputMode ?? "content";
    return {
      // A search of a directory lists it and reads what the read policy lets through; a search of one file is a read of it.
      resources: [{ kind: "path", op: found.type === "file" ? "read" : "list", path: found.path, type: found.type, links: found.links }],
      states: {},
      run: async (permit) => {
        requireSomething(found);
        const hits = await permit.files.searchContent(found, {
          pattern: args.pattern,
          outputMode,
          maxMatches: args.maxMatches ?? DEFAULT_MATCHES,
          respectGitignore: args.respectGitignore ?? true,
          ...(args.literal === undefined ? {} : { literal: args.literal }),
          ...(args.ignoreCase === undefined ? {} : { ignoreCase: args.ignoreCase }),
          ...(args.glob === undefined ? {} : { glob: args.glob }),
          ...(args.contextLines === undefined ? {} : { contextLines: args.contextLines }),
        });
        const text = write(hits, outputMode);
        if (!hits.truncated) return { text, source: "workspace" };
        return {
          text,
          note: "There are more matches: narrow the pattern, the path or the glob, or raise maxMatches",
          truncated: true,
          source: "workspace",
        };
      },
    };
  },
});

function write(hits: ContentHits, mode: "content" | "files" | "count"): string {
  if (hits.files.length === 0) return "No matches found";
  if (mode === "files") return hits.files.map((file) => file.path).join("\n");
  if (mode === "count") return hits.files.map((file) => `${file.path}:${file.count}`).join("\n");
  const blocks = hits.files.map((file) => {
    let last = 0;
    const lines: string[] = [];
    for (const { line, text, match, cut } of file.lines) {
      if (last !== 0 && line > last + 1 && file.lines.some((other) => !other.match)) lines.push("--");
      last = line;
      const mark = match ? ":" : "-";
      lines.push(`${file.path}${mark}${line}${mark}${text}${cut ? " ... (a long line, cut)" : ""}`);
    }
    return lines.join("\n");
  });
  return blocks.join("\n");
}
