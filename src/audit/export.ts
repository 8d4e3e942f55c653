/** The whole log as lines: what `query` shows, what is kept beside it, and the exact text and link, so that anyone can prove it again. */
import type { Database } from "./database.ts";
import { lineMaker, type AuditLine, type StoredRecord } from "./query.ts";
import { parseBody, parseHidden } from "./record.ts";

/** One exported record. */
export interface ExportedRecord extends AuditLine {
  readonly policyDigest: string | null;
  /** The redacted query; null where none was kept or it was erased. */
  readonly query: object | null;
  readonly details: object | null;
  /** The exact text that is hashed. */
  readonly body: string;
  /** Hex, `SHA-256(link before || body)`. */
  readonly link: string;
}

/** Exports the records since a time (milliseconds since 1970), oldest first. */
export function* exportAudit(db: Database, since: number): Generator<ExportedRecord> {
  const rows = db.prepare<[number], StoredRecord & { link: string }>(
    "SELECT seq, body, hidden, link FROM record WHERE seq > ? ORDER BY seq LIMIT 1000",
  );
  const lineOf = lineMaker(db);
  let last = 0;
  for (let chunk = rows.all(last); chunk.length > 0; chunk = rows.all(last)) {
    for (const row of chunk) {
      last = row.seq;
      const body = parseBody(row.body);
      if (body !== undefined && body.time < since) continue;
      const { query, details } = parseHidden(row.seq, row.hidden);
      yield {
        ...lineOf(row),
        policyDigest: body?.policy ?? null,
        query: query ?? null,
        details: details ?? null,
        body: row.body,
        link: row.link,
      };
    }
  }
}
