import type { Tool } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";
import { requireSomething } from "./text.ts";

/** Facts about one path, with the hash that `expectedHash` of the writing tools takes. */
export const getFileInfo: Tool = defineTool({
  name: "get_file_info",
  title: "Get file info",
  description:
    "Size, times, type, permissions and number of hard links of a file or directory; for files up to the read limit also hash (sha256), for use as expectedHash.",
  risk: "low",
  input: () => ({ path: pathArgument }),
  prepare(args, eyes) {
    const found = eyes.files.find(args.path);
    return {
      resources: [{ kind: "path", op: "read", path: found.path, type: found.type, links: found.links }],
      states: {},
      run: async (permit) => {
        requireSomething(found);
        const facts: Record<string, string | number | boolean> = {
          size: found.size,
          created: new Date(found.created).toISOString(),
          modified: new Date(found.modified).toISOString(),
          accessed: new Date(found.accessed).toISOString(),
          isDirectory: found.type === "directory",
          isFile: found.type === "file",
          permissions: found.mode.toString(8).padStart(3, "0"),
          links: found.links,
        };
        if (found.type === "file" && found.size <= permit.limits.read) facts.hash = await permit.files.hash(found);
        const text = Object.entries(facts)
          .map(([name, value]) => `${name}: ${value}`)
          .join("\n");
        return { text, source: "ours" };
      },
    };
  },
});
