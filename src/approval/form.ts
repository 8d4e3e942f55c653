/** What the person sees. Everything that comes from the model is shown as it is, escaped where it could deceive, and can't look like our own words. */
import type { Call, Preview } from "../types.ts";

/** Bytes of preview in one question; more is cut with an honest word. */
const MAX_PREVIEW = 8 * 1024;
/** A run of blanks longer than this pushes what follows out of sight, so it is folded visibly. */
const MAX_BLANKS = 40;
/** Model-made lines stand behind this mark; our own never do. */
const GUTTER = "| ";

/** More equal blank lines than this in a row push what follows out of sight too. */
const MAX_BLANK_LINES = 6;

/**
 * Characters that a screen hides, reorders or shows as something else: controls and format characters (zero-width, bidi, tags), fillers and whatever
 * else Unicode lets be ignored, line and paragraph separators, every space that isn't U+0020, braille blank and the null notehead, private use, lone
 * surrogates, and what this Unicode doesn't know; and more than four combining marks on one letter, which run over their neighbours (Unicode TR36,
 * TR39; CVE-2021-42574).
 */
const DECEPTIVE =
  /(?![\n\t ])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]|(?<=\p{M}{4})\p{M}/gu;

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
    `Portcullis asks for ${inlineText(call.principal.id)}${client}: ${inlineText(preview.title)}`,
    `Tool: ${call.tool}. Asked because: ${inlineText(reason)}`,
  ];
  if (preview.text === "") return head.join("\n");
  return [...head, "Lines marked with | were written by the model or stand in your files:", quote(preview.text)].join("\n");
}

function quote(text: string): string {
  const lines: string[] = [];
  let bytes = 0;
  let alike = 0;
  const all = text.replace(/\n$/, "").split("\n");
  for (const [index, raw] of all.entries()) {
    alike = index > 0 && raw === all[index - 1] && isBlank(raw) ? alike + 1 : 0;
    if (alike >= MAX_BLANK_LINES) {
      // Our own words, so without the mark; the last of them says how many there were.
      if (raw !== all[index + 1]) lines.push(`FOLDED: ${alike - MAX_BLANK_LINES + 1} more lines like the one above.`);
      continue;
    }
    const line = GUTTER + foldBlanks(escapeDeceptive(raw));
    const size = Buffer.byteLength(line) + 1;
    if (bytes + size > MAX_PREVIEW) {
      lines.push(...cutLine(line, MAX_PREVIEW - bytes));
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

/** As much of a line as there is room for, if that is worth it; never half a character. */
function cutLine(line: string, room: number): string[] {
  if (room <= 200) return [];
  const cut = Buffer.from(line).subarray(0, room).toString("utf8");
  return [cut.replace(/\ufffd+$/, "")];
}

/** Nothing to see but, in a diff, the sign in front. */
function isBlank(line: string): boolean {
  return /^[ +-]?[ \t]*$/.test(line);
}

function foldBlanks(line: string): string {
  return line.replace(/[ \t]{41,}/g, (run) => `${" ".repeat(MAX_BLANKS)}<${run.length - MAX_BLANKS} more blanks>`);
}
