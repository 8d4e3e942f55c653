import { expect, test } from "vitest";
import { queryAudit } from "../../src/audit/query.ts";
import { verifyState } from "../../src/audit/verify-state.ts";
import { makeIntent, makeState, recordCalls, startAudit } from "./state.ts";

const TIME = "2026-11-20T12:00:00.000Z";

test("a call is an intent before and an outcome after, and the outcome shows what its intent says", async () => {
  const directory = makeState();
  const audit = startAudit(directory);
  await audit.intent(makeIntent("c1", { tool: "github/list_issues", effect: "ask", rules: ["issues"], summary: "list issues" }));
  await audit.outcome({ callId: "c1", status: "done", durationMs: 12, channel: "elicitation" });
  const call = {
    time: TIME,
    callId: "c1",
    session: "s1",
    principal: "local",
    tool: "github/list_issues",
    effect: "ask",
    rules: ["issues"],
    argsDigest: "hmac-sha256:00",
    summary: "list issues",
  };
  expect(queryAudit(audit.db, { limit: 2 })).toEqual([
    { ...call, seq: 2, kind: "intent", status: null, durationMs: null },
    { ...call, seq: 3, kind: "outcome", status: "done", durationMs: 12, channel: "elicitation" },
  ]);
  audit.close();
});

test("the log of a session verifies, with the checkpoint of its end", async () => {
  const directory = makeState();
  const audit = startAudit(directory);
  await recordCalls(audit, 0, 10);
  audit.close();
  expect(await verifyState(directory, { anchors: [] })).toEqual({ ok: true, records: 22, checkpoints: 1, notices: [] });
});
