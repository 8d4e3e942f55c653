/** Two processes and one approval: whoever spends it, the other doesn't. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bindCall, sealState } from "../../src/approval/seal.ts";
import { openDatabase } from "../../src/audit/database.ts";
import { openApprovals } from "../../src/session/approvals.ts";
import type { ApprovalAnswer, Call } from "../../src/types.ts";

const ROUNDS = 200;
let directory: string;
let children: ChildProcess[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "portcullis-race-"));
  openDatabase(join(directory, "portcullis.db")).close();
  children = [1, 2].map(() => fork(join(import.meta.dirname, "spender-child.ts"), [join(directory, "portcullis.db")]));
  await Promise.all(children.map((child) => once(child, "message")));
});
afterEach(async () => {
  for (const child of children) child.disconnect();
  await Promise.all(children.map((child) => once(child, "exit")));
  rmSync(directory, { recursive: true, force: true });
});

test.each<[string, "approved" | "pending"]>([
  ["parked and approved elsewhere", "approved"],
  ["answered through the client", "pending"],
])(`an approval that was %s is spent by exactly one of two processes, ${ROUNDS} times`, async (_name, status) => {
  const db = openDatabase(join(directory, "portcullis.db"));
  const store = openApprovals(db);
  const key = Buffer.alloc(32, 7);
  for (let round = 0; round < ROUNDS; round += 1) {
    const call: Omit<Call, "signal"> = {
      id: `call_${round}`,
      session: "sess_1",
      principal: { id: "local", scopes: [] },
      tool: "write_file",
      args: { round },
      transport: "stdio",
      interactive: false,
    };
    const bound = bindCall(call, [], { states: {} }, "sha256:policy");
    const id = `apr_${round.toString(16).padStart(32, "0")}`;
    const [createdAt, expiresAt] = [Date.now(), Date.now() + 60_000];
    const about = { callId: call.id, session: call.session, principal: "local", tool: call.tool, title: "", preview: "", channel: null };
    store.insert({ ...bound, ...about, id, createdAt, answerBy: expiresAt, expiresAt, status });
    const state = sealState(key, id, call.session, bound.binding);
    const approval: ApprovalAnswer | undefined = status === "pending" ? { state, answer: "approve_once" } : undefined;
    const at = Date.now() + 3;
    const answers = children.map((child) => once(child, "message"));
    for (const child of children) child.send({ call: { ...call, ...(approval ? { approval } : {}) }, at });
    const said = (await Promise.all(answers)).map(([answer]) => answer as string);
    // The loser of a parked one asks anew; the loser of a question learns that it was answered.
    expect([...said].sort()).toEqual(status === "approved" ? ["APPROVAL_REQUIRED", "go"] : ["STALE_APPROVAL", "go"]);
    expect(store.find(id)?.status).toBe("spent");
    // The loser's new question is out of the way for the next round.
    store.voidOpen();
    db.prepare("DELETE FROM approvals WHERE status = 'stale'").run();
  }
  db.close();
});
