/** Durations in buckets: cheap to take in, cheap to add up over processes and days, and good for a quantile within a bucket's width. */
import { BOUNDS } from "./families.ts";

/** `counts` has one place more than `BOUNDS`, for what is longer; `sum` in seconds. */
export interface Histogram {
  readonly counts: number[];
  sum: number;
}

export function emptyHistogram(): Histogram {
  return { counts: [...BOUNDS, Infinity].map(() => 0), sum: 0 };
}

/** The place of a duration among the buckets. */
export function bucketOf(seconds: number): number {
  let low = 0;
  let high: number = BOUNDS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seconds <= (BOUNDS[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The duration (seconds) that a share of all is not longer than, as `histogram_quantile` of Prometheus finds it; undefined when there is none. */
export function quantile(histogram: Pick<Histogram, "counts">, share: number): number | undefined {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = share * total;
  let below = 0;
  for (const [place, count] of histogram.counts.entries()) {
    const upper = BOUNDS[place];
    // Nothing is known above the last bound.
    if (upper === undefined) break;
    if (below + count >= rank && count > 0) {
      const lower = BOUNDS[place - 1] ?? 0;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return BOUNDS.at(-1);
}
