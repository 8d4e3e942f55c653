/**
 * What sessions, limits and approvals cost: `node bench/approvals.ts`. A call that needs none of it is admitted, prepared and let go under the
 * profile `local`; the others are for comparison. Medians of rounds, in microseconds a call.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAdmission } from "../src/compose/admission.ts";
import { openDesk } from "../src/compose/desk.ts";
import { openShelf } from "../src/compose/shelf.ts";
import { bindCall } from "../src/approval/seal.ts";
import { readFile } from "../src/policy/read-file.ts";
import { loadPolicy } from "../src/policy/load.ts";
import { newSessionId } from "../src/session/sessions.ts";
import type { Call, Decision, Prepared } from "../src/types.ts";
import { median, printFigure } from "./report.ts";

const ROUNDS = 25;
const CALLS = 2_000;
const directory = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
const { now } = Date;
const shelf = openShelf(directory, () => undefined);

function policyOf(text: string) {
  const file = join(directory, "policy.yaml");
  writeFileSync(file, `version: 1\nextends: [local]\n${text}\n`, { mode: 0o600 });
  return loadPolicy({
    reader: readFile,
    files: [file],
    projectFiles: [],
    trusted: () => false,
    protected: [],
    haveSecret: () => true,
    equivalents: () => [],
  });
}

const call: Call = {
  id: "call_1",
  session: newSessionId(randomBytes),
  principal: { id: "local", client: "bench", scopes: [] },
  tool: "read_text_file",
  args: { path: "src/app.ts" },
  transport: "stdio",
  interactive: true,
  signal: new AbortController().signal,
};
const reads: Prepared = {
  resources: [{ kind: "path", op: "read", path: "/w/src/app.ts" }],
  states: {},
  run: () => ({ text: "", source: "ours" }),
};
const writes: Prepared = { ...reads, resources: [{ kind: "path", op: "write", path: "/w/src/app.ts" }] };

/** Microseconds of one turn of `work`. */
async function measure(work: () => Promise<unknown>, calls = CALLS): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = performance.now();
    for (let n = 0; n < calls; n += 1) await work();
    rounds.push(((performance.now() - from) * 1000) / calls);
  }
  return median(rounds);
}

const opened: ReturnType<typeof openAdmission>[] = [];

function admitter(text: string, prepared: Prepared, session = call.session) {
  const policy = policyOf(text);
  const admission = openAdmission({
    shelf,
    profile: "local",
    policy: () => policy,
    command: (...words) => words.join(" "),
    workspaces: [],
    warn: () => undefined,
    report: (error) => console.error(error),
    now,
    clock: () => performance.now(),
  });
  opened.push(admission);
  return async () => {
    const visit = await admission.admit({ ...call, session });
    await visit.prepare(() => prepared);
    visit.onPause(() => undefined);
    visit.received(0);
    visit.ended(undefined);
    visit.leave();
  };
}

const bare = await measure(async () => Promise.resolve(reads));
printFigure("a read that needs none of it", (await measure(admitter("", reads))) - bare, "us", 20);
printFigure("a write that needs none of it", (await measure(admitter("", writes))) - bare, "us", 20);
printFigure(
  "a read under two rates",
  (await measure(admitter('limits: { rate: { "*": 1000000/s, read_text_file: 1000000/s } }', reads))) - bare,
  "us",
);
printFigure(
  "a read under a session's budget",
  (await measure(admitter("budgets: { session: { calls: 1000000000 } }", reads))) - bare,
  "us",
);
printFigure(
  "a read under a principal's budget",
  (await measure(admitter("budgets: { principal: { calls: 1000000000/day } }", reads), 200)) - bare,
  "us",
);

const policy = policyOf("");
const desk = openDesk({
  state: directory,
  shelf,
  redact: (text) => text,
  command: (...words) => words.join(" "),
  policy: () => policy,
  now,
});
let n = 0;
printFigure(
  "a question and its answer",
  await measure(async () => {
    n += 1;
    const asking = { ...call, tool: "write_file", args: { n } };
    const bound = bindCall(asking, writes.resources, { states: {} }, policy.digest);
    const decision = { effect: "ask", reason: "writes ask", obligations: { channel: "any" }, digest: policy.digest } as Decision;
    const settle = (more: Partial<Call>) =>
      desk.settle({ ...asking, ...more }, bound, decision, true, () => Promise.resolve({ title: "overwrite a.txt", text: "-old\n+new\n" }));
    const asked = await settle({});
    if (asked.kind !== "ask") throw new Error(`expected a question, got ${asked.kind}`);
    const done = await settle({ approval: { state: asked.question.state, answer: "approve_once" } });
    if (done.kind !== "go") throw new Error(`expected a yes, got ${done.kind}`);
  }, 100),
  "us",
);
for (const admission of opened) admission.close();
shelf.close();
rmSync(directory, { recursive: true, force: true });
