/** What principals have used of their budgets, by period, counted for all processes that share the state. */
import type { Database } from "better-sqlite3";

export type Counted = "calls" | "egress";

/** An amount of something in one period of `per` milliseconds since the epoch: a day is a UTC day. */
export interface Use {
  readonly principal: string;
  readonly counted: Counted;
  readonly per: number;
  readonly period: number;
}

/** The store of usage, over an open main database. Each step is one statement, so processes never lose a count. */
export function openUsage(db: Database) {
  const add = db
    .prepare<Use & { amount: number; limit: number }, number>(
      `INSERT INTO usage (principal, counted, per, period, used) SELECT @principal, @counted, @per, @period, @amount WHERE @amount <= @limit
       ON CONFLICT DO UPDATE SET used = used + excluded.used WHERE used + excluded.used <= @limit RETURNING used`,
    )
    .pluck();
  const used = db
    .prepare<Use, number>("SELECT used FROM usage WHERE principal = @principal AND counted = @counted AND per = @per AND period = @period")
    .pluck();
  const forget = db.prepare<[number]>("DELETE FROM usage WHERE (period + 2) * per < ?");
  return {
    /** Adds an amount unless that would go beyond the limit; gives what is used then, or undefined when nothing was added. */
    add: (use: Use, amount: number, limit: number): number | undefined => add.get({ ...use, amount, limit }),
    used: (use: Use): number => used.get(use) ?? 0,
    /** Removes periods that are over; how many there were. */
    forget: (now: number): number => forget.run(now).changes,
  };
}
