/** Recorded calls decided anew: what a changed policy would have done with what really happened. */
import { EFFECTS, type Effect } from "../types.ts";
import type { Database } from "./database.ts";
import { parseBody, parseHidden } from "./record.ts";

/** What the new policy says to a recorded query. */
export interface Redecided {
  readonly effect: Effect;
  /** Rule ids. */
  readonly rules: readonly string[];
}

/** A recorded call on which the policies differ, or that can't be decided anew. */
export interface Difference {
  readonly seq: number;
  readonly callId: string;
  readonly tool: string;
  readonly summary: string;
  readonly was: Effect;
  /** `not decidable` where the query was not kept or was erased. */
  readonly now: Effect | "not decidable";
  /** The rules that lead to the new effect. */
  readonly rules: readonly string[];
  /** Does the new policy let through more than the old one? */
  readonly looser: boolean;
}

/** Decides every recorded call since a time anew and yields those that differ; `onCall` is told of each. */
export function* replayCalls(
  db: Database,
  options: { readonly since: number; readonly decide: (query: object) => Redecided; readonly onCall: () => void },
): Generator<Difference> {
  const rows = db.prepare<[], { seq: number; body: string; hidden: string | null }>("SELECT seq, body, hidden FROM record ORDER BY seq");
  for (const { seq, body: text, hidden } of rows.iterate()) {
    const body = parseBody(text);
    if (body?.kind !== "intent" || body.effect === undefined || body.time < options.since) continue;
    options.onCall();
    const { callId = "", tool = "", effect: was } = body;
    const { query, summary = "" } = parseHidden(seq, hidden);
    const call = { seq, callId, tool, summary, was };
    if (query === undefined) {
      yield { ...call, now: "not decidable", rules: [], looser: false };
      continue;
    }
    const { effect, rules } = options.decide(query);
    if (effect !== was) yield { ...call, now: effect, rules, looser: EFFECTS.indexOf(effect) < EFFECTS.indexOf(was) };
  }
}
