import type { Style } from "./css.ts";

/** Smaller than this nobody reads (px); farther out than this nobody scrolls (px). */
const UNREADABLE = 2;
const OFF_SCREEN = -500;

/** Fainter than this nobody sees (0 to 1). */
const FAINT = 0.1;

const UNITS: Readonly<Record<string, number>> = {
  px: 1,
  pt: 4 / 3,
  pc: 16,
  em: 16,
  rem: 16,
  ex: 8,
  ch: 8,
  cm: 38,
  mm: 3.8,
  in: 96,
  vw: 10,
  vh: 10,
  "%": 10,
};

/** A length in CSS pixels, at 16 px a letter and 1,000 px a screen (so -100% is off it). `undefined` for anything else. */
function pixels(value: string | undefined): number | undefined {
  const parts = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(px|pt|pc|r?em|ex|ch|cm|mm|in|vw|vh|%)?$/.exec(value ?? "");
  if (!parts) return undefined;
  const number = Number(parts[1]);
  if (parts[2] === undefined) return number === 0 ? 0 : undefined;
  return number * (UNITS[parts[2]] ?? 1);
}

function atMost(value: string | undefined, limit: number): boolean {
  const size = pixels(value);
  return size !== undefined && size <= limit;
}

/** A size of letters: percent and em are of the surrounding size. */
function tiny(size: string | undefined): boolean {
  const share = /^([\d.]+)%$/.exec(size ?? "");
  return share ? Number(share[1]) <= 15 : atMost(size, UNREADABLE);
}

function faint(value: string | undefined): boolean {
  const parts = /^([\d.]+(?:e-?\d+)?)(%?)$/.exec(value ?? "");
  return parts !== null && Number(parts[1]) / (parts[2] === "%" ? 100 : 1) < FAINT;
}

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const NAMED: Readonly<Record<string, Colour>> = {
  transparent: [0, 0, 0, 0],
  white: [255, 255, 255, 1],
  snow: [255, 250, 250, 1],
  ivory: [255, 255, 240, 1],
  ghostwhite: [248, 248, 255, 1],
  whitesmoke: [245, 245, 245, 1],
  floralwhite: [255, 250, 240, 1],
  mintcream: [245, 255, 250, 1],
  azure: [240, 255, 255, 1],
  black: [0, 0, 0, 1],
  red: [255, 0, 0, 1],
  green: [0, 128, 0, 1],
  blue: [0, 0, 255, 1],
  yellow: [255, 255, 0, 1],
  gray: [128, 128, 128, 1],
  grey: [128, 128, 128, 1],
};

const WHITE: Colour = [255, 255, 255, 1];

/** A colour by its name (the few that pages hide with), as hex, or as `rgb()`; `undefined` for all others, which hide nothing. */
function colour(value: string | undefined): Colour | undefined {
  if (value === undefined) return undefined;
  if (Object.hasOwn(NAMED, value)) return NAMED[value];
  const hex = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.exec(value)?.[1];
  if (hex !== undefined) {
    const digits = hex.length < 6 ? hex.replace(/./g, "$&$&") : hex;
    const [red = 0, green = 0, blue = 0, alpha = 255] = (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
    return [red, green, blue, alpha / 255];
  }
  const parts = /^rgba?\(([^)]*)\)$/
    .exec(value)?.[1]
    ?.split(/[\s,/]+/)
    .filter((part) => part !== "");
  if (!parts || parts.length < 3) return undefined;
  const [red = 0, green = 0, blue = 0] = parts
    .slice(0, 3)
    .map((part) => (part.endsWith("%") ? Number.parseFloat(part) * 2.55 : Number(part)));
  const alpha = parts[3] === undefined ? 1 : Number.parseFloat(parts[3]) / (parts[3].endsWith("%") ? 100 : 1);
  return [red, green, blue, alpha];
}

function alike(one: Colour, other: Colour): boolean {
  return [0, 1, 2].every((channel) => Math.abs((one[channel] ?? 0) - (other[channel] ?? 0)) <= 24);
}

/** The background that a style sets, as it is written (a picture or gradient is one too); `undefined` when it sets none. */
export function backgroundOf(style: Style): string | undefined {
  const value = style.get("background-color") ?? style.get("background");
  return value === undefined || /^(none|transparent|inherit|initial|unset)$/.test(value) ? undefined : value;
}

/** Letters of the colour they stand on; without any background that is said, on white. */
function sameColour(style: Style, background: string | undefined): boolean {
  const text = style.get("-webkit-text-fill-color") ?? style.get("color");
  if (text === undefined) return false;
  const ink = colour(text);
  if (ink && ink[3] < FAINT) return true;
  if (text === background) return true;
  const ground = background === undefined ? WHITE : colour(background);
  return ink !== undefined && ground !== undefined && ground[3] >= FAINT && alike(ink, ground);
}

function shrunk(style: Style): boolean {
  const shorthand = style.get("font")?.match(/(?:^|\s)(0|[\d.]+(?:px|pt|em|rem|%))(?=\s|\/)/)?.[1];
  return (
    tiny(style.get("font-size") ?? shorthand) ||
    /^0+(\.0*)?%?$/.test(style.get("zoom") ?? "1") ||
    /^0?\.?0+$/.test(style.get("scale") ?? "1")
  );
}

function outside(style: Style): boolean {
  const placed = /^(absolute|fixed|relative|sticky)$/.test(style.get("position") ?? "");
  const edges = ["left", "right", "top", "bottom"].some(
    (edge) => atMost(style.get(edge), OFF_SCREEN) || (pixels(style.get(edge)) ?? 0) >= 5000,
  );
  // Half a page to the left is how old pages centre (left: 50%), so a margin must be wider to count.
  const margins = atMost(style.get("margin-left"), 4 * OFF_SCREEN) || atMost(style.get("margin-top"), 4 * OFF_SCREEN);
  return (placed && edges) || margins || atMost(style.get("text-indent"), OFF_SCREEN / 5);
}

function moved(transform: string | undefined): boolean {
  if (transform === undefined) return false;
  if (/scale(3d|x|y)?\(\s*0?\.?0+\s*[,)]/.test(transform)) return true;
  return [...transform.matchAll(/translate(?:3d|x|y)?\(([^)]*)\)/g)].some(([, offsets = ""]) =>
    offsets.split(",").some((offset) => Math.abs(pixels(offset.trim()) ?? 0) >= 1500),
  );
}

function clipped(style: Style): boolean {
  const rect = /^rect\(([^)]*)\)$/.exec(style.get("clip") ?? "")?.[1];
  if (rect?.split(/[\s,]+/).every((edge) => edge === "" || atMost(edge, 1))) return true;
  if (
    /^(inset\(\s*(5\d|[6-9]\d|100)%|circle\(\s*0(%|px)?[\s)]|polygon\(\s*0(px|%)? 0(px|%)?\s*,\s*0(px|%)? 0)/.test(
      style.get("clip-path") ?? "",
    )
  )
    return true;
  const cuts = ["overflow", "overflow-x", "overflow-y"].some((property) => /^(hidden|clip)/.test(style.get(property) ?? ""));
  return cuts && ["height", "max-height", "width", "max-width", "line-height"].some((side) => atMost(style.get(side), 1));
}

/** Would nobody see the text of an element of this style, on this background? */
export function hidesText(style: Style, background: string | undefined): boolean {
  return (
    style.get("display") === "none" ||
    /^(hidden|collapse)$/.test(style.get("visibility") ?? "") ||
    style.get("content-visibility") === "hidden" ||
    faint(style.get("opacity")) ||
    /opacity\(\s*0?\.?0*%?\s*\)/.test(style.get("filter") ?? "") ||
    shrunk(style) ||
    sameColour(style, background) ||
    outside(style) ||
    moved(style.get("transform")) ||
    clipped(style)
  );
}

/** Class names that the common frameworks hide with; their sheets are not on the page. */
const HIDING_CLASSES: ReadonlySet<string> = new Set(
  "hidden d-none is-hidden invisible sr-only visually-hidden visuallyhidden screen-reader-text screen-reader-only u-hidden display-none hide".split(
    " ",
  ),
);

/** Classes that show again on a larger screen what those hide (`hidden md:block`, `d-none d-md-flex`). */
const SHOWS_AGAIN = /^((sm|md|lg|xl|2xl):(?!hidden|invisible|sr-only)[a-z-]+|d-(sm|md|lg|xl|xxl)-(?!none)[a-z-]+)$/;

/** Do these class names (a `class` attribute) hide, by convention of Bootstrap, Tailwind, Bulma or WordPress? */
export function hiddenByClass(classes: string): boolean {
  if (!/hid|none|invisible|sr-only|screen-reader/.test(classes)) return false;
  const names = classes.split(/\s+/);
  return names.some((name) => HIDING_CLASSES.has(name)) && !names.some((name) => SHOWS_AGAIN.test(name));
}
