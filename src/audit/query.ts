/** Reading the log: the newest records that fit, in log order. Nothing is written, so it works on a database opened read-only. */
import { entryOf, indexedUpTo, intentFinder, type Entry } from "./catalog.ts";
import type { Database } from "./database.ts";
import { parseBody, parseHidden, unreadable, type Body } from "./record.ts";

/** What to look for; all that are given must fit. */
export interface AuditFilter {
  readonly session?: string | undefined;
  /** Which tools; each name in the log is put to it. */
  readonly tool?: ((name: string) => boolean) | undefined;
  readonly principal?: string | undefined;
  readonly effect?: string | undefined;
  /** Milliseconds since 1970; records of that time and later. */
  readonly since?: number | undefined;
  /** Newest records at most. */
  readonly limit: number;
}

/** One record as people and programs read it. An outcome shows what its intent says beside its own. Null: does not apply, or was pruned or erased. */
export interface AuditLine {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly kind: string;
  readonly callId: string | null;
  readonly session: string | null;
  readonly principal: string | null;
  readonly tool: string | null;
  readonly effect: string | null;
  readonly rules: readonly string[];
  readonly status: string | null;
  readonly durationMs: number | null;
  readonly argsDigest: string | null;
  readonly summary: string | null;
  readonly channel?: string;
  readonly code?: string;
  /** The `traceparent` that the call came with. */
  readonly trace?: string;
  /** What happened, of records other than intents and outcomes. */
  readonly event?: string;
}

/** A record as it is stored. */
export interface StoredRecord {
  readonly seq: number;
  readonly body: string;
  readonly hidden: string | null;
}

/** Shows records as lines; keeps what it needs to look up their intents. */
export function lineMaker(db: Database): (record: StoredRecord) => AuditLine {
  const intentOf = intentFinder(db);
  const hiddenAt = db.prepare<[number], string | null>("SELECT hidden FROM record WHERE seq = ?").pluck();
  return ({ seq, body: text, hidden }) => {
    const body = parseBody(text);
    if (body === undefined) throw unreadable(seq);
    const intent: Body | undefined = intentOf(body);
    const own = parseHidden(seq, hidden).summary;
    const summary = own ?? (body.intent === undefined ? undefined : parseHidden(body.intent, hiddenAt.get(body.intent) ?? null).summary);
    const { channel, code, event } = body;
    const trace = body.trace ?? intent?.trace;
    return {
      seq,
      time: new Date(body.time).toISOString(),
      kind: body.kind,
      callId: body.callId ?? null,
      session: body.session ?? intent?.session ?? null,
      principal: body.principal ?? intent?.principal ?? null,
      tool: body.tool ?? intent?.tool ?? null,
      effect: body.effect ?? intent?.effect ?? null,
      rules: body.rules ?? intent?.rules ?? [],
      status: body.status ?? null,
      durationMs: body.durationMs ?? null,
      argsDigest: body.args ?? intent?.args ?? null,
      summary: summary ?? null,
      ...(channel === undefined ? {} : { channel }),
      ...(code === undefined ? {} : { code }),
      ...(trace === undefined ? {} : { trace }),
      ...(event === undefined ? {} : { event }),
    };
  };
}

function fits(entry: Entry, filter: AuditFilter): boolean {
  return (
    (filter.session === undefined || entry.session === filter.session) &&
    (filter.tool === undefined || (entry.tool !== null && filter.tool(entry.tool))) &&
    (filter.principal === undefined || entry.principal === filter.principal) &&
    (filter.effect === undefined || entry.effect === filter.effect) &&
    (filter.since === undefined || entry.time >= filter.since)
  );
}

/** The fitting records behind the end of the reading index, newest first. */
function searchTail(db: Database, filter: AuditFilter): StoredRecord[] {
  const rows = db
    .prepare<[number], StoredRecord>("SELECT seq, body, hidden FROM record WHERE seq > ? ORDER BY seq DESC")
    .all(indexedUpTo(db));
  const intentOf = intentFinder(db);
  return rows
    .filter(({ seq, body: text }) => {
      const body = parseBody(text);
      return body !== undefined && fits(entryOf(seq, body, intentOf(body)), filter);
    })
    .slice(0, filter.limit);
}

/** Numbers of the tools that fit, of those that the reading index knows. */
function toolsOf(db: Database, fit: (name: string) => boolean): number[] {
  const known = db.prepare<[], { id: number; text: string }>(
    "SELECT id, text FROM word WHERE EXISTS (SELECT 1 FROM entry WHERE entry.tool = word.id)",
  );
  return known.all().flatMap(({ id, text }) => (fit(text) ? [id] : []));
}

/** The fitting records that the reading index covers, newest first. */
function searchIndex(db: Database, filter: AuditFilter, limit: number): StoredRecord[] {
  const words = (["session", "principal", "effect"] as const).filter((field) => filter[field] !== undefined);
  const conditions = words.map((field) => `entry.${field} = (SELECT id FROM word WHERE text = ?)`);
  const values: (string | number | undefined)[] = words.map((field) => filter[field]);
  if (filter.tool !== undefined) {
    const tools = toolsOf(db, filter.tool);
    conditions.push(`entry.tool IN (${tools.map(() => "?").join(", ")})`);
    values.push(...tools);
  }
  if (filter.since !== undefined) {
    conditions.push("entry.time >= ?");
    values.push(filter.since);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const sql = `SELECT record.seq, body, hidden FROM entry JOIN record USING (seq) ${where} ORDER BY entry.seq DESC LIMIT ?`;
  return db.prepare<unknown[], StoredRecord>(sql).all(...values, limit);
}

/** The newest `limit` records that fit, in ascending order. Throws a Refusal that names the record when one can't be read. */
export function queryAudit(db: Database, filter: AuditFilter): readonly AuditLine[] {
  // One snapshot: the index may be filled by another process between the two looks.
  return db.transaction(() => {
    const tail = searchTail(db, filter);
    const found = [...tail, ...searchIndex(db, filter, filter.limit - tail.length)];
    return found.reverse().map(lineMaker(db));
  })();
}
