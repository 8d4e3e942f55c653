import * as z from "zod";
import type { Tool, Walked } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";
import { requireDirectory } from "./text.ts";

/** A tree of more names than this is of no use to a model, and a cost to everybody. */
const MOST_ENTRIES = 20_000;

interface Node {
  readonly name: string;
  readonly type: "file" | "directory";
  readonly children?: Node[];
}

/** A directory as a JSON tree, in the reference server's form. */
export const directoryTree: Tool = defineTool({
  name: "directory_tree",
  title: "Directory tree",
  description: "Show a directory as a JSON tree of { name, type, children }. Leave parts out with excludePatterns (globs) or maxDepth.",
  risk: "low",
  input: () => ({
    path: pathArgument,
    excludePatterns: z.array(z.string().min(1).max(1000)).max(100).optional(),
    maxDepth: z.number().int().min(1).max(100).optional(),
    respectGitignore: z.boolean().optional(),
  }),
  prepare(args, eyes) {
    const found = eyes.files.find(args.path);
    return {
      resources: [{ kind: "path", op: "list", path: found.path, type: found.type }],
      states: {},
      run: async (permit) => {
        requireDirectory(found);
        const walked = await permit.files.walk(found, {
          maxEntries: MOST_ENTRIES,
          ...(args.maxDepth === undefined ? {} : { maxDepth: args.maxDepth }),
          ...(args.excludePatterns === undefined ? {} : { excludePatterns: args.excludePatterns }),
          ...(args.respectGitignore === undefined ? {} : { respectGitignore: args.respectGitignore }),
        });
        const text = JSON.stringify(toTree(walked), null, 2);
        if (!walked.truncated) return { text, source: "workspace" };
        const note = `${walked.entries.length} entries are shown, there are more: use maxDepth, excludePatterns or a directory further down`;
        return { text, note, truncated: true, source: "workspace" };
      },
    };
  },
});

function toTree(walked: Walked): Node[] {
  const roots: Node[] = [];
  const open = new Map<string, Node[]>([["", roots]]);
  for (const { relative, type } of walked.entries) {
    const slash = relative.lastIndexOf("/");
    const siblings = open.get(slash === -1 ? "" : relative.slice(0, slash));
    const name = relative.slice(slash + 1);
    if (type === "directory") {
      const children: Node[] = [];
      open.set(relative, children);
      siblings?.push({ name, type: "directory", children });
    } else siblings?.push({ name, type: "file" });
  }
  return roots;
}
