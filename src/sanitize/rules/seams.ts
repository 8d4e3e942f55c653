/** Where one token is written in two pieces: wrapped by a terminal, continued with a backslash, or joined from string literals. */

const SEAM = /["'`]\s{0,4}[+.&]?\s{0,4}\\?\s{0,80}["'`]|\\?\r?\n[ \t]{0,40}/g;

/** The text without its seams, and where an offset in it comes from; undefined if there is none. */
export function closeSeams(text: string): { text: string; origin(offset: number): number } | undefined {
  const seams = [...text.matchAll(SEAM)];
  if (seams.length === 0) return undefined;
  return {
    text: text.replace(SEAM, ""),
    origin: (offset) => {
      let shift = 0;
      for (const seam of seams) if (seam.index - shift < offset) shift += seam[0].length;
      return offset + shift;
    },
  };
}
