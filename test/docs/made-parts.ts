/** Parts of a page that are made by a test: between `<!-- made:NAME -->` and `<!-- end -->`. `UPDATE_DOCS=1` writes them anew. */
import { readFileSync, writeFileSync } from "node:fs";

const PART = /<!-- made:([\w-]+) -->\n([\s\S]*?)<!-- end -->/g;

export interface MadePage {
  /** The names of its parts, in order. */
  readonly parts: readonly string[];
  /** The text of a part as the page has it; written first when the documents are to be updated. */
  part(name: string, made: string): string;
}

export function openMadePage(file: string): MadePage {
  const text = readFileSync(file, "utf8");
  return {
    parts: [...text.matchAll(PART)].map(([, name = ""]) => name),
    part(name, made) {
      if (process.env["UPDATE_DOCS"] === "1")
        writeFileSync(
          file,
          readFileSync(file, "utf8").replace(PART, (whole, found: string) =>
            found === name ? `<!-- made:${name} -->\n${made}<!-- end -->` : whole,
          ),
        );
      return [...readFileSync(file, "utf8").matchAll(PART)].find(([, found]) => found === name)?.[2] ?? "";
    },
  };
}
