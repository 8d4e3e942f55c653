/**
 * Reads letters as a person does: case, accents, full-width and mathematical forms, Cyrillic and Greek twins of Latin letters (UTS 39), and
 * digits that stand for letters are one. A relation for comparing only; nothing folded is ever shown.
 */

const TWINS: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "|": "i",
  а: "a",
  е: "e",
  ё: "e",
  о: "o",
  р: "p",
  с: "c",
  у: "y",
  х: "x",
  і: "i",
  ї: "i",
  ј: "j",
  ѕ: "s",
  ԁ: "d",
  ո: "n",
  һ: "h",
  к: "k",
  м: "m",
  т: "t",
  в: "b",
  н: "h",
  г: "r",
  ѵ: "v",
  ѡ: "w",
  ԛ: "q",
  ԝ: "w",
  α: "a",
  ε: "e",
  ι: "i",
  κ: "k",
  ν: "v",
  ο: "o",
  ρ: "p",
  τ: "t",
  υ: "u",
  χ: "x",
  ı: "i",
  ɡ: "g",
  ɑ: "a",
  ø: "o",
  đ: "d",
  ł: "l",
  ß: "s",
};

let folded: Uint16Array | undefined;

/** The unit that stands for all that look like it. Computed once for each. */
export function foldUnit(unit: number): number {
  folded ??= new Uint16Array(65_536);
  const known = folded[unit] ?? 0;
  if (known !== 0) return known;
  const letter = String.fromCharCode(unit);
  // East Asian letters decompose into parts that many share, and surrogates into nothing.
  const base = (unit < 0x3040 || unit >= 0xf900 ? letter.normalize("NFKD") : letter).toLowerCase();
  const first = base.charAt(0);
  const twin = TWINS[first] ?? first;
  const result = twin === "" ? unit : twin.charCodeAt(0);
  folded[unit] = result;
  return result;
}

/** Folds a text unit by unit, so that offsets stay. */
export function foldText(text: string): string {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at++) units[at] = foldUnit(text.charCodeAt(at));
  return new TextDecoder("utf-16le", { ignoreBOM: true }).decode(units);
}
