import { expect, test } from "vitest";
import { replayCalls, type Redecided } from "../../src/audit/replay.ts";
import { makeIntent, makeState, startAudit } from "./state.ts";

const NOON = Date.UTC(2026, 10, 20, 12);

const decide = (query: object): Redecided =>
  "path" in query && query.path === "/w/.env" ? { effect: "deny", rules: ["secrets"] } : { effect: "allow", rules: ["default/by-risk"] };

test("recorded calls are decided anew; only differences are told, with the rule, and what is gone is not decidable", async () => {
  let time = NOON;
  const audit = startAudit(makeState(), { now: () => time });
  const rows = [
    { callId: "too old", effect: "allow", path: "/w/.env" },
    { callId: "same", effect: "allow", path: "/w/a" },
    { callId: "stricter", effect: "allow", path: "/w/.env" },
    { callId: "looser", effect: "deny", path: "/w/b" },
    { callId: "erased", effect: "allow", path: "/w/.env" },
  ] as const;
  for (const { callId, effect, path } of rows) {
    await audit.intent(makeIntent(callId, { effect, summary: `read ${path}`, query: { path } }));
    await audit.outcome({ callId, status: "done", durationMs: 1 });
    time += 1_000;
  }
  await audit.intent(makeIntent("not kept", { query: undefined as never }));
  audit.erase("erased");
  let calls = 0;
  const differences = [...replayCalls(audit.db, { since: NOON + 1_000, decide, onCall: () => (calls += 1) })];
  const tool = "read_text_file";
  expect({ calls, differences }).toEqual({
    calls: 5,
    differences: [
      { seq: 6, callId: "stricter", tool, summary: "read /w/.env", was: "allow", now: "deny", rules: ["secrets"], looser: false },
      { seq: 8, callId: "looser", tool, summary: "read /w/b", was: "deny", now: "allow", rules: ["default/by-risk"], looser: true },
      { seq: 10, callId: "erased", tool, summary: "", was: "allow", now: "not decidable", rules: [], looser: false },
      { seq: 12, callId: "not kept", tool, summary: "read not kept", was: "allow", now: "not decidable", rules: [], looser: false },
    ],
  });
  audit.close();
});
