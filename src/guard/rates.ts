/** Rates (`limits.rate`): a token bucket for each entry and principal. It holds as many calls as the entry names and fills evenly. */
import { Refusal } from "../types.ts";

/** So many calls (or bytes) in so many milliseconds. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/** An entry of `limits.rate`. Every entry whose glob matches the tool applies; `*` counts the calls of all tools together. */
export interface ToolRate {
  readonly tool: string;
  readonly rate: Rate;
}

interface Bucket {
  tokens: number;
  filled: number;
}

interface Entry extends ToolRate {
  readonly matches: (tool: string) => boolean;
  readonly buckets: Map<string, Bucket>;
}

/** Buckets that are full again are forgotten when an entry has this many. */
const MOST_BUCKETS = 10_000;

/** Makes the counter. `matcher` compiles a tool glob of the policy; `clock` gives monotonic milliseconds. A replaced policy begins anew. */
export function createRates(
  matcher: (glob: string) => (tool: string) => boolean,
  clock: () => number,
): (rates: readonly ToolRate[], principal: string, tool: string) => void {
  const compiled = new WeakMap<readonly ToolRate[], readonly Entry[]>();
  const compile = (rates: readonly ToolRate[]): readonly Entry[] => {
    const entries = rates.map((one) => ({ ...one, matches: matcher(one.tool), buckets: new Map<string, Bucket>() }));
    compiled.set(rates, entries);
    return entries;
  };

  /** Takes a token of every entry that matches, or of none: throws RATE_LIMITED with the seconds to wait. */
  return (rates, principal, tool) => {
    if (rates.length === 0) return;
    const now = clock();
    const due: Bucket[] = [];
    for (const entry of compiled.get(rates) ?? compile(rates)) {
      if (!entry.matches(tool)) continue;
      const bucket = fill(entry, principal, now);
      if (bucket.tokens < 1) throw tooFast(entry, bucket);
      due.push(bucket);
    }
    for (const bucket of due) bucket.tokens -= 1;
  };
}

function fill({ rate, buckets }: Entry, principal: string, now: number): Bucket {
  let bucket = buckets.get(principal);
  if (bucket === undefined) {
    if (buckets.size >= MOST_BUCKETS) for (const [name, { filled }] of buckets) if (now - filled > rate.per) buckets.delete(name);
    bucket = { tokens: rate.count, filled: now };
    buckets.set(principal, bucket);
  }
  bucket.tokens = Math.min(rate.count, bucket.tokens + ((now - bucket.filled) * rate.count) / rate.per);
  bucket.filled = now;
  return bucket;
}

function tooFast({ tool, rate }: Entry, bucket: Bucket): Refusal {
  const seconds = Math.max(1, Math.ceil(((1 - bucket.tokens) * rate.per) / rate.count / 1000));
  return new Refusal(
    "RATE_LIMITED",
    `${tool === "*" ? "the tools" : `\`${tool}\``} may be called ${rate.count} times in ${rate.per / 1000} s (limits.rate)`,
    `Wait ${seconds} s and make the call again.`,
  );
}
