/** What the house tells of itself, as numbers under labels that nobody outside can make up. */
import { OTHER, Tally } from "./tally.ts";

/** A call that ended, or was put to a person. */
export interface CountedCall {
  readonly tool: string;
  readonly effect: string;
  readonly rules: readonly string[];
  readonly status: string;
  readonly code?: string;
  readonly durationMs: number;
}

export interface Meter {
  readonly tally: Tally;
  call(call: CountedCall): void;
  /** What became of a call that needs a person's yes. */
  approval(answer: "asked" | "parked" | "approved" | "declined" | "stale" | "unanswered"): void;
  /** A record of the audit was durable `ms` after it was handed over. */
  audited(record: "intent" | "outcome", ms: number): void;
  kill(reason: string): void;
  reload(result: "good" | "bad"): void;
  /** Lines that the log has lost until now. */
  dropped(lines: number): void;
}

/** `hasTool` knows the tools that there are: any other name counts as `other`. */
export function createMeter(hasTool: (name: string) => boolean): Meter {
  const tally = new Tally();
  let lost = 0;
  return {
    tally,
    call({ tool: name, effect, rules, status, code, durationMs }) {
      const tool = hasTool(name) ? name : OTHER;
      tally.add("portcullis_calls_total", [tool, effect, status]);
      for (const rule of rules) tally.add("portcullis_rules_total", [rule, effect]);
      if (code !== undefined) tally.add("portcullis_refusals_total", [tool, code]);
      tally.observe("portcullis_call_seconds", [tool], durationMs / 1000);
    },
    approval: (answer) => tally.add("portcullis_approvals_total", [answer]),
    audited: (record, ms) => tally.observe("portcullis_audit_seconds", [record], ms / 1000),
    kill: (reason) => tally.add("portcullis_sandbox_kills_total", [reason]),
    reload: (result) => tally.add("portcullis_policy_reloads_total", [result]),
    dropped(lines) {
      if (lines > lost) tally.add("portcullis_log_lines_dropped_total", [], lines - lost);
      lost = lines;
    },
  };
}
