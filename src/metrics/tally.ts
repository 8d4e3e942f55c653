/** The numbers themselves, in memory: a call costs a few look-ups. Bounded whatever is counted; kept elsewhere as what was added since. */
import { BOUNDS, FAMILIES } from "./families.ts";
import type { FamilyName } from "./families.ts";
import { bucketOf, emptyHistogram } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";

/** Label combinations a family may have; what comes after counts under `OTHER`. */
const MOST_SERIES = 500;
export const OTHER = "other";

/** One number under its labels. Of a histogram: one for each bucket that has any (the last label is its bound), and one for `sum`. */
export interface Row {
  readonly metric: string;
  readonly labels: readonly string[];
  /** What was added, or the highest there was. */
  readonly value: number;
  readonly highest: boolean;
}

/** A series as it is told; `value` of a histogram is its number of durations. */
export interface Series {
  readonly labels: readonly string[];
  readonly value: number;
  readonly histogram?: Histogram;
}

interface Cell {
  readonly labels: readonly string[];
  value: number;
  /** The value as it was kept last. */
  kept: number;
}

type Kept = Histogram & { readonly labels: readonly string[]; readonly kept: Histogram };

export class Tally {
  readonly #cells = new Map<FamilyName, Map<string, Cell>>();
  readonly #histograms = new Map<FamilyName, Map<string, Kept>>();

  /** Counts. Labels are in the order of the family. */
  add(family: FamilyName, labels: readonly string[], amount = 1): void {
    this.#cell(family, labels).value += amount;
  }

  /** Sees a value of a family that keeps its highest. */
  see(family: FamilyName, labels: readonly string[], value: number): void {
    const cell = this.#cell(family, labels);
    cell.value = Math.max(cell.value, value);
  }

  /** Takes in a duration. */
  observe(family: FamilyName, labels: readonly string[], seconds: number): void {
    const histogram = this.#histogram(family, labels);
    const place = bucketOf(seconds);
    histogram.counts[place] = (histogram.counts[place] ?? 0) + 1;
    histogram.sum += seconds;
  }

  /** Every series of a family. */
  series(family: FamilyName): readonly Series[] {
    if (FAMILIES[family].kind !== "histogram") return [...(this.#cells.get(family)?.values() ?? [])];
    return [...(this.#histograms.get(family)?.values() ?? [])].map((histogram) => {
      const value = histogram.counts.reduce((sum, count) => sum + count, 0);
      return { labels: histogram.labels, value, histogram };
    });
  }

  /** Hands over what has changed since the last time; when `write` throws, the next time has it again. Nothing changed: `write` isn't called. */
  keep(write: (rows: readonly Row[]) => void): void {
    const rows: Row[] = [];
    const marks: (() => void)[] = [];
    for (const [family, cells] of this.#cells) {
      const highest = FAMILIES[family].kind === "highest";
      for (const cell of cells.values()) {
        if (cell.value === cell.kept) continue;
        rows.push({ metric: family, labels: cell.labels, value: highest ? cell.value : cell.value - cell.kept, highest });
        marks.push(() => (cell.kept = cell.value));
      }
    }
    for (const [family, histograms] of this.#histograms) {
      for (const one of histograms.values()) {
        const { counts, sum, kept, labels } = one;
        const row = (last: string, value: number) =>
          value !== 0 && rows.push({ metric: family, labels: [...labels, last], value, highest: false });
        for (const [place, count] of counts.entries()) row(String(BOUNDS[place] ?? Infinity), count - (kept.counts[place] ?? 0));
        row("sum", sum - kept.sum);
        marks.push(() => {
          kept.counts.splice(0, kept.counts.length, ...counts);
          kept.sum = sum;
        });
      }
    }
    if (rows.length === 0) return;
    write(rows);
    for (const mark of marks) mark();
  }

  /** Takes in what was kept. Rows of a version that counts otherwise are left out. */
  load(rows: readonly Row[]): void {
    for (const { metric, labels, value } of rows) {
      if (!isFamily(metric)) continue;
      const { kind, labels: names } = FAMILIES[metric];
      if (kind !== "histogram") {
        if (labels.length !== names.length) continue;
        if (kind === "highest") this.see(metric, labels, value);
        else this.add(metric, labels, value);
        continue;
      }
      const last = labels.at(-1);
      const place = [...BOUNDS, Infinity].findIndex((bound) => String(bound) === last);
      if (labels.length !== names.length + 1 || (place === -1 && last !== "sum")) continue;
      const histogram = this.#histogram(metric, labels.slice(0, -1));
      if (last === "sum") histogram.sum += value;
      else histogram.counts[place] = (histogram.counts[place] ?? 0) + value;
    }
  }

  #cell(family: FamilyName, labels: readonly string[]): Cell {
    return find(this.#cells, family, labels, (own) => ({ labels: own, value: 0, kept: 0 }));
  }

  #histogram(family: FamilyName, labels: readonly string[]): Kept {
    return find(this.#histograms, family, labels, (own) => ({ ...emptyHistogram(), labels: own, kept: emptyHistogram() }));
  }
}

/** The series of these labels, made when it is new; that of `OTHER` when there are too many. */
function find<T>(
  families: Map<FamilyName, Map<string, T>>,
  family: FamilyName,
  labels: readonly string[],
  make: (labels: readonly string[]) => T,
): T {
  let all = families.get(family);
  if (all === undefined) families.set(family, (all = new Map<string, T>()));
  const key = labels.join("\0");
  const known = all.get(key);
  if (known !== undefined) return known;
  if (all.size >= MOST_SERIES && labels.some((label) => label !== OTHER))
    return find(
      families,
      family,
      labels.map(() => OTHER),
      make,
    );
  const made = make(labels);
  all.set(key, made);
  return made;
}

function isFamily(name: string): name is FamilyName {
  return Object.hasOwn(FAMILIES, name);
}
