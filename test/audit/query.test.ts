import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { queryAudit, type AuditFilter } from "../../src/audit/query.ts";
import { parseAge, parseSince } from "../../src/audit/since.ts";
import type { Effect } from "../../src/types.ts";
import { makeIntent, makeState, startAudit } from "./state.ts";

const NOON = Date.UTC(2026, 10, 20, 12);
const DAY = 86_400_000;

const maybe = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });

describe("a query", () => {
  test("gives the newest that fit in ascending order, whether the reading index has reached them or not", async () => {
    let time = NOON;
    const audit = startAudit(makeState(), { now: () => time });
    const sessions = ["s1", "s2", "s3"];
    const tools = ["read_text_file", "fetch", "github/list_issues"];
    const effects: readonly Effect[] = ["allow", "ask", "deny"];
    for (let n = 0; n < 90; n += 1) {
      const pick = <T>(from: readonly T[], by: number): T => from[Math.floor(n / by) % from.length] as T;
      await audit.intent(
        makeIntent(`c${n}`, {
          session: pick(sessions, 1),
          tool: pick(tools, 3),
          effect: pick(effects, 9),
          principal: n % 4 === 0 ? "ci" : "local",
        }),
      );
      if (n % 5 !== 0) await audit.outcome({ callId: `c${n}`, status: "done", durationMs: n });
      // The clock is set back now and then.
      time += n % 20 === 19 ? -7_000 : 1_000;
      if (n === 50) audit.checkpoint();
    }
    const all = queryAudit(audit.db, { limit: 1_000 });
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: all.length }, (_, n) => n + 1));
    const filter = fc.record({
      session: maybe([...sessions, "s4"]),
      tool: maybe([[], ["none"], ["fetch"], ["fetch", "read_text_file"], tools]),
      principal: maybe(["ci", "local"]),
      effect: maybe(effects),
      since: maybe([0, NOON, NOON + 20_500, NOON + 60_000, NOON + DAY]),
      limit: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(filter, (wanted) => {
        const { since = 0, limit, tool } = wanted;
        const fields = ["session", "principal", "effect"] as const;
        const expected = all
          .filter(
            (line) =>
              fields.every((field) => wanted[field] === undefined || line[field] === wanted[field]) &&
              (tool === undefined || (line.tool !== null && tool.includes(line.tool))) &&
              Date.parse(line.time) >= since,
          )
          .slice(-limit);
        const query: AuditFilter = { ...wanted, tool: tool && ((name) => tool.includes(name)) };
        expect(queryAudit(audit.db, query)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
    audit.close();
  });
});

describe("a time", () => {
  test.each([
    { text: "2026-11-20", time: Date.UTC(2026, 10, 20) },
    { text: "2026-11-20T08:30:00Z", time: Date.UTC(2026, 10, 20, 8, 30) },
    { text: "2026-11-20T08:30:00.250+02:00", time: Date.UTC(2026, 10, 20, 6, 30, 0, 250) },
    { text: "45s", time: NOON - 45_000 },
    { text: "30m", time: NOON - 1_800_000 },
    { text: "12h", time: NOON - 43_200_000 },
    { text: "7d", time: NOON - 604_800_000 },
    { text: "2w", time: NOON - 1_209_600_000 },
  ])("$text is understood", ({ text, time }) => {
    expect(parseSince(text, NOON)).toBe(time);
  });

  test.each([
    "",
    "yesterday",
    "7",
    "7 d",
    "-7d",
    "1.5h",
    "2026-13-01",
    "2026-02-30",
    "2026-11-20T25:00:00Z",
    "20.11.2026",
    "1763640000000",
    "9999999d",
    "2026-11-20 junk",
  ])("`%s` is not one", (text) => {
    expect(parseSince(text, NOON)).toBeUndefined();
  });

  test.each(["90", "d", "90D", "ninety days", "2026-11-20"])("`%s` is not a length of time", (text) => {
    expect(parseAge(text)).toBeUndefined();
  });
});
