/** What the gate records, in the audit's words; and how long the audit takes to have it. */
import type { Audit } from "../audit/audit.ts";
import { recordableQuery } from "../guard/recordable.ts";
import type { Recorder } from "../guard/stages.ts";

/** `redact` hides secrets in what is kept; `audited` hears how many milliseconds (of `clock`) a record took. */
export function recorderOf(
  audit: Audit,
  {
    redact,
    audited,
    clock,
  }: {
    readonly redact: (text: string) => string;
    readonly audited: (record: "intent" | "outcome", ms: number) => void;
    readonly clock: () => number;
  },
): Recorder {
  return {
    intent: async ({ args, query, summary, ...rest }) => {
      const from = clock();
      await audit.intent({
        ...rest,
        argsDigest: audit.digest(args),
        summary: redact(summary),
        ...(query ? { query: recordableQuery(query, redact) } : {}),
      });
      audited("intent", clock() - from);
    },
    outcome: async ({ sandbox, hops, ...record }) => {
      const from = clock();
      await audit.outcome({
        ...record,
        ...(sandbox ? { details: { sandbox } } : {}),
        ...(hops ? { details: { hops: hops.map((hop) => ({ ...hop, host: redact(hop.host) })) } } : {}),
      });
      audited("outcome", clock() - from);
    },
    approval: (callId, session, { event, ...details }) =>
      audit.record("approval", { event, callId, session, details, durability: "process" }),
  };
}
