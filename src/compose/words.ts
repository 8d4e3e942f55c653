/** Our own command lines, whole and ready to paste. */

/** Makes the line of a command: entry, words, state. */
export function commandLine(entry: readonly string[], state: string): (...words: string[]) => string {
  return (...words) => [...entry, ...words, "--state", state].map(quoteWord).join(" ");
}

/** A word as a shell takes it. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
