/** Sessions as they are kept: who came from where, under which policy, and what they did. Survives the process that served them. */
import type { Database } from "better-sqlite3";

/** What a session has done so far; `egress` in bytes. Calls that only come back with an answer count once. */
export interface SessionCounts {
  readonly calls: number;
  readonly refused: number;
  readonly asked: number;
  readonly egress: number;
}

/** A session; times in milliseconds since the epoch. `profile` and `mode` are those it began with. */
export interface SessionRecord extends SessionCounts {
  readonly id: string;
  readonly principal: string;
  /** What the client says of itself. */
  readonly client: string | null;
  readonly transport: string;
  readonly profile: string;
  readonly mode: string;
  readonly createdAt: number;
  readonly activeAt: number;
  readonly endedAt: number | null;
}

/** A name for a new session: `sess_` and 128 random bits. `random` must be fit for keys. */
export function newSessionId(random: (size: number) => Buffer): string {
  return `sess_${random(16).toString("hex")}`;
}

const COLUMNS = `id, principal, client, transport, profile, mode, created_at AS createdAt, active_at AS activeAt, ended_at AS endedAt,
  calls, refused, asked, egress`;

/** The store of sessions, over an open main database. */
export function openSessions(db: Database) {
  const create = db.prepare<Omit<SessionRecord, "endedAt">>(
    `INSERT INTO sessions (id, principal, client, transport, profile, mode, created_at, active_at, calls, refused, asked, egress)
     VALUES (@id, @principal, @client, @transport, @profile, @mode, @createdAt, @activeAt, @calls, @refused, @asked, @egress)
     ON CONFLICT (id) DO NOTHING`,
  );
  const save = db.prepare<SessionCounts & { id: string; activeAt: number }>(
    "UPDATE sessions SET active_at = @activeAt, calls = @calls, refused = @refused, asked = @asked, egress = @egress WHERE id = @id",
  );
  const end = db.prepare<[number, string]>("UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL");
  const reopen = db.prepare<[string]>("UPDATE sessions SET ended_at = NULL WHERE id = ?");
  const byId = db.prepare<[string], SessionRecord>(`SELECT ${COLUMNS} FROM sessions WHERE id = ?`);
  const list = db.prepare<[number], SessionRecord>(`SELECT ${COLUMNS} FROM sessions ORDER BY active_at DESC, rowid DESC LIMIT ?`);
  const forget = db.prepare<[number]>("DELETE FROM sessions WHERE active_at < ?");
  return {
    /** Gives the record of a session: a new one, or the one that goes on with the counts it had. */
    begin(record: Omit<SessionRecord, "endedAt" | keyof SessionCounts>): SessionRecord {
      const fresh = { ...record, calls: 0, refused: 0, asked: 0, egress: 0 };
      if (create.run(fresh).changes === 1) return { ...fresh, endedAt: null };
      reopen.run(record.id);
      return byId.get(record.id) ?? { ...fresh, endedAt: null };
    },
    save: (id: string, activeAt: number, { calls, refused, asked, egress }: SessionCounts): void =>
      void save.run({ id, activeAt, calls, refused, asked, egress }),
    end: (id: string, at: number): void => void end.run(at, id),
    /** Runs `work` as one transaction. */
    together: (work: () => void): void => db.transaction(work)(),
    find: (id: string): SessionRecord | undefined => byId.get(id),
    /** The sessions that were active last, newest first. */
    list: (limit: number): SessionRecord[] => list.all(limit),
    /** Removes what was last active before a time; how many there were. */
    forget: (before: number): number => forget.run(before).changes,
  };
}
