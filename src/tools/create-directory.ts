import { Refusal } from "../types.ts";
import type { Tool } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";

/** Makes a directory with its parents; one that is there already is fine. */
export const createDirectory: Tool = defineTool({
  name: "create_directory",
  title: "Create directory",
  description: "Make a directory, with its missing parents. One that exists already is fine.",
  risk: "medium",
  input: () => ({ path: pathArgument }),
  async prepare(args, eyes) {
    const found = eyes.files.find(args.path);
    const state = found.type === "absent" ? "absent" : "present";
    return {
      resources: [{ kind: "path", op: "write", path: found.path, type: found.type }],
      states: { [found.path]: state },
      preview: () => ({ title: `create directory ${found.relative}`, text: "" }),
      run: async (permit) => {
        if (found.type !== "absent" && found.type !== "directory")
          throw new Refusal("INVALID_INPUT", "there is a file of that name", "Choose another name.");
        await permit.files.makeDirectory(found, { durability: permit.limits.durability });
        return { text: `Directory ${args.path} ${found.type === "absent" ? "was made" : "was there already"}`, source: "ours" };
      },
    };
  },
});
