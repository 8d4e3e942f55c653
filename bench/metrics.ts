/** What counting costs: `node bench/metrics.ts`. One call as the house counts it: the call with its rules and code, and two records of the audit. */
import { createMeter } from "../src/metrics/meter.ts";
import { exposeMetrics } from "../src/metrics/expose.ts";
import { median, printFigure } from "./report.ts";

const TOOLS = Array.from({ length: 25 }, (_, n) => `tool_${n}`);
const ROUNDS = 15;
const CALLS = 200_000;

const known = new Set(TOOLS);
const meter = createMeter((name) => known.has(name));
const calls = Array.from({ length: 1_000 }, (_, n) => ({
  tool: TOOLS[n % TOOLS.length] ?? "",
  effect: "allow",
  rules: [`rule-${n % 40}`, `rule-${n % 7}`],
  status: "refused",
  code: "NOT_FOUND",
  durationMs: (n % 97) / 7,
}));

const rounds: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const from = performance.now();
  for (let n = 0; n < CALLS; n += 1) {
    const call = calls[n % calls.length];
    if (call === undefined) continue;
    meter.call(call);
    meter.audited("intent", call.durationMs);
    meter.audited("outcome", call.durationMs);
  }
  rounds.push(((performance.now() - from) * 1000) / CALLS);
}
printFigure("counting a call with two rules and a code", median(rounds), "us", 5);

const from = performance.now();
const text = await exposeMetrics(meter.tally, []);
printFigure("the first text for Prometheus", performance.now() - from, "ms");
printFigure("its size", text.length / 1024, "KiB");
