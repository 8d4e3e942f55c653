/** Rows as aligned columns for people; cells never carry control characters. */
export function printTable(
  rows: readonly Readonly<Record<string, string | number | null>>[],
  columns: readonly string[],
  empty: string,
): void {
  if (rows.length === 0) {
    process.stdout.write(`${empty}\n`);
    return;
  }
  const cells = [columns, ...rows.map((row) => columns.map((column) => escapeControls(String(row[column] ?? ""))))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  for (const line of cells)
    process.stdout.write(
      `${line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
}

/** Control, format and separator characters shown escaped: what a model wrote must not rewrite the terminal. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
