import type { Tool } from "../types.ts";
import { defineTool } from "./define.ts";

/** The workspaces of this server. */
export const listAllowedDirectories: Tool = defineTool({
  name: "list_allowed_directories",
  title: "List allowed directories",
  description: "List the workspaces: every path must lie in one of them. Relative paths start at the first.",
  risk: "low",
  input: () => ({}),
  prepare: (_args, eyes) => ({
    resources: [],
    states: {},
    run: () => ({ text: `Allowed directories:\n${eyes.workspaces.join("\n")}`, source: "ours" }),
  }),
});
