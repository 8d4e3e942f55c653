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

/** A grant of `approve_session`, with the digest of the policy it was given under: under any other it is worth nothing. */
export interface GrantRecord {
  readonly session: string;
  readonly principal: string;
  readonly policy: string;
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
    `INSERT INTO grants (session, principal, policy, scope, tool, title, created_at, expires_at)
     VALUES (@session, @principal, @policy, @scope, @tool, @title, @createdAt, @expiresAt)`,
  );
  const grant = db.prepare<{ session: string; scope: string; now: number }, { one: number }>(
    "SELECT 1 AS one FROM grants WHERE session = @session AND scope = @scope AND expires_at > @now AND created_at <= @now + 60000 LIMIT 1",
  );
  const grants = db.prepare<[number], GrantRecord & { id: number }>(
    `SELECT id, session, principal, policy, scope, tool, title, created_at AS createdAt, expires_at AS expiresAt
     FROM grants WHERE expires_at > ? ORDER BY id`,
  );
  const revoke = db.prepare<[number]>("DELETE FROM grants WHERE id = ?");
  const drop = db.prepare<[string, string]>("DELETE FROM grants WHERE session = ? AND policy <> ?");
  const forget = db.prepare<[number]>("DELETE FROM approvals WHERE expires_at < ?");
  const voidOpen = db.prepare("UPDATE approvals SET status = 'stale', preview = '' WHERE status IN ('pending', 'approved')");

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
    /** A grant that was made after `now` counts for nothing: the clock was set back, and its end with it. */
    hasGrant: (session: string, scope: string, now: number): boolean => grant.get({ session, scope, now }) !== undefined,
    /** Grants in force, oldest first. */
    grants: (now: number): (GrantRecord & { id: number })[] => grants.all(now),
    /** True when there was such a grant. */
    revokeGrant: (id: number): boolean => revoke.run(id).changes === 1,
    /** Ends the grants of a session that were given under another policy than this one; how many there were. */
    dropGrants: (session: string, policy: string): number => drop.run(session, policy).changes,
    /** Removes questions that ended before a time; how many there were. */
    forget: (before: number): number => forget.run(before).changes,
    /** Makes every open question void, also what was approved and not yet used; how many there were. */
    voidOpen: (): number => voidOpen.run().changes,
  };
}
