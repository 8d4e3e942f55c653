import * as z from "zod";
import type { Entry, Eyes, Found, Permit, Prepared, Tool } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";
import { requireDirectory } from "./text.ts";

/** Names in a directory; a link and a special file are files here, as in the reference server. */
export const listDirectory: Tool = defineTool({
  name: "list_directory",
  title: "List directory",
  description: "List the names in a directory, each marked [FILE] or [DIR].",
  risk: "low",
  input: () => ({ path: pathArgument }),
  prepare: (args, eyes) =>
    prepareListing(args.path, eyes, (found, permit) => permit.files.list(found).map(mark).join("\n") || "The directory is empty."),
});

/** The same with sizes and totals. */
export const listDirectoryWithSizes: Tool = defineTool({
  name: "list_directory_with_sizes",
  title: "List directory with sizes",
  description: "List the names in a directory with the sizes of its files, sorted by name or by size (largest first), and the totals.",
  risk: "low",
  input: () => ({ path: pathArgument, sortBy: z.enum(["name", "size"]).optional() }),
  prepare: (args, eyes) =>
    prepareListing(args.path, eyes, (found, permit) => {
      const entries = [...permit.files.list(found, { details: true })];
      if (args.sortBy === "size") entries.sort((a, b) => (b.size ?? 0) - (a.size ?? 0));
      return withSizes(entries);
    }),
});

function prepareListing(path: string, eyes: Eyes, write: (found: Found, permit: Permit) => string): Prepared {
  const found = eyes.files.find(path);
  return {
    resources: [{ kind: "path", op: "list", path: found.path, type: found.type }],
    states: {},
    run: (permit) => {
      requireDirectory(found);
      return { text: write(found, permit), source: "workspace" };
    },
  };
}

const mark = (entry: Entry): string => `${entry.type === "directory" ? "[DIR]" : "[FILE]"} ${entry.name}`;

function withSizes(entries: readonly Entry[]): string {
  const lines = entries.map((entry) =>
    `${mark(entry).padEnd(38)} ${entry.type === "directory" ? "" : formatSize(entry.size ?? 0).padStart(10)}`.trimEnd(),
  );
  const directories = entries.filter((entry) => entry.type === "directory").length;
  const size = entries.reduce((sum, entry) => sum + (entry.type === "directory" ? 0 : (entry.size ?? 0)), 0);
  return [
    ...lines,
    "",
    `Total: ${entries.length - directories} files, ${directories} directories`,
    `Combined size: ${formatSize(size)}`,
  ].join("\n");
}

function formatSize(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const unit = bytes === 0 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return unit === 0 ? `${bytes} B` : `${(bytes / 1024 ** unit).toFixed(2)} ${units[unit]}`;
}
