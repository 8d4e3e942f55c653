/** What the person sees. Everything that comes from the model is shown as it is, escaped where it could deceive, and can't look like our own words. */
import type { Call, Preview } from "../types.ts";

/** Bytes of preview in one question; more is cut with an honest word. */
const MAX_PREVIEW = 8 * 1024;
/** A run of blanks longer than this pushes what follows out of sight, so it is folded visibly. */
const MAX_BLANKS = 40;
/** Model-made lines stand behind this mark; our own never do. */
const GUTTER = "| ";

/**
 * Characters that a screen hides, reorders or shows as something else: C0 and C1 controls, soft hyphen, Arabic letter mark, Hangul and Khmer
 * fillers, zero-width and bidi controls, line and paragraph separators, every Unicode space that isn't U+0020, variation selectors, tags,
 * interlinear marks, braille blank, private use, lone surrogates (Unicode TR36, TR39; CVE-2021-42574).
 */
const DECEPTIVE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\u{e0000}-\u{e0fff}\u{f0000}-\u{10ffff}]/gu;

/** Shows deceptive characters as `\u{..}`; newline and tab stay. */
export function escapeDeceptive(text: string): string {
  return text.replace(DECEPTIVE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** One line of ours about something of the model's: escaped, newlines and tabs too, cut at 300 characters. */
export function inlineText(text: string): string {
  const line = escapeDeceptive(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return line.length > 300 ? `${line.slice(0, 300)}... (${line.length - 300} more characters)` : line;
}

/** The message of a question: who asks for what, why it is asked, and exactly what will happen. */
export function questionText(call: Pick<Call, "tool" | "principal">, preview: Preview, reason: string): string {
  const client = call.principal.client === undefined ? "" : ` (client "${inlineText(call.principal.client)}")`;
  const head = [
    `Portcullis asks for ${call.principal.id}${client}: ${inlineText(preview.title)}`,
    `Tool: ${call.tool}. Asked because: ${inlineText(reason)}`,
  ];
  if (preview.text === "") return head.join("\n");
  return [...head, "Lines marked with | were written by the model or stand in your files:", quote(preview.text)].join("\n");
}

function quote(text: string): string {
  const lines: string[] = [];
  let bytes = 0;
  const all = text.replace(/\n$/, "").split("\n");
  for (const [index, raw] of all.entries()) {
    const line = GUTTER + foldBlanks(escapeDeceptive(raw));
    const size = Buffer.byteLength(line) + 1;
    if (bytes + size > MAX_PREVIEW) {
      const room = MAX_PREVIEW - bytes;
      if (room > 200)
        lines.push(
          Buffer.from(line)
            .subarray(0, room)
            .toString("utf8")
            .replace(/\ufffd+$/, ""),
        );
      lines.push(
        `CUT: ${all.length - index} of ${all.length} lines are not (or not wholly) shown here; ${Buffer.byteLength(text)} bytes in all. Say no if you need to see them.`,
      );
      break;
    }
    lines.push(line);
    bytes += size;
  }
  return lines.join("\n");
}

function foldBlanks(line: string): string {
  return line.replace(/[ \t]{41,}/g, (run) => `${" ".repeat(MAX_BLANKS)}<${run.length - MAX_BLANKS} more blanks>`);
}
