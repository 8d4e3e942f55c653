import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BOUNDS } from "../../src/metrics/families.ts";
import { bucketOf, emptyHistogram, quantile } from "../../src/metrics/histogram.ts";
import { exposeMetrics } from "../../src/metrics/expose.ts";
import { createMeter } from "../../src/metrics/meter.ts";
import { summarizeTally } from "../../src/metrics/summary.ts";
import { Tally } from "../../src/metrics/tally.ts";
import type { Row } from "../../src/metrics/tally.ts";

const TOOLS = new Set(["read_text_file", "write_file"]);
const call = (tool: string, more: object = {}) => ({ tool, effect: "allow", rules: ["reads"], status: "done", durationMs: 1, ...more });
const meterOf = () => createMeter((name) => TOOLS.has(name));

/** The lines of a family without its comments. */
const linesOf = (text: string, family: string) => text.split("\n").filter((line) => line.startsWith(family));

describe("labels are bounded", () => {
  test("10,000 different tool names, and the worst there are, count as one", async () => {
    const meter = meterOf();
    meter.call(call("read_text_file"));
    const before = (await exposeMetrics(meter.tally, [])).split("\n").length;
    for (let n = 0; n < 10_000; n += 1) meter.call(call(`tool_${n}`, { code: "NOT_FOUND" }));
    const hostile = [
      'a"} 1\nportcullis_forged 1',
      "__proto__",
      "constructor",
      "\u001b[2J",
      "",
      "other",
      "a\0b",
      "x".repeat(100_000),
      "\ud800",
    ];
    for (const tool of hostile) meter.call(call(tool));
    const text = await exposeMetrics(meter.tally, []);
    expect(linesOf(text, "portcullis_calls_total")).toEqual([
      'portcullis_calls_total{tool="read_text_file",effect="allow",status="done"} 1',
      `portcullis_calls_total{tool="other",effect="allow",status="done"} ${10_000 + hostile.length}`,
    ]);
    expect(linesOf(text, "portcullis_refusals_total")).toEqual(['portcullis_refusals_total{tool="other",code="NOT_FOUND"} 10000']);
    // One more tool: its series, the refusals, and a histogram's lines.
    expect(text.split("\n").length - before).toBeLessThan(30);
    expect(text).not.toContain("portcullis_forged");
  });

  test("rules beyond 500 count as other, and none is lost", () => {
    const meter = meterOf();
    for (let n = 0; n < 10_000; n += 1) meter.call(call("read_text_file", { rules: [`rule-${n}`] }));
    const { rules } = summarizeTally(meter.tally);
    expect(rules).toHaveLength(501);
    expect(rules[0]).toEqual({ rule: "other", effect: "other", calls: 9_500 });
    expect(rules.reduce((sum, { calls }) => sum + calls, 0)).toBe(10_000);
  });

  test("a rule's id with quotes and line ends stays one label", async () => {
    const meter = meterOf();
    meter.call(call("read_text_file", { rules: ['a"b\\c\nd'] }));
    expect(linesOf(await exposeMetrics(meter.tally, []), "portcullis_rules_total")).toEqual([
      'portcullis_rules_total{rule="a\\"b\\\\c\\nd",effect="allow"} 1',
    ]);
  });
});

describe("what Prometheus reads", () => {
  test("has every family with its type, what was counted, and what is looked up when it is asked", async () => {
    const meter = meterOf();
    meter.call(call("write_file", { effect: "ask", status: "refused", code: "APPROVAL_REQUIRED", durationMs: 40, rules: [] }));
    meter.approval("parked");
    meter.audited("intent", 0.2);
    meter.kill("memory");
    meter.reload("bad");
    meter.dropped(3);
    meter.dropped(3);
    meter.dropped(5);
    const gauge = { name: "portcullis_sessions", help: "Sessions", values: [{ labels: {}, value: 2 }] };
    const text = await exposeMetrics(meter.tally, [gauge]);
    for (const line of [
      "# TYPE portcullis_calls_total counter",
      'portcullis_refusals_total{tool="write_file",code="APPROVAL_REQUIRED"} 1',
      "# TYPE portcullis_call_seconds histogram",
      'portcullis_call_seconds_bucket{tool="write_file",le="0.025"} 0',
      'portcullis_call_seconds_bucket{tool="write_file",le="0.05"} 1',
      'portcullis_call_seconds_bucket{tool="write_file",le="+Inf"} 1',
      'portcullis_call_seconds_sum{tool="write_file"} 0.04',
      'portcullis_call_seconds_count{tool="write_file"} 1',
      'portcullis_approvals_total{answer="parked"} 1',
      'portcullis_audit_seconds_count{record="intent"} 1',
      'portcullis_sandbox_kills_total{reason="memory"} 1',
      'portcullis_policy_reloads_total{result="bad"} 1',
      "portcullis_log_lines_dropped_total 5",
      "# TYPE portcullis_sessions gauge",
      "portcullis_sessions 2",
    ])
      expect(text.split("\n")).toContain(line);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  });
});

describe("histograms", () => {
  test.each<[number, number]>([
    [0, 0],
    [0.0001, 0],
    [0.000_100_1, 1],
    [1, BOUNDS.indexOf(1)],
    [300, BOUNDS.length - 1],
    [301, BOUNDS.length],
    [Infinity, BOUNDS.length],
  ])("%d seconds are in bucket %d", (seconds, place) => {
    expect(bucketOf(seconds)).toBe(place);
  });

  test("a quantile lies in the bucket that holds the exact one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 250, noNaN: true }), { minLength: 1 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (values, share) => {
          const { counts } = emptyHistogram();
          for (const value of values) counts[bucketOf(value)] = (counts[bucketOf(value)] ?? 0) + 1;
          const exact = [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? 0;
          const found = quantile({ counts }, share) ?? Number.NaN;
          const place = bucketOf(exact);
          expect(found).toBeGreaterThanOrEqual(BOUNDS[place - 1] ?? 0);
          expect(found).toBeLessThanOrEqual(BOUNDS[place] ?? Infinity);
        },
      ),
    );
  });

  test("of nothing there is no quantile, and above the last bound it is that", () => {
    expect(quantile(emptyHistogram(), 0.5)).toBeUndefined();
    const { counts } = emptyHistogram();
    counts[BOUNDS.length] = 7;
    expect(quantile({ counts }, 0.5)).toBe(300);
  });
});

describe("keeping", () => {
  const keepAll = (tally: Tally): Row[] => {
    const kept: Row[] = [];
    tally.keep((rows) => void kept.push(...rows));
    return kept;
  };

  test("gives what was added since the last time, and nothing when nothing was", () => {
    const meter = meterOf();
    meter.call(call("read_text_file"));
    expect(keepAll(meter.tally)).toHaveLength(4);
    expect(keepAll(meter.tally)).toEqual([]);
    meter.call(call("read_text_file"));
    meter.call(call("read_text_file"));
    expect(keepAll(meter.tally)).toContainEqual({
      metric: "portcullis_calls_total",
      labels: ["read_text_file", "allow", "done"],
      value: 2,
      highest: false,
    });
  });

  test("a write that fails loses nothing: the next one has all of it", () => {
    const meter = meterOf();
    meter.call(call("read_text_file"));
    const fail = () =>
      meter.tally.keep(() => {
        throw new Error("full");
      });
    expect(fail).toThrow("full");
    meter.call(call("read_text_file"));
    expect(keepAll(meter.tally)).toContainEqual(expect.objectContaining({ metric: "portcullis_calls_total", value: 2 }));
  });

  test("what was kept in any portions adds up to what was counted", () => {
    const counted = fc.record({
      tool: fc.constantFrom("read_text_file", "write_file", "another"),
      code: fc.option(fc.constantFrom("DENIED", "TIMEOUT"), { nil: undefined }),
      durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      keep: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(counted), (calls) => {
        const meter = meterOf();
        const read = new Tally();
        for (const { keep, code, ...one } of calls) {
          meter.call(call(one.tool, { ...one, ...(code === undefined ? {} : { code }) }));
          if (keep) read.load(keepAll(meter.tally));
        }
        read.load(keepAll(meter.tally));
        expect(summarizeTally(read)).toEqual(summarizeTally(meter.tally));
      }),
    );
  });

  test("rows of another version are left out", () => {
    const tally = new Tally();
    tally.load([
      { metric: "portcullis_something_else", labels: [], value: 1, highest: false },
      { metric: "__proto__", labels: [], value: 1, highest: false },
      { metric: "portcullis_calls_total", labels: ["one label"], value: 1, highest: false },
      { metric: "portcullis_call_seconds", labels: ["read_text_file", "0.123"], value: 1, highest: false },
      { metric: "portcullis_call_seconds", labels: ["sum"], value: 1, highest: false },
    ]);
    expect(summarizeTally(tally)).toMatchObject({ tools: [], refusals: [], rules: [] });
  });
});
