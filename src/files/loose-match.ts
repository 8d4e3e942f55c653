/** The second try of the reference server's edit_file: lines that agree but for the space around them. Pure. */
import type { Edit } from "../types.ts";
import type { Replacement } from "./edits.ts";

/** Where the lines of `oldText` occur with other indentation; the new text takes over the indentation that is there. */
export function findLoosely(text: string, edit: Edit): readonly Replacement[] {
  const wanted = edit.oldText.split(/\r?\n/);
  const bare = wanted.map((line) => line.trim());
  if (bare.every((line) => line === "")) return [];
  const lines = text.split("\n");
  const trimmed = lines.map((line) => line.trim());
  const found: Replacement[] = [];
  let offset = 0;
  for (let at = 0; at + bare.length <= lines.length; at++) {
    if (bare.every((line, n) => trimmed[at + n] === line)) {
      const there = lines.slice(at, at + bare.length).join("\n");
      const end = offset + there.length - (there.endsWith("\r") ? 1 : 0);
      found.push({ start: offset, end, text: reindent(edit.newText, wanted, indentOf(lines[at] ?? "")) });
    }
    offset += (lines[at] ?? "").length + 1;
  }
  return found;
}

/** The first line at the indentation that is there, the others as far from it as they were from the old text's. */
function reindent(newText: string, wanted: readonly string[], indent: string): string {
  const base = indentOf(wanted[0] ?? "");
  const lines = newText.split(/\r?\n/);
  return lines
    .map((line, n) => (n > 0 && line.trim() === "" ? line : indent + line.slice(Math.min(base.length, indentOf(line).length))))
    .join("\n");
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}
