import type { PathOp, Resource } from "../types.ts";

/** What our own tools touch, by the arguments that name it. Tests of policies and the list of hidden tools need it. */
interface ToolShape {
  /** Argument and what is done to the path it names. */
  readonly paths?: readonly (readonly [argument: string, ...ops: PathOp[]])[];
  readonly touches?: "command" | "url" | "opaque";
}

const SHAPES: Readonly<Record<string, ToolShape>> = {
  read_text_file: { paths: [["path", "read"]] },
  read_media_file: { paths: [["path", "read"]] },
  read_multiple_files: { paths: [["paths", "read"]] },
  list_directory: { paths: [["path", "list"]] },
  list_directory_with_sizes: { paths: [["path", "list"]] },
  directory_tree: { paths: [["path", "list"]] },
  search_files: { paths: [["path", "list"]] },
  search_content: { paths: [["path", "read"]] },
  get_file_info: { paths: [["path", "read"]] },
  list_allowed_directories: {},
  explain_policy: {},
  write_file: { paths: [["path", "write"]] },
  edit_file: { paths: [["path", "read", "write"]] },
  create_directory: { paths: [["path", "write"]] },
  move_file: {
    paths: [
      ["source", "read", "delete"],
      ["destination", "write"],
    ],
  },
  copy_file: {
    paths: [
      ["source", "read"],
      ["destination", "write"],
    ],
  },
  delete_path: { paths: [["path", "delete"]] },
  run_command: { touches: "command" },
  process_start: { touches: "command" },
  process_write: { touches: "opaque" },
  process_stop: {},
  process_read: {},
  process_list: {},
  fetch: { touches: "url" },
};

/** Names of our own tools. */
export const OWN_TOOLS: readonly string[] = Object.keys(SHAPES);

/** The shape of a tool of ours, undefined for any other. */
export function shapeOf(tool: string): ToolShape | undefined {
  return Object.hasOwn(SHAPES, tool) ? SHAPES[tool] : undefined;
}

/** The resources of a tool that isn't ours: an upstream's call, or a call that touches nothing we know. */
export function foreignResource(tool: string): Resource {
  const slash = tool.indexOf("/");
  return slash === -1 ? { kind: "call", tool } : { kind: "upstream", server: tool.slice(0, slash), tool: tool.slice(slash + 1) };
}
