/** What was counted, kept by day for all processes that share the state, and readable when none of them runs. */
import type { Database } from "better-sqlite3";

const DAY = 86_400_000;

/** One number under its labels: what was added, or the highest there was. */
export interface Total {
  readonly metric: string;
  readonly labels: readonly string[];
  readonly value: number;
  readonly highest: boolean;
}

interface Stored {
  readonly metric: string;
  readonly labels: string;
  readonly value: number;
  readonly highest: number;
}

/** The store of totals, over an open main database. */
export function openTotals(db: Database) {
  const add = db.prepare<Stored & { day: number }>(
    `INSERT INTO totals (day, metric, labels, highest, value) VALUES (@day, @metric, @labels, @highest, @value)
     ON CONFLICT DO UPDATE SET value = CASE highest WHEN 1 THEN max(value, excluded.value) ELSE value + excluded.value END`,
  );
  const forget = db.prepare<[number]>("DELETE FROM totals WHERE day < ?");
  const addAll = db.transaction((totals: readonly Total[], now: number): void => {
    const day = Math.floor(now / DAY);
    for (const { labels, highest, ...total } of totals)
      add.run({ ...total, day, labels: JSON.stringify(labels), highest: highest ? 1 : 0 });
  });
  return {
    /** Adds all of them to the day of `now`, or none. */
    add: (totals: readonly Total[], now: number): void => addAll.immediate(totals, now),
    /** Removes the days that ended before a time (milliseconds since the epoch); how many numbers went. */
    forget: (before: number): number => forget.run(Math.floor(before / DAY)).changes,
  };
}

/** The numbers since the UTC day of a time, added up over the days. Reads only. */
export function readTotals(db: Database, since: number): readonly Total[] {
  return db
    .prepare<[number], Stored>(
      `SELECT metric, labels, highest, CASE highest WHEN 1 THEN max(value) ELSE sum(value) END AS value
       FROM totals WHERE day >= ? GROUP BY metric, labels, highest`,
    )
    .all(Math.floor(since / DAY))
    .map(({ labels, highest, ...total }) => ({ ...total, labels: JSON.parse(labels) as string[], highest: highest === 1 }));
}
