/** A process of its own that tries to spend approvals, at the moment it is told, against another that does the same. */
import { randomBytes } from "node:crypto";
import { createDesk } from "../../src/approval/pending.ts";
import { bindCall } from "../../src/approval/seal.ts";
import { openDatabase } from "../../src/audit/database.ts";
import { openApprovals } from "../../src/session/approvals.ts";
import type { Call, Decision } from "../../src/types.ts";

const [file = ""] = process.argv.slice(2);
const db = openDatabase(file);
const { now } = Date;
const desk = createDesk({
  store: openApprovals(db),
  key: () => Buffer.alloc(32, 7),
  settings: () => ({ headless: "park", timeout: 60_000, parked: 3_600_000, sessionTtl: 60_000, remember: ["once"] }),
  now,
  newId: () => `apr_${randomBytes(16).toString("hex")}`,
  command: (...words) => words.join(" "),
});

interface Order {
  readonly call: Omit<Call, "signal">;
  readonly at: number;
}

process.on("message", ({ call, at }: Order) => {
  const bound = bindCall(call, [], { states: {} }, "sha256:policy");
  const decision = { effect: "ask", reason: "", obligations: { channel: "any" }, digest: "sha256:policy" } as unknown as Decision;
  // Both processes spin to the same instant, so that they really meet.
  while (now() < at);
  desk
    .settle({ ...call, signal: new AbortController().signal }, bound, decision, true, () => Promise.resolve({ title: "", text: "" }))
    .then(
      (settled) => process.send?.(settled.kind === "refused" ? settled.refusal.code : settled.kind),
      (error: unknown) => process.send?.(String(error)),
    );
});
process.on("disconnect", () => {
  db.close();
  process.exit(0);
});
process.send?.("ready");
