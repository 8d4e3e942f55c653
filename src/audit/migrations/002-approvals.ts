/** Questions, session grants and keys. Times are milliseconds since the epoch. */
export const approvalTables = `
CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  identity TEXT NOT NULL,
  binding TEXT NOT NULL,
  scope TEXT NOT NULL,
  call_id TEXT NOT NULL,
  session TEXT NOT NULL,
  principal TEXT NOT NULL,
  tool TEXT NOT NULL,
  title TEXT NOT NULL,
  preview TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  answer_by INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'denied', 'spent', 'stale', 'expired')),
  channel TEXT
) STRICT;
CREATE INDEX approvals_open ON approvals (identity, status);
CREATE INDEX approvals_session ON approvals (session, status);
CREATE TABLE grants (
  id INTEGER PRIMARY KEY,
  session TEXT NOT NULL,
  scope TEXT NOT NULL,
  tool TEXT NOT NULL,
  title TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_scope ON grants (session, scope);
CREATE TABLE keys (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  role TEXT,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
`;
