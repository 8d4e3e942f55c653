import { Refusal } from "../types.ts";
import type { Eyes, Found, PathOp, Prepared, Resource, Tool } from "../types.ts";
import { defineTool, dryRunArgument, pathArgument } from "./define.ts";
import { requireSomething } from "./text.ts";

/** Moves or renames a file or directory. */
export const moveFile: Tool = defineTool({
  name: "move_file",
  title: "Move file",
  description: "Move or rename a file or directory. Fails if the destination exists.",
  risk: "medium",
  input: () => ({ source: pathArgument, destination: pathArgument, dryRun: dryRunArgument }),
  prepare: (args, eyes) => prepareTransfer("move", args.source, args.destination, eyes),
});

/** Copies a file or directory. */
export const copyFile: Tool = defineTool({
  name: "copy_file",
  title: "Copy file",
  description: "Copy a file or a directory with all below it. Fails if the destination exists.",
  risk: "medium",
  input: () => ({ source: pathArgument, destination: pathArgument, dryRun: dryRunArgument }),
  prepare: (args, eyes) => prepareTransfer("copy", args.source, args.destination, eyes),
});

/** Moving reads and deletes every file of the source and writes it at the destination; copying leaves out the delete. */
async function prepareTransfer(verb: "move" | "copy", source: string, destination: string, eyes: Eyes): Promise<Prepared> {
  const from = eyes.files.find(source, { follow: false });
  const to = eyes.files.find(destination, { follow: false });
  const check = () => {
    requireSomething(from);
    if (to.type !== "absent")
      throw new Refusal("INVALID_INPUT", "the destination exists already", "Choose another name, or delete it first.");
    if (to.path.startsWith(`${from.path}/`))
      throw new Refusal("INVALID_INPUT", "a directory can't go into itself", "Choose a destination outside of it.");
  };
  const title = `${verb} ${from.relative} to ${to.relative}`;
  const expected = await eyes.files.state(from);
  return {
    resources: transferred(verb, from, to, eyes),
    states: { [from.path]: expected, [to.path]: await eyes.files.state(to) },
    preview: () => {
      check();
      return { title, text: "" };
    },
    run: async (permit) => {
      check();
      await permit.files[verb](from, to, { durability: permit.limits.durability, expected });
      return { text: `Successfully ${verb === "move" ? "moved" : "copied"} ${source} to ${destination}`, source: "ours" };
    },
  };
}

function transferred(verb: "move" | "copy", from: Found, to: Found, eyes: Eyes): Resource[] {
  const ops: readonly PathOp[] = verb === "move" ? ["read", "delete"] : ["read"];
  const all = [{ path: from.path, type: from.type, links: from.links }, ...eyes.files.below(from)];
  return all.flatMap(({ path, type, links }): Resource[] => [
    ...ops.map((op): Resource => ({ kind: "path", op, path, type, links })),
    { kind: "path", op: "write", path: to.path + path.slice(from.path.length), type: "absent" },
  ]);
}
