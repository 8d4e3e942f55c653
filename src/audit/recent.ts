/** The end of the log, read beside a running server: enough to say whether all is well, at the price of a few pages. Nothing is proved here. */
import { existsSync } from "node:fs";
import { openDatabase, type Database } from "./database.ts";
import { parseBody, type Body } from "./record.ts";
import { auditFiles } from "./state.ts";
import { isAlive } from "./writer.ts";

/** What the last records tell. Times are milliseconds since 1970. */
export interface Recent {
  /** The latest time among the last records: a clock that was set back doesn't take it along. */
  readonly newest: number;
  /** The last time that a server took up a policy (`started`, `replaced`) or not (`rejected`), as far as the last records say. */
  readonly policyEvent: { readonly event: string; readonly time: number } | undefined;
  /** Calls without an outcome: of servers that live, and of such as died. */
  readonly open: { readonly living: number; readonly orphaned: number };
}

/** Records that are looked through, newest first. */
const TIMES = 100;
const EVENTS = 10_000;

/** Reads the end of the log of a state directory; undefined when nothing was recorded there. Throws a Refusal. */
export function readRecent(directory: string): Recent | undefined {
  const { database, writers } = auditFiles(directory);
  if (!existsSync(database)) return undefined;
  const db = openDatabase(database, { readonly: true });
  try {
    const bodies = db.prepare<[], string>(`SELECT body FROM record ORDER BY seq DESC LIMIT ${TIMES}`).pluck().all();
    if (bodies.length === 0) return undefined;
    const times = bodies.flatMap((body) => parseBody(body)?.time ?? []);
    const open = openCalls(db).map((writer) => isAlive(writers, writer));
    return {
      newest: Math.max(...times),
      policyEvent: lastPolicyEvent(db),
      open: { living: open.filter(Boolean).length, orphaned: open.filter((alive) => !alive).length },
    };
  } finally {
    db.close();
  }
}

function lastPolicyEvent(db: Database): Recent["policyEvent"] {
  const recent = `SELECT seq, body FROM record ORDER BY seq DESC LIMIT ${EVENTS}`;
  const kinds = `body LIKE '{"kind":"policy"%' OR body LIKE '{"kind":"system"%'`;
  const bodies = db.prepare<[], string>(`SELECT body FROM (${recent}) WHERE ${kinds} ORDER BY seq DESC`).pluck();
  for (const text of bodies.iterate()) {
    const { kind, event = "", time = 0 } = parseBody(text) ?? ({} as Partial<Body>);
    if (kind === "policy" || event === "started") return { event, time };
  }
  return undefined;
}

/** The writer of each call without an outcome: those that the index knows, and those behind its end. */
function openCalls(db: Database): readonly string[] {
  const indexed = db.prepare<[], { seq: number; writer: string }>("SELECT seq, writer FROM open_intent").all();
  const open = new Map(indexed.map(({ seq, writer }) => [seq, writer]));
  const rest = db.prepare<[], { seq: number; body: string }>(
    "SELECT seq, body FROM record WHERE seq > (SELECT coalesce(max(seq), 0) FROM entry) ORDER BY seq",
  );
  for (const { seq, body: text } of rest.iterate()) {
    const body = parseBody(text);
    if (body?.kind === "intent") open.set(seq, body.writer ?? "");
    if (body?.intent !== undefined) open.delete(body.intent);
  }
  return [...open.values()];
}
