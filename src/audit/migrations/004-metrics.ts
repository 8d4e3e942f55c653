/**
 * What was counted, by UTC day (days since the epoch): every process adds what is new of its own, so that any number of them share a row. `labels` is a
 * JSON array; `value` of what keeps its highest is the highest, of all else the sum.
 */
export const metricTables = `
CREATE TABLE totals (
  day INTEGER NOT NULL,
  metric TEXT NOT NULL,
  labels TEXT NOT NULL,
  highest INTEGER NOT NULL CHECK (highest IN (0, 1)),
  value REAL NOT NULL,
  PRIMARY KEY (day, metric, labels)
) STRICT, WITHOUT ROWID;
`;
