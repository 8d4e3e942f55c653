/**
 * The gate: text that could show one thing and run another is refused before anything reads it.
 * bash splits words at space, tab and newline only, while people and JavaScript's `\s` see blanks in many more characters
 * (`X=1<NBSP>git<NBSP>diff ./evil.sh` runs evil.sh), so every such character is out, quoted or not.
 */

/** Longest command that is read, in UTF-16 units. */
const LONGEST = 10_000;

/** Control characters but tab and newline (C0, DEL, C1). */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/** Unicode spaces and line separators (Zs, Zl, Zp), and letters that are drawn as nothing (Hangul fillers, braille blank). */
const SPACE = /[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u115f\u1160\u3164\uffa0\u2800]/;
/** Format characters (Cf: zero-width, bidi, tags, soft hyphen, byte order mark) and variation selectors. */
const INVISIBLE = /[\p{Cf}\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\u{e0000}-\u{e0fff}]/u;
const LONE_SURROGATE = /\p{Cs}/u;
/** Characters that Unicode normalization turns into ASCII: Greek question mark (`;`), Greek varia (backtick), Kelvin sign. */
const LOOKALIKE = /[\u037e\u1fef\u212a]/;

/** Why a command text (or one word of an argv) can't be let in, or null. Lower case, one line. */
export function gate(text: string): string | null {
  if (text.length > LONGEST) return `longer than ${LONGEST} characters`;
  if (CONTROL.test(text)) return "control characters";
  if (SPACE.test(text)) return "a space that is not a plain space";
  if (INVISIBLE.test(text)) return "invisible characters";
  if (LONE_SURROGATE.test(text)) return "half of a surrogate pair";
  if (LOOKALIKE.test(text)) return "a character that only looks like ASCII";
  return null;
}
