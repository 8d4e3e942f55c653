import type { Attributes } from "./attributes.ts";
import type { Tag } from "./elements.ts";
import type { Container, Mark } from "./markdown.ts";
import { MarkdownWriter } from "./markdown.ts";

/** What an element began in the text, for when it ends. */
export interface Begun {
  readonly mark?: Mark;
  /** Written behind what the mark opened. */
  readonly end?: string;
  readonly container?: Container;
  /** An entry of `#lists` or `#rows` that ends with it. */
  readonly list?: true;
  readonly row?: true;
  readonly fence?: true;
}

/** What an element is to Markdown, beside a block or nothing. */
type Role = "list" | "quote" | "item" | "fence" | "row" | "cell" | "line" | "link" | "code";

const ROLES: ReadonlyMap<string, Role> = new Map([
  ["ul", "list"],
  ["ol", "list"],
  ["menu", "list"],
  ["blockquote", "quote"],
  ["li", "item"],
  ["pre", "fence"],
  ["xmp", "fence"],
  ["plaintext", "fence"],
  ["listing", "fence"],
  ["tr", "row"],
  ["td", "cell"],
  ["th", "cell"],
  ["dt", "line"],
  ["dd", "line"],
  ["caption", "line"],
  ["a", "link"],
  ["code", "code"],
]);

const MARKS: ReadonlyMap<string, string> = new Map([
  ["b", "**"],
  ["strong", "**"],
  ["i", "*"],
  ["em", "*"],
  ["kbd", "`"],
  ["samp", "`"],
  ["del", "~~"],
  ["s", "~~"],
  ["strike", "~~"],
]);

const NOTHING: Begun = {};
const LONGEST_LINK = 2000;

/** Writes visible elements as Markdown. */
export class Renderer {
  readonly #writer = new MarkdownWriter();
  /** The next number of each open list, 0 for bullets; where each open row began. */
  readonly #lists: number[] = [];
  readonly #rows: number[] = [];
  #base: string;
  #language = "";
  #hasHeading = false;

  /** `base` is what links are relative to. */
  constructor(base: string) {
    this.#base = base;
  }

  rebase(address: string): void {
    this.#base = URL.parse(address, this.#base)?.href ?? this.#base;
  }

  text(text: string): void {
    this.#writer.text(text);
  }

  lineBreak(): void {
    this.#writer.lineBreak();
  }

  paragraph(): void {
    this.#writer.block();
  }

  /** The whole text; the page's title heads it when no first-level heading does. */
  finish(title: string): string {
    const text = this.#writer.toString();
    const words = title.replace(/\s+/g, " ").trim();
    return words === "" || this.#hasHeading ? text : `# ${words}\n\n${text}`;
  }

  writeVoid(name: string, attributes: Attributes): void {
    const writer = this.#writer;
    if (name === "br") writer.lineBreak();
    else if (name === "hr") {
      writer.block();
      writer.text("---");
      writer.block();
    } else if (name === "img") {
      const alt = (attributes.get("alt") ?? "").replace(/[\s[\]]+/g, " ").trim();
      const source = this.#link(attributes.get("src"));
      if (alt !== "" || source !== undefined) writer.text(source === undefined ? alt : `![${alt}](${source})`);
    }
  }

  begin({ name, block, heading }: Tag, attributes: Attributes): Begun {
    const writer = this.#writer;
    const role = ROLES.get(name);
    if (role === "list") return this.#beginList(name, attributes);
    if (block) writer.block();
    if (heading > 0) {
      this.#hasHeading ||= heading === 1;
      return { mark: writer.open(`${"#".repeat(heading)} `), end: "" };
    }
    switch (role) {
      case "quote":
        return { container: writer.openContainer(undefined) };
      case "item":
        return { container: writer.openContainer(this.#bullet()) };
      case "fence":
        return this.#beginFence();
      case "row":
        writer.startLine();
        this.#rows.push(writer.length);
        return { row: true };
      case "cell":
        if (writer.length > (this.#rows.at(-1) ?? Infinity)) writer.joinLine(" | ");
        return NOTHING;
      case "line":
        writer.line();
        return NOTHING;
      case "link":
        return this.#beginLink(attributes);
      case "code":
        return this.#beginCode(attributes);
      case undefined:
        return this.#beginMark(MARKS.get(name));
    }
  }

  end({ name, block }: Tag, begun: Begun): void {
    const writer = this.#writer;
    if (begun.mark) writer.close(begun.mark, begun.end ?? "");
    if (begun.container) writer.closeContainer(begun.container);
    if (begun.fence) writer.closeFence(this.#language);
    if (begun.list) {
      this.#lists.pop();
      if (this.#lists.length > 0) writer.line();
      else writer.block();
    } else if (block) writer.block();
    else if (begun.row) {
      this.#rows.pop();
      writer.startLine();
    } else if (ROLES.get(name) === "line") writer.line();
  }

  #beginList(name: string, attributes: Attributes): Begun {
    if (this.#lists.length > 0) this.#writer.line();
    else this.#writer.block();
    const start = Number.parseInt(attributes.get("start") ?? "1", 10);
    this.#lists.push(name === "ol" ? Math.min(Math.max(start || 1, 1), 1e6) : 0);
    return { list: true };
  }

  #bullet(): string {
    const number = this.#lists.at(-1) ?? 0;
    if (number === 0) return "- ";
    this.#lists[this.#lists.length - 1] = number + 1;
    return `${number}. `;
  }

  #beginFence(): Begun {
    if (this.#writer.inFence) return NOTHING;
    this.#language = "";
    this.#writer.openFence();
    return { fence: true };
  }

  #beginMark(mark: string | undefined): Begun {
    return mark === undefined || this.#writer.inFence ? NOTHING : { mark: this.#writer.open(mark), end: mark };
  }

  #beginLink(attributes: Attributes): Begun {
    const link = this.#writer.inFence ? undefined : this.#link(attributes.get("href"));
    return link === undefined ? NOTHING : { mark: this.#writer.open("["), end: `](${link})` };
  }

  #beginCode(attributes: Attributes): Begun {
    if (!this.#writer.inFence) return this.#beginMark("`");
    this.#language ||= /(?:^|\s)lang(?:uage)?-([\w+#-]{1,20})/.exec(attributes.get("class") ?? "")?.[1] ?? "";
    return NOTHING;
  }

  /** An address to follow, absolute; `undefined` for what isn't one (scripts, data, places in the page, oversized). */
  #link(address: string | undefined): string | undefined {
    if (address === undefined || address.length > LONGEST_LINK || address.startsWith("#")) return undefined;
    const url = URL.parse(address, this.#base);
    if (!url || !/^(https?|mailto):$/.test(url.protocol)) return undefined;
    return url.href.replaceAll("(", "%28").replaceAll(")", "%29");
  }
}
