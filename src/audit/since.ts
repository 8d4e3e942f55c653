/** Times as people write them on a command line. */

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A length of time with its unit, `90d` or `30m`, in milliseconds; undefined when it isn't one. */
export function parseAge(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/u.exec(text) ?? [];
  const factor = UNITS[unit ?? ""];
  return factor === undefined ? undefined : Number(count) * factor;
}

/** A point in time: ISO 8601 (`2026-11-20`, `2026-11-20T08:00:00Z`) or how long ago (`90m`, `7d`), in milliseconds since 1970; undefined when it isn't one. */
export function parseSince(text: string, now: number): number | undefined {
  const age = parseAge(text);
  if (age !== undefined) return now - age;
  const match = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/u.exec(text);
  const time = match === null ? Number.NaN : Date.parse(text);
  // Date.parse lets 30 February through as 2 March.
  const date = match?.[1] ?? "";
  if (Number.isNaN(time) || !new Date(`${date}T00:00:00Z`).toISOString().startsWith(date)) return undefined;
  return time;
}
