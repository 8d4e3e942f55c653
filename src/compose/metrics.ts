/** Metrics over the rooms: counted as things happen, told as text, and kept in the main database by all processes together. */
import type { Settlement } from "../guard/stages.ts";
import { createMeter } from "../metrics/meter.ts";
import type { Meter } from "../metrics/meter.ts";
import type { RefusalCode } from "../types.ts";
import type { Admission } from "./admission.ts";
import type { Shelf } from "./shelf.ts";

/** Milliseconds after which what was counted is kept. */
const KEEP_AFTER = 60_000;

export interface Metrics extends Meter {
  /** Counts what became of a question. */
  settled(settlement: Settlement): void;
  /** What Prometheus reads. */
  text(): Promise<string>;
  /** Keeps what was counted until now. */
  close(): void;
}

/** `droppedLines` are those that the log has lost, `queue` the records that wait to be written. */
export function openMetrics(options: {
  readonly hasTool: (name: string) => boolean;
  readonly shelf: Shelf;
  readonly admission: Pick<Admission, "sessions" | "shares">;
  readonly droppedLines: () => number;
  readonly queue: () => number;
  readonly now: () => number;
  /** Keeping fails behind the calls' back: told here, and tried again a minute later. */
  readonly report: (error: unknown) => void;
}): Metrics {
  const { hasTool, shelf, admission, droppedLines, queue, now, report } = options;
  const meter = createMeter(hasTool);
  const keep = (): void => {
    meter.dropped(droppedLines());
    try {
      if (shelf.isOpen())
        for (const { of, counted, share } of admission.shares()) meter.tally.see("portcullis_budget_used_ratio", [of, counted], share);
      meter.tally.keep((rows) => shelf.use(({ totals }) => totals.add(rows, now())));
    } catch (error) {
      report(error);
    }
  };
  const timer = setInterval(keep, KEEP_AFTER).unref();
  return {
    ...meter,
    settled: (settlement) => {
      const answer = answerOf(settlement);
      if (answer !== undefined) meter.approval(answer);
    },
    async text() {
      meter.dropped(droppedLines());
      const { exposeMetrics } = await import("../metrics/expose.ts");
      const shares = shelf.isOpen() ? admission.shares() : [];
      return exposeMetrics(meter.tally, gaugesOf(admission.sessions(), queue(), shares));
    },
    close: () => {
      clearInterval(timer);
      keep();
    },
  };
}

/** The numbers that have no history. Of a budget it is the share of whoever has used most. */
function gaugesOf(sessions: number, queue: number, shares: ReturnType<Admission["shares"]>) {
  const highest = new Map<string, (typeof shares)[number]>();
  for (const one of shares) {
    const key = `${one.of} ${one.counted}`;
    if (one.share >= (highest.get(key)?.share ?? 0)) highest.set(key, one);
  }
  return [
    { name: "portcullis_sessions", help: "Sessions that are served", values: [{ labels: {}, value: sessions }] },
    { name: "portcullis_audit_queue", help: "Records that wait to be written", values: [{ labels: {}, value: queue }] },
    {
      name: "portcullis_budget_used_ratio",
      help: "Share of a budget that is used, by whoever has used most of it",
      values: [...highest.values()].map(({ of, counted, share }) => ({ labels: { of, counted }, value: share })),
    },
  ];
}

/** A call that a grant or a policy without anybody to ask answers was never put to a person. */
function answerOf(settlement: Settlement): Parameters<Meter["approval"]>[0] | undefined {
  if (settlement.kind === "ask") return "asked";
  if (settlement.kind === "go") return settlement.channel === "session_grant" ? undefined : "approved";
  return REFUSED[settlement.refusal.code];
}

const REFUSED: Partial<Record<RefusalCode, Parameters<Meter["approval"]>[0]>> = {
  APPROVAL_REQUIRED: "parked",
  APPROVAL_DECLINED: "declined",
  STALE_APPROVAL: "stale",
  TIMEOUT: "unanswered",
};
