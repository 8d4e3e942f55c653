/** Sizes, times and rates as people write them in policies and configuration; all carry their unit, so that `10` can't be read two ways. */

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

const PERIODS: Readonly<Record<string, number>> = {
  s: 1e3,
  sec: 1e3,
  min: 60e3,
  h: 3600e3,
  hour: 3600e3,
  d: 86_400e3,
  day: 86_400e3,
};

export const SIZE = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB|TiB)$/;
export const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
export const RATE = /^(\d+)\/(s|sec|min|h|hour|d|day)$/;
export const SIZE_RATE = /^(\d+(?:\.\d+)?(?:B|kB|MB|GB|KiB|MiB|GiB|TiB))\/(s|sec|min|h|hour|d|day)$/;
export const PERCENT = /^(\d{1,3})%$/;

/** So many events (or bytes) in so many milliseconds. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/** Bytes of a text that `SIZE` matches. */
export function parseSize(text: string): number {
  const [, amount = "0", unit = "B"] = SIZE.exec(text) ?? [];
  return Math.round(Number(amount) * (BYTES[unit] ?? 1));
}

/** Milliseconds of a text that `DURATION` matches. */
export function parseDuration(text: string): number {
  const [, amount = "0", unit = "ms"] = DURATION.exec(text) ?? [];
  return Math.round(Number(amount) * (MILLISECONDS[unit] ?? 1));
}

/** A rate of events (`RATE`). */
export function parseRate(text: string): Rate {
  const [, count = "0", period = "s"] = RATE.exec(text) ?? [];
  return { count: Number(count), per: PERIODS[period] ?? 1e3 };
}

/** A rate of bytes (`SIZE_RATE`). */
export function parseSizeRate(text: string): Rate {
  const [, size = "0B", period = "s"] = SIZE_RATE.exec(text) ?? [];
  return { count: parseSize(size), per: PERIODS[period] ?? 1e3 };
}

/** A share between 0 and 1 of a text that `PERCENT` matches. */
export function parsePercent(text: string): number {
  return Number(PERCENT.exec(text)?.[1] ?? "0") / 100;
}
