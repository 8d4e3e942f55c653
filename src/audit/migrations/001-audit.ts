/**
 * The audit log. `record` is the truth and only ever grows at its end; `entry`, `word` and `open_intent` (intents without an outcome) are
 * derived from it, filled in batches behind it and checked by `audit verify`. SQLite appends the row number (`seq`) to every index by itself, so each index is in log order.
 */
export const auditTables = `
CREATE TABLE record (
  seq INTEGER PRIMARY KEY,
  link TEXT NOT NULL,
  body TEXT NOT NULL,
  hidden TEXT
) STRICT;
CREATE INDEX record_checkpoint ON record (seq) WHERE substr(body, 1, 20) = '{"kind":"checkpoint"';
CREATE TABLE word (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  call TEXT,
  session INTEGER,
  tool INTEGER,
  principal INTEGER,
  effect INTEGER
) STRICT;
CREATE TABLE open_intent (
  seq INTEGER PRIMARY KEY,
  call TEXT NOT NULL,
  writer TEXT NOT NULL
) STRICT;
CREATE INDEX entry_call ON entry (call) WHERE call IS NOT NULL;
CREATE INDEX entry_session ON entry (session, seq, tool) WHERE session IS NOT NULL;
CREATE INDEX entry_tool ON entry (tool) WHERE tool IS NOT NULL;
`;
