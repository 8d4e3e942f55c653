import * as z from "zod";
import { Refusal } from "../types.ts";
import type { FileHands, Found, LineRange, Obligations, Tool, ToolResult } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";
import { decodeText, requireFile } from "./text.ts";

const count = z.number().int().min(1).max(10_000_000).optional();

/** Reads a text file, whole or by lines; what doesn't fit the read limit is cut with a word on how to get the rest. */
export const readTextFile: Tool = defineTool({
  name: "read_text_file",
  title: "Read text file",
  description:
    "Read a file as text: whole, the first lines (head), the last (tail), or lines from offset (1-based) up to limit. Secrets are hidden, long files are cut with a note on how to read on.",
  risk: "low",
  input: () => ({ path: pathArgument, head: count, tail: count, offset: count, limit: count }),
  prepare(args, eyes) {
    const range = lineRange(args);
    const found = eyes.files.find(args.path);
    return {
      resources: [{ kind: "path", op: "read", path: found.path, type: found.type, links: found.links }],
      states: {},
      run: (permit) => readText(permit.files, found, range, permit.limits),
    };
  },
});

function lineRange(args: {
  head?: number | undefined;
  tail?: number | undefined;
  offset?: number | undefined;
  limit?: number | undefined;
}): LineRange | undefined {
  const { head, tail, offset, limit } = args;
  const ways = [head !== undefined, tail !== undefined, offset !== undefined || limit !== undefined].filter(Boolean).length;
  if (ways > 1) throw new Refusal("INVALID_INPUT", "head, tail and offset/limit exclude each other", "Give only one of them.");
  if (head !== undefined) return { from: 1, count: head };
  if (tail !== undefined) return { last: tail };
  if (offset === undefined && limit === undefined) return undefined;
  return { from: offset ?? 1, ...(limit === undefined ? {} : { count: limit }) };
}

/** The text of a file within the read limit. A whole file that fits is read in one go; everything else by lines. */
export async function readText(files: FileHands, found: Found, range: LineRange | undefined, limits: Obligations): Promise<ToolResult> {
  requireFile(found);
  if (!range && found.size <= limits.read) {
    const text = decodeText(files.read(found));
    return { text, sized: true, source: "workspace" };
  }
  const lines = await files.lines(found, range ?? { from: 1 });
  const text = decodeText(lines.bytes);
  if (!lines.more) return { text, sized: true, source: "workspace" };
  const next = lines.first === undefined ? undefined : lines.first + text.split("\n").length - 1;
  const rest = next === undefined || next === lines.first ? "these lines are longer than the read limit" : `read on with offset: ${next}`;
  return { text, truncated: true, cut: { total: found.size, rest }, sized: true, source: "workspace" };
}
