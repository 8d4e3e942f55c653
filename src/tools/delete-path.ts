import * as z from "zod";
import { Refusal } from "../types.ts";
import type { Tool } from "../types.ts";
import { defineTool, dryRunArgument, pathArgument } from "./define.ts";
import { requireSomething } from "./text.ts";

/** A preview names this many of the files that would go. */
const SHOWN = 200;

/** Deletes a file, a link, or a directory. */
export const deletePath: Tool = defineTool({
  name: "delete_path",
  title: "Delete path",
  description: "Delete a file or link, an empty directory, or with recursive: true a directory and all below it. There is no undo.",
  risk: "high",
  input: () => ({ path: pathArgument, recursive: z.boolean().optional(), dryRun: dryRunArgument }),
  async prepare(args, eyes) {
    const found = eyes.files.find(args.path, { follow: false });
    const below = eyes.files.below(found);
    const state = await eyes.files.state(found);
    const check = () => {
      requireSomething(found);
      if (below.length > 0 && args.recursive !== true)
        throw new Refusal("INVALID_INPUT", `the directory holds ${below.length} entries`, "Set recursive: true if all of it shall go.");
    };
    return {
      resources: [found, ...below].map(({ path, type }) => ({ kind: "path" as const, op: "delete" as const, path, type })),
      states: { [found.path]: state },
      preview: () => {
        check();
        const names = below.map(
          ({ path, size, type }) => `${path.slice(found.path.length + 1)} (${type === "file" ? `${size} bytes` : type})`,
        );
        const rest = names.length > SHOWN ? [`and ${names.length - SHOWN} more`] : [];
        return {
          title: `delete ${found.relative || found.path} (${found.type}${below.length > 0 ? ` with ${below.length} entries` : ""})`,
          text: [...names.slice(0, SHOWN), ...rest].join("\n"),
        };
      },
      run: async (permit) => {
        check();
        await permit.files.remove(found, { recursive: args.recursive === true, durability: permit.limits.durability, expected: state });
        return { text: `Deleted ${args.path}${below.length > 0 ? ` and ${below.length} entries below it` : ""}`, source: "ours" };
      },
    };
  },
});
