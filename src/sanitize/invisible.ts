/** Which invisible characters belong to the text around them: joiners of scripts and emoji, variation selectors, marks of direction. */

/** Scripts whose spelling needs joiners (RFC 5892 appendix A.1 and A.2, UAX 31). */
const JOINING_SCRIPTS =
  "Arabic Syriac Mongolian Nko Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar Tibetan Balinese Javanese";
/** The three flags that are made of tag characters (Unicode's list of emoji tag sequences). */
const FLAGS = "gbeng gbsct gbwls";

interface Letters {
  readonly joining: RegExp;
  readonly rightToLeft: RegExp;
  readonly picture: RegExp;
}

let letters: Letters | undefined;

/** Classes of letters, made on first use: reading properties of all of Unicode takes a millisecond. */
function classes(): Letters {
  letters ??= {
    joining: new RegExp(
      `[${JOINING_SCRIPTS.split(" ")
        .map((name) => `\\p{Script=${name}}`)
        .join("")}]`,
      "u",
    ),
    rightToLeft: new RegExp("[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc]"),
    picture: new RegExp("[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\p{Regional_Indicator}]", "u"),
  };
  return letters;
}

/** The code points before and after [at, at + length); empty at the ends. */
function neighbours(text: string, at: number, length: number): [before: string, after: string] {
  const unit = text.charCodeAt(at - 1);
  const before = at === 0 ? "" : unit >= 0xdc00 && unit <= 0xdfff && at > 1 ? text.slice(at - 2, at) : text.charAt(at - 1);
  return [before, String.fromCodePoint(...codePoint(text, at + length))];
}

function codePoint(text: string, at: number): number[] {
  const point = text.codePointAt(at);
  return point === undefined ? [] : [point];
}

/** True where the character does its ordinary work. At `strict` none does: nothing invisible comes through. */
export function keepsInvisible(character: string, at: number, text: string, strict: boolean): boolean {
  if (strict) return false;
  const point = character.codePointAt(0) ?? 0;
  if (point < 0xa0 || point === 0xad) return false;
  const [before, after] = neighbours(text, at, character.length);
  const { joining, rightToLeft, picture } = classes();
  // A byte order mark is part of many source files; anywhere else it is a zero-width space.
  if (point === 0xfeff) return at === 0;
  if (point === 0x200c) return joining.test(before) && joining.test(after);
  if (point === 0x200d)
    return (
      (picture.test(before === "\ufe0f" ? text.slice(Math.max(0, at - 3), at) : before) && picture.test(after)) ||
      (joining.test(before) && joining.test(after))
    );
  if (point === 0x200e || point === 0x200f || point === 0x061c) return rightToLeft.test(before) || rightToLeft.test(after);
  if (point === 0xfe0f || point === 0xfe0e)
    return picture.test(before) || (/[\p{Emoji}]/u.test(before) && (!/[\d#*]/.test(before) || after === "\u20e3"));
  if (point >= 0xfe00 && point <= 0xfe0d) return /[\p{Script=Han}\p{Script=Myanmar}\p{Script=Phags_Pa}\p{Sm}]/u.test(before);
  if (point >= 0xe0100 && point <= 0xe01ef) return /\p{Script=Han}/u.test(before);
  if (point >= 0x180b && point <= 0x180f && point !== 0x180e) return /\p{Script=Mongolian}/u.test(before);
  if (point === 0x2800) return /[\u2801-\u28ff]/.test(before + after);
  if (point >= 0xe0020 && point <= 0xe007f) return inFlag(text, at);
  return false;
}

/** Is this tag character part of a black flag's sequence that Unicode lists? */
function inFlag(text: string, at: number): boolean {
  const start = text.lastIndexOf("\u{1f3f4}", at);
  if (start === -1 || at - start > 14) return false;
  const tags = /^\u{1f3f4}((?:[\u{e0061}-\u{e007a}]){5})\u{e007f}/u.exec(text.slice(start, start + 14))?.[1] ?? "";
  const name = Array.from(tags, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000)).join("");
  return FLAGS.split(" ").includes(name);
}
