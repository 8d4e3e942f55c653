/** Retention: whole segments that are older than a time are removed. The checkpoint after them stands for what is gone. */
import { fillCatalog } from "./catalog.ts";
import type { Database } from "./database.ts";
import type { Log } from "./log.ts";
import { parseBody, type Body } from "./record.ts";
import { IS_CHECKPOINT } from "./seal.ts";

/** Records that one transaction removes at most, give or take a segment: calls wait for it. */
const STEP = 2_000;

/** The checkpoint up to which the next step may remove; undefined when there is nothing more to remove. */
function nextCut(db: Database, before: number): number | undefined {
  const first = db.prepare<[], number | null>("SELECT min(seq) FROM record").pluck().get() ?? 0;
  const open = db.prepare<[], number | null>("SELECT min(seq) FROM open_intent").pluck().get() ?? Number.MAX_SAFE_INTEGER;
  let cut: number | undefined;
  const seals = db.prepare<[number], { seq: number; body: string }>(
    `SELECT seq, body FROM record WHERE ${IS_CHECKPOINT} AND seq > ? ORDER BY seq`,
  );
  for (const { seq, body } of seals.iterate(first)) {
    // The records before a checkpoint are no younger than it.
    if ((parseBody(body)?.time ?? before) >= before || seq > open) break;
    cut = seq;
    if (seq - first >= STEP) break;
  }
  return cut;
}

/**
 * Removes the segments that were sealed before `before` (milliseconds since 1970) and says so in the log; between two steps calls have their turn.
 * Returns how many records went, also when `signal` ended it early.
 */
export async function pruneSegments(log: Log, before: number, now: () => number, signal?: AbortSignal): Promise<number> {
  let removed = 0;
  for (;;) {
    if (signal?.aborted === true) return removed;
    const step = log.transact("power", (append) => {
      const { db } = log;
      fillCatalog(db);
      const first = nextCut(db, before);
      if (first === undefined) return 0;
      append(JSON.stringify({ kind: "system", time: now(), event: "pruned", first } satisfies Body), null);
      db.prepare("DELETE FROM entry WHERE seq < ?").run(first);
      return db.prepare("DELETE FROM record WHERE seq < ?").run(first).changes;
    });
    if (step === 0) return removed;
    removed += step;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
