/**
 * Defuses what a client may act on by showing it: remote images and other elements that fetch (a picture's address can carry data out,
 * CVE-2025-32711), scripts, handlers, and links that say one thing and lead elsewhere. The text of links stays.
 */
import { breakAddress } from "./address.ts";
import { defuseTags } from "./html.ts";
import { defuseMarkdown } from "./markdown.ts";

/** A text without them, and how often each was met; `link-with-data` stays in the text and is only flagged. */
interface Defused {
  readonly text: string;
  readonly found: ReadonlyMap<string, number>;
}

/** Notes that something was met. */
export type Count = (rule: string) => void;

/** Defuses; `strict` also breaks every link, so that nothing can be clicked by mistake, and template delimiters. */
export function defuse(input: string, strict: boolean): Defused {
  const found = new Map<string, number>();
  const count: Count = (rule) => {
    found.set(rule, (found.get(rule) ?? 0) + 1);
  };
  let text = input;
  if (text.includes("<")) text = defuseTags(text, count);
  if (text.includes("](") || text.includes("![")) text = defuseMarkdown(text, strict, count);
  return { text: strict ? breakLinks(text, count) : text, found };
}

/** Addresses can't be followed, and `{{ }}` can't be filled in by a template engine further on. Lengths stay. */
function breakLinks(input: string, count: Count): string {
  return breakAddress(input).replace(/\{\{|\}\}/g, (braces) => {
    count("template");
    return braces === "{{" ? "{(" : ")}";
  });
}
