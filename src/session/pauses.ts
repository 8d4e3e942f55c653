/** Sessions that a person has paused. Every process that shares the state reads them; none of them needs to be told. */
import type { Database } from "better-sqlite3";

/** The session that stands for all of them, also for those that begin later. */
export const EVERY_SESSION = "*";

/** The store of pauses, over an open main database. */
export function openPauses(db: Database) {
  const all = db.prepare<[], { session: string; reason: string }>("SELECT session, reason FROM pauses");
  const pause = db.prepare<[string, string, number]>(
    "INSERT INTO pauses (session, reason, paused_at) VALUES (?, ?, ?) ON CONFLICT (session) DO UPDATE SET reason = excluded.reason",
  );
  const resume = db.prepare<[string]>("DELETE FROM pauses WHERE session = ?");
  const clear = db.prepare("DELETE FROM pauses");
  return {
    /** The reasons by session; `EVERY_SESSION` for the kill switch. */
    read: (): ReadonlyMap<string, string> => new Map(all.all().map(({ session, reason }) => [session, reason])),
    /** Pauses a session, or all of them; the reason of an earlier pause is replaced. */
    pause: (session: string, reason: string, at: number): void => void pause.run(session, reason, at),
    /** True when it was paused. Resuming all ends the pauses of single sessions too. */
    resume: (session: string): boolean => (session === EVERY_SESSION ? clear.run() : resume.run(session)).changes > 0,
  };
}
