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

/** Reads a `style` attribute or the inside of a rule. A later declaration wins, unless the earlier one is `!important`. */
function readPlain(css: string): Style {
  const style = new Map<string, string>();
  const important = new Set<string>();
  for (const declaration of css.split(";")) {
    const colon = declaration.indexOf(":");
    const property = declaration.slice(0, colon).trim();
    if (colon < 0 || !WATCHED.has(property)) continue;
    const value = declaration.slice(colon + 1).trim();
    const plain = value.replace(/\s*!\s*important$/, "");
    if (important.has(property) && plain === value) continue;
    if (plain !== value) important.add(property);
    style.set(property, plain);
  }
  return style;
}

/** Reads a `style` attribute. */
export function readStyle(text: string, cache: StyleCache): Style {
  const known = cache.get(text);
  if (known) return known;
  const style = readPlain(plainCss(text));
  if (cache.size < 1000) cache.set(text, style);
  return style;
}

interface Rule {
  readonly tag: string;
  readonly id: string;
  readonly classes: readonly string[];
  readonly style: Style;
}

/** Rules of a page's `<style>` elements that can hide text, by their most telling word (`#id`, `.class` or `tag`). */
export type Sheet = ReadonlyMap<string, readonly Rule[]>;

/** Bounds on the work that a hostile sheet makes, in all and for each element that bears a word. */
const MOST_RULES = 5000;
const MOST_RULES_A_KEY = 64;

/**
 * The inside of every `<style>` of a page, found before the walk since a rule may stand behind what it hides. A rough search is enough: text
 * that only looks like a sheet can hide more, never show more.
 */
export function findSheets(html: string): string {
  const open = /<style\b[^>]{0,2000}>/gi;
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
 * Reads rules with simple selectors: a tag, an id, classes, or those together. Combinators, attributes and pseudo-classes are not followed, nor
 * blocks that depend on the medium; external sheets are never loaded. What they hide is shown.
 */
export function readSheet(text: string): Sheet {
  const sheet = new Map<string, Rule[]>();
  const css = plainCss(text).replace(/@(import|charset|layer|namespace)[^;{]*;|<!--|-->/g, "");
  let count = 0;
  for (const [selectors, body] of readBlocks(css)) {
    const style = readPlain(body);
    if (style.size === 0) continue;
    for (const selector of selectors.split(",")) {
      const parts = /^([a-z][a-z0-9]*)?((?:[.#][\w-]+)*)$/.exec(selector.trim());
      if (!parts || parts[0] === "" || (count += 1) > MOST_RULES) continue;
      const names = (parts[2] ?? "").match(/[.#][\w-]+/g) ?? [];
      const rule = {
        tag: parts[1] ?? "",
        id: names.find((name) => name.startsWith("#")) ?? "",
        classes: names.filter((name) => name.startsWith(".")),
        style,
      };
      const key = rule.id || rule.classes[0] || rule.tag;
      const rules = sheet.get(key) ?? [];
      if (rules.length < MOST_RULES_A_KEY) rules.push(rule);
      sheet.set(key, rules);
    }
  }
  return sheet;
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

/** All declarations for one element: sheet rules in order, then its own. Specificity is not weighed. */
export function styleOf(
  sheet: Sheet,
  tag: string,
  id: string | undefined,
  classes: string | undefined,
  own: Style | undefined,
): Style | undefined {
  if (sheet.size === 0) return own;
  const keys = [
    tag,
    ...(classes?.toLowerCase().split(/\s+/) ?? []).map((name) => `.${name}`),
    ...(id === undefined ? [] : [`#${id.toLowerCase()}`]),
  ];
  let style: Map<string, string> | undefined;
  for (const key of keys) {
    for (const rule of sheet.get(key) ?? []) {
      const fits =
        (rule.tag === "" || rule.tag === tag) &&
        (rule.id === "" || keys.includes(rule.id)) &&
        rule.classes.every((name) => keys.includes(name));
      if (fits) style = new Map([...(style ?? []), ...rule.style]);
    }
  }
  return style && own ? new Map([...style, ...own]) : (style ?? own);
}
