/** Intents whose process died, or whose outcome could not be written, are closed with status `unknown`: nobody can say any more what happened. */
import { fillCatalog } from "./catalog.ts";
import type { Database } from "./database.ts";
import type { Append } from "./log.ts";
import type { Body } from "./record.ts";

/** An intent without an outcome. */
export interface OpenIntent {
  readonly seq: number;
  readonly call: string;
  readonly writer: string;
}

/** Closes the open intents for which `isOrphan` says so. Call it inside a transaction that holds the log. */
export function closeOrphans(db: Database, append: Append, time: number, isOrphan: (intent: OpenIntent) => boolean): number {
  fillCatalog(db);
  const orphans = db.prepare<[], OpenIntent>("SELECT seq, call, writer FROM open_intent ORDER BY seq").all().filter(isOrphan);
  for (const { seq, call } of orphans) {
    const body: Body = { kind: "outcome", time, callId: call, intent: seq, status: "unknown" };
    append(JSON.stringify(body), null);
  }
  return fillCatalog(db);
}
