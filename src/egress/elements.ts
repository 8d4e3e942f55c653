import { BLOCKS, BREAKS_OUT, FORMATTING, HEADINGS, INTEGRATION, SCOPES, SIBLINGS, SPECIAL, TABLE_PARTS, UNSEEN, VOID } from "./tags.ts";

/** What there is to know of an element by its name, looked up once a token. */
export interface Tag {
  readonly name: string;
  readonly void: boolean;
  readonly unseen: boolean;
  readonly block: boolean;
  /** Level of a heading, else 0. */
  readonly heading: number;
  readonly special: boolean;
  readonly scope: boolean;
  readonly siblings: { readonly closes: readonly string[]; readonly within: readonly string[] } | undefined;
  /** Where elements of this name are open in the stack, innermost last. */
  readonly open: number[];
}

/** An open element. `data` is the walk's own. One flat object, since a page has very many. */
export interface Open<T> {
  readonly tag: Tag;
  /** Does it hide what is inside? */
  readonly hidden: boolean;
  /** What its text stands on: its own background, or the nearest around it that is said. */
  readonly background: string | undefined;
  readonly data: T;
  /** Index of the nearest special element and of the nearest scope, itself included; -1 for none. */
  readonly special: number;
  readonly scope: number;
  /** In svg or math, where HTML's rules don't hold. */
  readonly foreign: boolean;
  /** Closed by the adoption agency while others above stay open. */
  gone: boolean;
}

/**
 * The open elements of a document and the rules that close them without an end tag (WHATWG HTML, 13.2.4.2 to 13.2.6.4.7, as far as they decide
 * what text lies in which element). Every step looks things up by index, never by walking the stack, so depth costs nothing.
 */
export class OpenElements<T> {
  readonly #stack: Open<T>[] = [];
  readonly #tags = new Map<string, Tag>();
  readonly #closed: (element: Open<T>) => void;
  readonly #headings = HEADINGS.map((name) => this.tag(name));
  readonly #paragraph = this.tag("p");

  /** `closed` hears of every element once, innermost first. */
  constructor(closed: (element: Open<T>) => void) {
    this.#closed = closed;
  }

  get top(): Open<T> | undefined {
    return this.#stack[this.#stack.length - 1];
  }

  get foreign(): boolean {
    return this.top?.foreign === true;
  }

  tag(name: string): Tag {
    const known = this.#tags.get(name);
    if (known) return known;
    const made = {
      name,
      void: VOID.has(name),
      unseen: UNSEEN.has(name),
      block: BLOCKS.has(name),
      heading: HEADINGS.indexOf(name) + 1,
      special: SPECIAL.has(name),
      scope: SCOPES.has(name),
      siblings: SIBLINGS.get(name),
      open: [],
    };
    this.#tags.set(name, made);
    return made;
  }

  /** Closes what a start tag of this name closes. */
  startsTag(tag: Tag): void {
    if (this.foreign) {
      if (!BREAKS_OUT.has(tag.name)) return;
      while (this.foreign) this.#pop();
    }
    if (tag.siblings) {
      const wall = this.#innermost(tag.siblings.within);
      const sibling = this.#innermost(tag.siblings.closes);
      if (sibling > wall) this.#popTo(sibling);
    }
    if (tag.block || tag.siblings) {
      const paragraph = this.#paragraph.open.at(-1) ?? -1;
      if (paragraph >= 0 && paragraph > (this.top?.scope ?? -1)) this.#popTo(paragraph);
    }
    if (tag.heading > 0 && (this.top?.tag.heading ?? 0) > 0) this.#pop();
    if (tag.name === "a") this.endsTag(tag);
  }

  push(tag: Tag, hidden: boolean, background: string | undefined, data: T): void {
    const { name } = tag;
    const index = this.#stack.length;
    const below = this.top;
    const foreign = name === "svg" || name === "math" || (below?.foreign === true && !INTEGRATION.has(name));
    const special = tag.special ? index : (below?.special ?? -1);
    const scope = tag.scope ? index : (below?.scope ?? -1);
    this.#stack.push({ tag, hidden, background, data, special, scope, foreign, gone: false });
    tag.open.push(index);
  }

  /** Takes an end tag: closes its element and what is open inside, or nothing when none is in reach. Says whether one was. */
  endsTag(tag: Tag): boolean {
    const index = tag.heading > 0 ? Math.max(...this.#headings.map(({ open }) => open.at(-1) ?? -1)) : (tag.open.at(-1) ?? -1);
    const { top } = this;
    if (index < 0 || !top) return false;
    if (tag.special) {
      if (index < top.scope && !TABLE_PARTS.has(tag.name)) return false;
      this.#popTo(index);
    } else if (index > top.special) this.#popTo(index);
    else if (FORMATTING.has(tag.name)) this.#adopt(index);
    else return false;
    return true;
  }

  closeAll(): void {
    this.#popTo(0);
  }

  /** A formatting element ends below an open special one: it is over for what follows, the others stay. */
  #adopt(index: number): void {
    const element = this.#stack[index];
    if (!element) return;
    element.gone = true;
    element.tag.open.pop();
    this.#closed(element);
  }

  #innermost(names: readonly string[]): number {
    let index = -1;
    for (const name of names) index = Math.max(index, this.tag(name).open.at(-1) ?? -1);
    return index;
  }

  #popTo(index: number): void {
    while (this.#stack.length > index) this.#pop();
  }

  #pop(): void {
    const element = this.#stack.pop();
    if (!element || element.gone) return;
    element.tag.open.pop();
    this.#closed(element);
  }
}
