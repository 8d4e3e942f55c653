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
  await Promise.all(children.map(heard));
});
afterEach(async () => {
  const exits = children.filter(({ connected }) => connected).map((child) => once(child, "exit"));
  for (const child of children) if (child.connected) child.disconnect();
  await Promise.all(exits);
  rmSync(directory, { recursive: true, force: true });
});

/** The next word of a process; rejects when it ends instead. */
async function heard(child: ChildProcess): Promise<string> {
  const done = new AbortController();
  const { signal } = done;
  const gone = once(child, "exit", { signal }).then(([code]) => Promise.reject(new Error(`the process ended with ${String(code)}`)));
  // Whichever comes second is of no interest.
  gone.catch(() => undefined);
  try {
    const [word] = (await Promise.race([once(child, "message", { signal }), gone])) as [string];
    return word;
  } finally {
    done.abort();
  }
}

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
    const answers = children.map(heard);
    for (const child of children) child.send({ call: { ...call, ...(approval ? { approval } : {}) }, at });
    const said = await Promise.all(answers);
    // The loser of a parked one asks anew; the loser of a question learns that it was answered.
    expect([...said].sort()).toEqual(status === "approved" ? ["APPROVAL_REQUIRED", "go"] : ["STALE_APPROVAL", "go"]);
    expect(store.find(id)?.status).toBe("spent");
    // The loser's new question is out of the way for the next round.
    store.voidOpen();
    db.prepare("DELETE FROM approvals WHERE status = 'stale'").run();
  }
  db.close();
});
