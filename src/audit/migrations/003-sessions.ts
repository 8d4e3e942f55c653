/**
 * Sessions, pauses, what budgets have counted, and whose grant is whose. Times are milliseconds since the epoch. A pause of the session `*` is
 * the kill switch: it holds for every session, also for one that begins later.
 */
export const sessionTables = `
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  principal TEXT NOT NULL,
  client TEXT,
  transport TEXT NOT NULL,
  profile TEXT NOT NULL,
  mode TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  active_at INTEGER NOT NULL,
  ended_at INTEGER,
  calls INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  egress INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_active ON sessions (active_at);
CREATE TABLE pauses (
  session TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  paused_at INTEGER NOT NULL
) STRICT;
CREATE TABLE usage (
  principal TEXT NOT NULL,
  counted TEXT NOT NULL CHECK (counted IN ('calls', 'egress')),
  per INTEGER NOT NULL,
  period INTEGER NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (principal, counted, per, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX approvals_expiry ON approvals (expires_at) WHERE status IN ('pending', 'approved', 'denied');
ALTER TABLE grants ADD COLUMN principal TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN policy TEXT NOT NULL DEFAULT '';
`;
