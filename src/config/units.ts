/** Times in the config file, with their unit as in policies. */

/** `500ms`, `30s`, `5m`, `1h`. */
export const TIME = /^(\d{1,9})(ms|s|m|h)$/;

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a time that matches TIME. */
export function readTime(text: string): number {
  const [, count = "", unit = ""] = TIME.exec(text) ?? [];
  return Number(count) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
}
