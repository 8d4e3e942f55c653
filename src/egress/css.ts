/** Declarations by property, lower case; only properties that can hide text are kept. */
export type Style = ReadonlyMap<string, string>;

/** Properties that can hide text or say what it is seen against. */
const WATCHED: ReadonlySet<string> = new Set(
  (
    "display visibility content-visibility opacity filter font-size font color -webkit-text-fill-color background background-color text-indent position " +
    "left right top bottom margin-left margin-top transform scale zoom clip clip-path height max-height width max-width overflow overflow-x overflow-y line-height"
  ).split(" "),
);

/** Styles repeat all over a page; the cache ends with the walk that owns it. */
export type StyleCache = Map<string, Style>;

/** CSS as the parser sees it: comments out, escapes decoded (`\64 isplay`), strings empty (CSS Syntax 3, 4.3). */
function plainCss(text: string): string {
  if (!/[\\"'/]/.test(text)) return text.toLowerCase();
  return text
    .replace(/\/\*[\s\S]*?(\*\/|$)/g, "")
    .replace(/\\([0-9a-f]{1,6})[ \t\n]?/gi, (_, hex: string) => {
      const point = Number.parseInt(hex, 16);
      return point === 0 || point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
    })
    .replace(/\\([^\n])/g, "$1")
    .replace(/"[^"\n]*"|'[^'\n]*'/g, '""')
    .toLowerCase();
}

/** Values that hide are short; a picture in a value is not read to its end. Characters. */
const LONGEST_VALUE = 200;

/** Reads a `style` attribute or the inside of a rule. A later declaration wins, unless the earlier one is `!important`. */
function readPlain(css: string): Style {
  const style = new Map<string, string>();
  const important = new Set<string>();
  for (const declaration of css.split(";")) {
    const colon = declaration.indexOf(":");
    const property = declaration.slice(0, colon).trim();
    if (colon < 0 || !WATCHED.has(property)) continue;
    const value = declaration.slice(colon + 1).trim();
    const bare = value.replace(/!\s*important$/, "");
    if (important.has(property) && bare === value) continue;
    if (bare !== value) important.add(property);
    style.set(property, bare.trimEnd().slice(0, LONGEST_VALUE));
  }
  return style;
}

/** Reads a `style` attribute. */
export function readStyle(text: string, cache: StyleCache): Style {
  const known = cache.get(text);
  if (known) return known;
  const style = readPlain(plainCss(text));
  if (cache.size < MOST_KNOWN) cache.set(text, style);
  return style;
}

interface Rule {
  readonly tag: string;
  readonly id: string;
  readonly classes: readonly string[];
  readonly style: Style;
}

/** Bounds on the work that a hostile sheet makes, in all and for each element that bears a word. */
const MOST_RULES = 5000;
const MOST_RULES_A_KEY = 64;
const MOST_KNOWN = 1000;

/**
 * The inside of every `<style>` of a page, found before the walk since a rule may stand behind what it hides. A rough search is enough: text
 * that only looks like a sheet can hide more, never show more.
 */
export function findSheets(html: string): string {
  const open = /<style\b[^>]{0,300}>/gi;
  const close = /<\/style/gi;
  const found: string[] = [];
  while (open.exec(html)) {
    close.lastIndex = open.lastIndex;
    const end = close.exec(html)?.index ?? html.length;
    found.push(html.slice(open.lastIndex, end));
    open.lastIndex = Math.max(end, open.lastIndex);
  }
  return found.join("\n");
}

/**
 * Rules of a page's `<style>` elements that can hide text. Selectors are simple ones: a tag, an id, classes, or those together. Combinators,
 * attributes and pseudo-classes are not followed, nor blocks that depend on the medium; external sheets are never loaded. What they hide is shown.
 */
export class Sheet {
  /** Rules by their most telling word: `#id`, `.class` or `tag`. */
  readonly #rules = new Map<string, Rule[]>();
  readonly #known = new Map<string, Style | undefined>();

  constructor(text: string) {
    const css = plainCss(text).replace(/@(import|charset|layer|namespace)[^;{]{0,200};|<!--|-->/g, "");
    let count = 0;
    for (const [selectors, body] of readBlocks(css)) {
      const style = readPlain(body);
      if (style.size === 0) continue;
      for (const selector of selectors.split(",")) {
        if ((count += 1) > MOST_RULES) return;
        this.#add(selector.trim(), style);
      }
    }
  }

  #add(selector: string, style: Style): void {
    const parts = /^([a-z][a-z0-9]*)?((?:[.#][\w-]+)*)$/.exec(selector);
    if (!parts || parts[0] === "") return;
    const names = (parts[2] ?? "").match(/[.#][\w-]+/g) ?? [];
    const id = names.find((name) => name.startsWith("#")) ?? "";
    const rule = { tag: parts[1] ?? "", id, classes: names.filter((name) => name.startsWith(".")), style };
    const key = rule.id || rule.classes[0] || rule.tag;
    const rules = this.#rules.get(key) ?? [];
    if (rules.length < MOST_RULES_A_KEY) rules.push(rule);
    this.#rules.set(key, rules);
  }

  /** What the rules declare for an element, in their order; specificity is not weighed. */
  styleOf(tag: string, id: string | undefined, classes: string | undefined): Style | undefined {
    if (this.#rules.size === 0) return undefined;
    const element = id === undefined && classes === undefined ? tag : `${tag} ${id ?? ""} ${classes ?? ""}`;
    if (this.#known.has(element)) return this.#known.get(element);
    const style = this.#collect(tag, id?.toLowerCase(), classes?.toLowerCase().split(/\s+/) ?? []);
    if (this.#known.size < MOST_KNOWN) this.#known.set(element, style);
    return style;
  }

  #collect(tag: string, id: string | undefined, classes: readonly string[]): Style | undefined {
    const names = new Set([tag, `#${id ?? ""}`, ...classes.map((name) => `.${name}`)]);
    let style: Map<string, string> | undefined;
    for (const name of names) {
      for (const rule of this.#rules.get(name) ?? []) {
        const fits =
          (rule.tag === "" || rule.tag === tag) && (rule.id === "" || names.has(rule.id)) && rule.classes.every((one) => names.has(one));
        if (fits) style = new Map([...(style ?? []), ...rule.style]);
      }
    }
    return style;
  }
}

/** Top-level rules, and those in blocks that hold on every screen. */
function* readBlocks(css: string): Generator<[selectors: string, body: string]> {
  let at = 0;
  for (let open = css.indexOf("{"); open >= 0; open = css.indexOf("{", at)) {
    const head = css
      .slice(at, open)
      .replace(/^[\s}]+/, "")
      .trim();
    if (/^@(layer\b|media\s+(screen|all)$|supports\b)/.test(head)) {
      at = open + 1;
      continue;
    }
    const end = closing(css, open);
    if (!head.startsWith("@")) yield [head, css.slice(open + 1, end)];
    at = end + 1;
  }
}

function closing(css: string, open: number): number {
  const brace = /[{}]/g;
  brace.lastIndex = open;
  let depth = 0;
  for (let found = brace.exec(css); found; found = brace.exec(css)) {
    depth += found[0] === "{" ? 1 : -1;
    if (depth === 0) return found.index;
  }
  return css.length;
}
