/** A part of a text, and where the next one starts. */
export interface Part {
  readonly text: string;
  readonly start: number;
  readonly total: number;
  readonly next?: number;
}

/**
 * Cuts one page out of a text. Positions are UTF-16 code units, as the reference server counts; a page never starts or ends inside a pair, so
 * the pages put together are the text. A start at or behind the end gives an empty page.
 */
export function cutPage(text: string, start: number, length: number): Part {
  const total = text.length;
  const from = Math.min(beforePair(text, start), total);
  let end = Math.min(beforePair(text, from + length), total);
  if (end === from && from < total) end = Math.min(from + 2, total); // a length of 1 on a pair must still move on
  return { text: text.slice(from, end), start: from, total, ...(end < total && { next: end }) };
}

/** The index, or one less when it would split a surrogate pair. */
function beforePair(text: string, index: number): number {
  const high = text.charCodeAt(index - 1);
  const low = text.charCodeAt(index);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff ? index - 1 : index;
}
