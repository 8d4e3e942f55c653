/** Intents whose process died, or whose outcome could not be written, are closed with status `unknown`: nobody can say any more what happened. */
import { fillCatalog } from "./catalog.ts";
import { reveal } from "./chain.ts";
import type { Database } from "./database.ts";
import type { Append } from "./log.ts";
import type { Body, Hidden } from "./record.ts";

/** An intent without an outcome. */
export interface OpenIntent {
  readonly seq: number;
  readonly call: string;
  readonly writer: string;
}

/** Closes the open intents for which `isOrphan` says so, and tells the recorded query of each. Call it inside a transaction that holds the log. */
export function closeOrphans(
  db: Database,
  append: Append,
  time: number,
  isOrphan: (intent: OpenIntent) => boolean,
  tell?: (query: object) => void,
): number {
  fillCatalog(db);
  const orphans = db.prepare<[], OpenIntent>("SELECT seq, call, writer FROM open_intent ORDER BY seq").all().filter(isOrphan);
  const hiddenAt = db.prepare<[number], string | null>("SELECT hidden FROM record WHERE seq = ?").pluck();
  for (const { seq, call } of orphans) {
    const hidden = tell && hiddenAt.get(seq);
    const { query } = hidden ? (JSON.parse(reveal(hidden)) as Hidden) : {};
    if (query !== undefined) tell?.(query);
    const body: Body = { kind: "outcome", time, callId: call, intent: seq, status: "unknown" };
    append(JSON.stringify(body), null);
  }
  return fillCatalog(db);
}
