/**
 * Takes out what a person doesn't see and a model may read: terminal control sequences (ECMA-48), control characters, and invisible or
 * reordering Unicode (Trojan Source CVE-2021-42574, tag smuggling). Text between stays, also what a cursor movement would have hidden.
 */
import { keepsInvisible } from "./invisible.ts";

/** A text without them; `removed` counts code points, but not colours and line ends, which everybody's output has. */
interface Normalized {
  readonly text: string;
  readonly removed: number;
  /** What was taken out: `terminal`, `control`, `invisible`, `marks`, `surrogate`; with how often. */
  readonly found: ReadonlyMap<string, number>;
}

/** All that isn't printable ASCII or a line end: asked first, as most text has little of it. */
const UNUSUAL = /[^\t\n\r -~]+/g;
/** Everything this module may change, but lone carriage returns. Marks and surrogates are looked at closer: heaps, tags and joiners hide there. */
const SUSPECT =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061c\u064b-\u065f\u06d6-\u06ed\u0e31-\u0e4e\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u2028-\u202e\u2060-\u206f\u20d0-\u20ff\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff]/;

/** May there be anything to change? */
function isSuspect(text: string): boolean {
  UNUSUAL.lastIndex = 0;
  for (let run = UNUSUAL.exec(text); run !== null; run = UNUSUAL.exec(text)) if (SUSPECT.test(run[0])) return true;
  return text.includes("\r") && /\r(?!\n)/.test(text);
}

/** Control strings with a payload (OSC, DCS, SOS, PM, APC), ended by BEL or ST, or by the line if neither comes; CSI, cut ones too; other escapes. */
const SEQUENCES =
  /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9b-\x9f]{0,65536}(?:\x07|\x1b\\|\x9c)|\x1b[\]PX^_][^\n\x1b]*|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g;
const COLOUR = /^(?:\x1b\[|\x9b)[\d;:]*m$/;

/** Literals inside functions are read on first use; this one is costly. */
function invisible(): RegExp {
  return /[\0-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\u{1bca0}-\u{1bca3}\u{1d159}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;
}

/** Normalizes. `strict` also takes out the joiners and selectors that scripts and emoji need. */
export function normalize(input: string, strict: boolean): Normalized {
  const found = new Map<string, number>();
  if (!isSuspect(input)) return { text: input, removed: 0, found };
  let removed = 0;
  const count = (kind: string, points: number, hidden = points): void => {
    if (hidden > 0) found.set(kind, (found.get(kind) ?? 0) + points);
    removed += hidden;
  };
  let text = input;
  if (/[\x1b\x80-\x9f]/.test(text)) {
    text = text.replace(SEQUENCES, (sequence) => {
      count("terminal", 1, COLOUR.test(sequence) ? 0 : sequence.length);
      return "";
    });
  }
  text = text.replace(/\r+\n?/g, (returns) => {
    if (returns.endsWith("\n")) return "\r\n";
    count("control", 1, 0);
    return "\n";
  });
  text = overstrike(text, () => count("control", 1));
  text = text.replace(invisible(), (character: string, at: number, whole: string) => {
    if (keepsInvisible(character, at, whole, strict)) return character;
    const unit = character.charCodeAt(0);
    const kind = unit >= 0xd800 && unit <= 0xdfff && character.length === 1 ? "surrogate" : unit < 0xa0 ? "control" : "invisible";
    count(kind, 1);
    return standIn(character, kind);
  });
  if (/[^\0-\xff]/.test(text))
    text = text.replace(/(\p{M}{8})\p{M}+/gu, (run, kept: string) => {
      count("marks", run.length - kept.length);
      return kept;
    });
  return { text, removed, found };
}

/** What is put in the place of a character: line ends stay line ends, a broken half becomes the replacement character, blanks a space. */
function standIn(character: string, kind: string): string {
  if (kind === "surrogate" || character === "\ufffe" || character === "\uffff") return "\ufffd";
  if (character === "\u2028" || character === "\u2029" || character === "\x85") return "\n";
  return character === "\u2800" ? " " : "";
}

/** Resolves backspaces as a printer would: `N\bN` and `_\bN` (man pages) are N; a longer overwrite keeps both texts, so that nothing hides. */
function overstrike(input: string, struck: () => void): string {
  if (!input.includes("\b")) return input;
  const once = input.replace(/([^\n\b])\x08(?=[^\n\b])/gu, () => {
    struck();
    return "";
  });
  return once.replace(/\x08/g, () => {
    struck();
    return "";
  });
}
