/** Questions and session grants in the main database (tables of migration 2). Every change of status is a single conditional UPDATE. */
import type { Database } from "better-sqlite3";

/** A row of the table `approvals`; times in milliseconds since the epoch. The words are approval/pending.ts's. */
interface Row {
  id: string;
  identity: string;
  binding: string;
  scope: string;
  call_id: string;
  session: string;
  principal: string;
  tool: string;
  title: string;
  preview: string;
  created_at: number;
  answer_by: number;
  expires_at: number;
  status: "pending" | "approved" | "denied" | "spent" | "stale" | "expired";
  channel: string | null;
}

const fromRow = (row: Row) => ({
  id: row.id,
  identity: row.identity,
  binding: row.binding,
  scope: row.scope,
  callId: row.call_id,
  session: row.session,
  principal: row.principal,
  tool: row.tool,
  title: row.title,
  preview: row.preview,
  createdAt: row.created_at,
  answerBy: row.answer_by,
  expiresAt: row.expires_at,
  status: row.status,
  channel: row.channel,
});

/** One question as it is stored. */
export type ApprovalRecord = ReturnType<typeof fromRow>;

/** A grant of `approve_session`. */
export interface GrantRecord {
  readonly session: string;
  readonly scope: string;
  readonly tool: string;
  readonly title: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** The store of questions and grants, over an open main database. */
export function openApprovals(db: Database) {
  const insert = db.prepare<ApprovalRecord>(
    `INSERT INTO approvals (id, identity, binding, scope, call_id, session, principal, tool, title, preview, created_at, answer_by, expires_at, status, channel)
     VALUES (@id, @identity, @binding, @scope, @callId, @session, @principal, @tool, @title, @preview, @createdAt, @answerBy, @expiresAt, @status, @channel)`,
  );
  const byId = db.prepare<[string], Row>("SELECT * FROM approvals WHERE id = ?");
  const open = db.prepare<[string, number], Row>(
    `SELECT * FROM approvals WHERE identity = ? AND expires_at > ? AND status IN ('pending', 'approved', 'denied') ORDER BY rowid DESC LIMIT 1`,
  );
  const count = db.prepare<[string, number], { n: number }>(
    "SELECT count(*) AS n FROM approvals WHERE session = ? AND status = 'pending' AND expires_at > ?",
  );
  const move = db.prepare<[string, string | null, string, string]>(
    "UPDATE approvals SET status = ?, channel = coalesce(?, channel), preview = '' WHERE id = ? AND status = ?",
  );
  const list = db.prepare<[number], Row>("SELECT * FROM approvals WHERE status = 'pending' AND expires_at > ? ORDER BY rowid");
  const expire = db.prepare<[number]>(
    "UPDATE approvals SET status = 'expired', preview = '' WHERE expires_at <= ? AND status IN ('pending', 'approved', 'denied')",
  );
  const insertGrant = db.prepare<GrantRecord>(
    "INSERT INTO grants (session, scope, tool, title, created_at, expires_at) VALUES (@session, @scope, @tool, @title, @createdAt, @expiresAt)",
  );
  const grant = db.prepare<[string, string, number], { one: number }>(
    "SELECT 1 AS one FROM grants WHERE session = ? AND scope = ? AND expires_at > ? LIMIT 1",
  );

  return {
    insert: (row: ApprovalRecord): void => void insert.run(row),
    find(id: string): ApprovalRecord | undefined {
      const row = byId.get(id);
      return row && fromRow(row);
    },
    open(identity: string, now: number): ApprovalRecord | undefined {
      const row = open.get(identity, now);
      return row && fromRow(row);
    },
    countPending: (session: string, now: number): number => count.get(session, now)?.n ?? 0,
    transition: (id: string, from: Row["status"], to: Row["status"], channel?: string): boolean =>
      move.run(to, channel ?? null, id, from).changes === 1,
    /** Pending questions, oldest first. */
    list: (now: number): ApprovalRecord[] => list.all(now).map(fromRow),
    /** Closes what has expired and erases its preview; how many there were. */
    expire: (now: number): number => expire.run(now).changes,
    insertGrant: (record: GrantRecord): void => void insertGrant.run(record),
    hasGrant: (session: string, scope: string, now: number): boolean => grant.get(session, scope, now) !== undefined,
  };
}
