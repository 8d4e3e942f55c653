/** How figures are printed: the same form everywhere, so that runs can be compared. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** One comparison: ours, the other side's, the ratio, and the aim if there is one. */
export function printRow(title: string, ours: number, other: number, unit: string, aim?: number): void {
  const ratio = ours / other;
  const verdict = aim === undefined ? "" : ratio <= aim ? `  aim ${aim}: reached` : `  aim ${aim}: NOT reached`;
  console.log(
    `${title.padEnd(40)} ${ours.toFixed(3).padStart(10)} ${unit}  ${other.toFixed(3).padStart(10)} ${unit}  ratio ${ratio.toFixed(3)}${verdict}`,
  );
}

/** One figure against a limit of its own. */
export function printFigure(title: string, value: number, unit: string, limit?: number): void {
  const verdict = limit === undefined ? "" : value <= limit ? `  limit ${limit}: kept` : `  limit ${limit}: NOT kept`;
  console.log(`${title.padEnd(40)} ${value.toFixed(3).padStart(10)} ${unit}${verdict}`);
}
