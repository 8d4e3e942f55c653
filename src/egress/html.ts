import { Tokenizer } from "htmlparser2";
import { Attributes } from "./attributes.ts";
import type { Style, StyleCache } from "./css.ts";
import { findSheets, readStyle, Sheet } from "./css.ts";
import type { Tag } from "./elements.ts";
import { OpenElements } from "./elements.ts";
import type { Begun } from "./render.ts";
import { Renderer } from "./render.ts";
import { backgroundOf, hiddenByClass, hidesText } from "./unseen.ts";

/** What a person would read of a page, and what the page carries beside it. */
export interface ReadPage {
  readonly text: string;
  /** At most 16 KiB, to be searched and not shown: text out of sight, comments, attribute texts. */
  readonly hidden: string;
}

/** Attributes that hold words no reader sees; and all that are looked at, the others are skipped unread. */
const WORDS: readonly string[] = ["title", "aria-label", "placeholder", "value", "content"];
const READ = "style class id hidden aria-hidden popover open href src alt color bgcolor start".split(" ");

/** Names as they are compared: one string object each, since slices of the page are dear to compare. */
const NAMES: ReadonlyMap<string, string> = new Map([...WORDS, ...READ].map((name) => [name, name]));

const MOST_HIDDEN = 16 * 1024;

/**
 * HTML to Markdown in one pass over the tokens: no tree and no recursion, so that depth and size cost only their bytes. Text that a person
 * would not see is left out: hidden elements and attributes, styles that hide (in the attribute or in simple rules of the page's own sheets),
 * scripts, templates, comments. `base` is the page's URL.
 */
export function htmlToMarkdown(html: string, base: string): ReadPage {
  const walk = new Walk(html, base);
  const tokenizer = new Tokenizer({ decodeEntities: true }, walk);
  tokenizer.write(html);
  tokenizer.end();
  return walk.result();
}

/** The tokenizer's listener; positions are into the text. */
class Walk {
  readonly #html: string;
  readonly #renderer: Renderer;
  readonly #sheet: Sheet;
  readonly #styles: StyleCache = new Map();
  /** With what each began in the text; `undefined` for those out of sight. */
  readonly #elements = new OpenElements<Begun | undefined>(({ tag, hidden, data }) => {
    if (hidden) this.#hiders -= 1;
    if (data) this.#renderer.end(tag, data);
  });
  /** Open elements that hide what is inside. */
  #hiders = 0;
  #hidden = "";
  #title = "";
  #tag: Tag = this.#elements.tag("");
  readonly #attributes = new Attributes();
  /** The attribute being read; `undefined` for one that is skipped. */
  #attribute: string | undefined;
  #value = "";

  constructor(html: string, base: string) {
    this.#html = html;
    this.#renderer = new Renderer(base);
    this.#sheet = new Sheet(findSheets(html));
  }

  result(): ReadPage {
    return { text: this.#renderer.finish(this.#title), hidden: this.#hidden };
  }

  ontext(start: number, end: number): void {
    this.#text(this.#html.slice(start, end));
  }

  ontextentity(point: number): void {
    this.#text(String.fromCodePoint(point));
  }

  oncdata(start: number, end: number, brackets: number): void {
    this.#text(this.#html.slice(start, end - brackets));
  }

  oncomment(start: number, end: number, dashes: number): void {
    this.#keep(this.#html.slice(start, end - dashes));
  }

  onopentagname(start: number, end: number): void {
    this.#tag = this.#elements.tag(this.#html.slice(start, end).toLowerCase());
    this.#attributes.clear();
  }

  onattribname(start: number, end: number): void {
    this.#attribute = NAMES.get(this.#html.slice(start, end).toLowerCase());
    this.#value = "";
  }

  onattribdata(start: number, end: number): void {
    if (this.#attribute !== undefined) this.#value += this.#html.slice(start, end);
  }

  onattribentity(point: number): void {
    if (this.#attribute !== undefined) this.#value += String.fromCodePoint(point);
  }

  onattribend(): void {
    if (this.#attribute === undefined) return;
    if (WORDS.includes(this.#attribute)) this.#keep(this.#value);
    this.#attributes.add(this.#attribute, this.#value);
  }

  onopentagend(): void {
    this.#open(this.#tag, this.#attributes);
  }

  onselfclosingtag(): void {
    this.#open(this.#tag, this.#attributes);
    if (this.#elements.foreign) this.#elements.endsTag(this.#tag); // elsewhere the slash means nothing
  }

  onclosetag(start: number, end: number): void {
    const name = this.#html.slice(start, end).toLowerCase();
    if (name === "body" || name === "html") return;
    const closed = this.#elements.endsTag(this.#elements.tag(name));
    if (closed || this.#hiders > 0) return;
    if (name === "br") this.#renderer.lineBreak();
    if (name === "p") this.#renderer.paragraph();
  }

  onend(): void {
    this.#elements.closeAll();
  }

  ondeclaration(): void {}

  onprocessinginstruction(): void {}

  isInForeignContext(): boolean {
    return this.#elements.foreign;
  }

  #text(text: string): void {
    if (this.#hiders === 0) {
      this.#renderer.text(text);
      return;
    }
    const { name = "" } = this.#elements.top?.tag ?? {};
    const outer = 1 + this.#elements.tag("head").open.length; // a title in anything else that is unseen (svg) is none of the page's
    if (name === "title" && this.#hiders === outer) this.#title += text;
    else if (name !== "script" && name !== "style") this.#keep(text);
  }

  #keep(text: string): void {
    const room = MOST_HIDDEN - this.#hidden.length;
    if (room > 0 && /\S/.test(text)) this.#hidden += `${text.slice(0, room - 1)}\n`;
  }

  #open(tag: Tag, attributes: Attributes): void {
    this.#elements.startsTag(tag);
    if (tag.name === "base") this.#renderer.rebase(attributes.get("href") ?? "");
    const style = this.#styleOf(tag.name, attributes);
    const own = (style && backgroundOf(style)) ?? attributes.get("bgcolor")?.toLowerCase();
    const background = own ?? this.#elements.top?.background;
    const hidden = tag.unseen || hiddenByAttribute(tag.name, attributes) || (style !== undefined && hidesText(style, background));
    const seen = !hidden && this.#hiders === 0;
    if (tag.void) {
      if (seen) this.#renderer.writeVoid(tag.name, attributes);
      else if (tag.name === "img") this.#keep(attributes.get("alt") ?? "");
      return;
    }
    this.#elements.push(tag, hidden, background, seen ? this.#renderer.begin(tag, attributes) : undefined);
    if (hidden) this.#hiders += 1;
  }

  #styleOf(name: string, attributes: Attributes): Style | undefined {
    const sheet = this.#sheet.styleOf(name, attributes.get("id"), attributes.get("class"));
    const own = attributes.get("style");
    const ink = attributes.get("color")?.trim().toLowerCase();
    if (own === undefined && ink === undefined) return sheet;
    const inline = own === undefined ? undefined : readStyle(own, this.#styles);
    if (ink === undefined && sheet === undefined) return inline;
    return new Map([...(ink === undefined ? [] : [["color", ink] as const]), ...(sheet ?? []), ...(inline ?? [])]);
  }
}

function hiddenByAttribute(name: string, attributes: Attributes): boolean {
  if (name === "dialog" && !attributes.has("open")) return true;
  if (attributes.size === 0) return false;
  const classes = attributes.get("class");
  return (
    attributes.has("hidden") ||
    attributes.has("popover") ||
    attributes.get("aria-hidden")?.trim().toLowerCase() === "true" ||
    (classes !== undefined && hiddenByClass(classes))
  );
}
