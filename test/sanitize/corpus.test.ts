import { expect, test } from "vitest";
import { createSanitizer, type Sanitized, type Source } from "../../src/sanitize/sanitize.ts";
import { loadCorpus, type Row } from "./corpus.ts";

const sanitizer = createSanitizer({ random: (bytes) => new Uint8Array(bytes).fill(7), secrets: () => [] });
const rows = loadCorpus();

const MARKUP: Source = { kind: "outside", name: "fetch example.com" };
const FILE: Source = { kind: "workspace", name: "read_text_file" };

/** What the text is without the delimiter's two lines. */
function unwrapped({ text }: Sanitized, source: Source): string {
  return source.kind === "outside" ? text.split("\n").slice(1, -1).join("\n") : text;
}

/** Does the answer do what the row expects? */
function meets(row: Row, result: Sanitized, source: Source): boolean {
  switch (row.expect) {
    case "allow":
      return unwrapped(result, source) === row.input && result.flags.length === 0;
    case "sanitize":
      return row.gone.every((part) => !result.text.includes(part)) && row.keep.every((part) => result.text.includes(part));
    case "flag":
      return result.flags.length > 0;
    case "truncate":
      return result.truncated !== undefined && result.text.includes("[TRUNCATED ");
    case "binary":
      return result.text.startsWith("[BINARY ");
    default:
      return false;
  }
}

async function score(areas: RegExp): Promise<{ met: number; of: number; missed: string[] }> {
  const chosen = rows.filter(({ area }) => areas.test(area));
  const missed: string[] = [];
  for (const row of chosen) {
    const source = row.area.startsWith("markup") ? MARKUP : FILE;
    const result = await sanitizer.text(row.input, { level: "standard", source, maxBytes: 262_144 });
    if (!meets(row, result, source)) missed.push(`${row.id} ${row.why}`);
  }
  return { met: chosen.length - missed.length, of: chosen.length, missed };
}

test.each([
  ["secrets are redacted", /^secret/, 1],
  ["look-alikes come back byte for byte and unflagged", /^lookalike/, 1],
  ["invisible Unicode goes", /^unicode$/, 1],
  ["scripts, emoji and escaped text come back byte for byte", /^unicode-benign/, 1],
  ["terminal control goes", /^ansi$/, 1],
  ["tabs, line ends and brackets come back byte for byte", /^ansi-benign/, 1],
  ["markup is defused or flagged", /^markup$/, 1],
  ["ordinary markup comes back byte for byte", /^markup-benign/, 1],
  ["injections are flagged", /^injection$/, 1],
  ["ordinary text that resembles injections is not flagged", /^injection-benign/, 1],
  ["huge, binary and broken input is cut, described or repaired", /^(?:size|encoding)/, 1],
])("corpus: %s", async (_name, areas, least) => {
  const { met, of, missed } = await score(areas);
  expect({ enough: of > 0 && met / of >= least, missed }).toEqual({ enough: true, missed: [] });
});
