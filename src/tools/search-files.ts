import * as z from "zod";
import type { Tool } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";
import { requireDirectory } from "./text.ts";

const DEFAULT_RESULTS = 1000;

/** Finds files and directories by name. */
export const searchFiles: Tool = defineTool({
  name: "search_files",
  title: "Search files by name",
  description:
    "Find files and directories whose path matches a glob, relative to the given directory: *.ts in it, **/*.ts below it. Hidden ones are included, .git and files you may not read are not. Gives full paths.",
  risk: "low",
  input: () => ({
    path: pathArgument,
    pattern: z.string().min(1).max(1000),
    excludePatterns: z.array(z.string().min(1).max(1000)).max(100).optional(),
    maxResults: z.number().int().min(1).max(100_000).optional(),
    respectGitignore: z.boolean().optional(),
  }),
  prepare(args, eyes) {
    const found = eyes.files.find(args.path);
    return {
      resources: [{ kind: "path", op: "list", path: found.path, type: found.type }],
      states: {},
      run: async (permit) => {
        requireDirectory(found);
        const { paths, truncated } = await permit.files.searchNames(found, {
          pattern: args.pattern,
          maxResults: args.maxResults ?? DEFAULT_RESULTS,
          ...(args.excludePatterns === undefined ? {} : { excludePatterns: args.excludePatterns }),
          ...(args.respectGitignore === undefined ? {} : { respectGitignore: args.respectGitignore }),
        });
        const text = paths.length > 0 ? paths.join("\n") : "No matches found";
        if (!truncated) return { text, source: "workspace" };
        return {
          text,
          note: `${paths.length} results are shown, there are more: narrow the pattern or raise maxResults`,
          truncated,
          source: "workspace",
        };
      },
    };
  },
});
