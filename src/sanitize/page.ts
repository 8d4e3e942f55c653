/** A part of a text, by its place in the whole: UTF-16 code units, as the reference fetch server counts. */
export interface Part {
  readonly text: string;
  readonly start: number;
  /** Where the next part starts; `total` on the last. */
  readonly end: number;
  readonly total: number;
}

/**
 * Cuts one page of at most `length` units and `maxBytes` bytes of UTF-8 out of a text. It never starts or ends inside a surrogate pair, so the
 * pages put together are the text. A start at or behind the end gives an empty page; every other page moves on by at least a character.
 */
export function cutPage(text: string, start: number, length: number, maxBytes: number): Part {
  const total = text.length;
  const from = Math.min(beforePair(text, start), total);
  const wanted = text.slice(from, Math.min(beforePair(text, from + length), total));
  const fits = Buffer.byteLength(wanted) <= maxBytes;
  const shown = fits ? wanted : wanted.slice(0, new TextEncoder().encodeInto(wanted, new Uint8Array(maxBytes)).read);
  const end = shown === "" && from < total ? from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1) : from + shown.length;
  return { text: text.slice(from, end), start: from, end, total };
}

/** The index, or one less when it would split a surrogate pair. */
function beforePair(text: string, index: number): number {
  const high = text.charCodeAt(index - 1);
  const low = text.charCodeAt(index);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff ? index - 1 : index;
}
