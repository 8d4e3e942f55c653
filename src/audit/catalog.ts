/**
 * The reading index: one `entry` for each record with what is searched for, words replaced by numbers. It is derived from the bodies and filled in
 * batches behind the log, because four index pages for each record would double the cost of a call. Readers look through the records
 * behind its end by themselves (`query.ts`), so nothing is ever missing.
 */
import type { Database } from "./database.ts";
import { parseBody, type Body } from "./record.ts";

/** What is searched for in one record. An outcome has the session, tool, principal and effect of its intent. */
export interface Entry {
  readonly seq: number;
  readonly time: number;
  readonly call: string | null;
  readonly session: string | null;
  readonly tool: string | null;
  readonly principal: string | null;
  readonly effect: string | null;
}

/** Derives the entry of a record; `intent` is the body of the intent that an outcome names. */
export function entryOf(seq: number, body: Body, intent: Body | undefined): Entry {
  // SQLite stores UTF-8, which has no lone surrogates: what is compared with it must not have them either.
  const word = (field: "callId" | "session" | "tool" | "principal" | "effect") => (body[field] ?? intent?.[field])?.toWellFormed() ?? null;
  return {
    seq,
    time: body.time,
    call: word("callId"),
    session: word("session"),
    tool: word("tool"),
    principal: word("principal"),
    effect: word("effect"),
  };
}

/** Finds the body of the intent that an outcome names; undefined when it was pruned, or for any other record. */
export function intentFinder(db: Database): (body: Body) => Body | undefined {
  const bodyAt = db.prepare<[number], string>("SELECT body FROM record WHERE seq = ?").pluck();
  return ({ intent }) => (typeof intent === "number" ? parseBody(bodyAt.get(intent) ?? "") : undefined);
}

/** The last record that the index covers. */
export function indexedUpTo(db: Database): number {
  return db.prepare<[], number | null>("SELECT max(seq) FROM entry").pluck().get() ?? 0;
}

/** Numbers for words, kept in the table `word`. */
function numberer(db: Database): (text: string | null) => number | null {
  const known = new Map<string, number>();
  const find = db.prepare<[string], number>("SELECT id FROM word WHERE text = ?").pluck();
  const add = db.prepare<[string], number>("INSERT INTO word (text) VALUES (?) RETURNING id").pluck();
  return (text) => {
    if (text === null) return null;
    const id = known.get(text) ?? find.get(text) ?? add.get(text);
    if (id === undefined) throw new Error("a word was added and has no number");
    known.set(text, id);
    return id;
  };
}

/** Keeps the table of intents without an outcome, and finds the intent of an outcome. Most are closed within their batch and never touch the table. */
function openIntents(db: Database): { readonly note: (seq: number, body: Body) => Body | undefined; readonly save: () => void } {
  const opened = new Map<number, Body>();
  const intentOf = intentFinder(db);
  const insert = db.prepare("INSERT INTO open_intent (seq, call, writer) VALUES (?, ?, ?)");
  const remove = db.prepare("DELETE FROM open_intent WHERE seq = ?");
  return {
    note: (seq, body) => {
      if (body.kind === "intent") opened.set(seq, body);
      if (body.intent === undefined) return undefined;
      const intent = opened.get(body.intent) ?? intentOf(body);
      if (!opened.delete(body.intent)) remove.run(body.intent);
      return intent;
    },
    save: () => {
      for (const [seq, { callId = "", writer = "" }] of opened) insert.run(seq, callId, writer);
    },
  };
}

/** Brings the index to the end of the log. Call it inside a transaction that holds the log. Returns the last record covered. */
export function fillCatalog(db: Database): number {
  const next = db.prepare<[number], { seq: number; body: string }>("SELECT seq, body FROM record WHERE seq > ? ORDER BY seq LIMIT 1000");
  let end = indexedUpTo(db);
  let rows = next.all(end);
  if (rows.length === 0) return end;
  const insert = db.prepare("INSERT INTO entry (seq, time, call, session, tool, principal, effect) VALUES (?, ?, ?, ?, ?, ?, ?)");
  const numberOf = numberer(db);
  const intents = openIntents(db);
  for (; rows.length > 0; rows = next.all(end)) {
    for (const { seq, body: text } of rows) {
      end = seq;
      const body = parseBody(text);
      if (body === undefined) continue;
      const { time, call, session, tool, principal, effect } = entryOf(seq, body, intents.note(seq, body));
      insert.run(seq, time, call, numberOf(session), numberOf(tool), numberOf(principal), numberOf(effect));
    }
  }
  intents.save();
  return end;
}
