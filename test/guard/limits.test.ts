import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chargeCall, chargeEgress, checkEgress } from "../../src/guard/budgets.ts";
import type { BudgetSettings, Use, UsageStore } from "../../src/guard/budgets.ts";
import { Loops } from "../../src/guard/loops.ts";
import { Pauses } from "../../src/guard/pauses.ts";
import { createRates } from "../../src/guard/rates.ts";
import type { ToolRate } from "../../src/guard/rates.ts";
import { Turns } from "../../src/guard/turns.ts";
import { compileTool } from "../../src/policy/rule.ts";
import { Refusal } from "../../src/types.ts";

/** The code of what is thrown, or `ok`. */
function codeOf(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
}

describe("rates", () => {
  const MINUTE = 60_000;
  const clock = { now: 0 };
  const make = () => createRates(compileTool, () => clock.now);
  beforeEach(() => (clock.now = 0));

  test("let a burst of the whole rate through, then one each time one has been earned", () => {
    const take = make();
    const rates: ToolRate[] = [{ tool: "run_command", rate: { count: 30, per: MINUTE } }];
    for (let n = 0; n < 30; n += 1) expect(codeOf(() => take(rates, "p", "run_command"))).toBe("ok");
    expect(codeOf(() => take(rates, "p", "run_command"))).toBe("RATE_LIMITED");
    clock.now += 1_999;
    expect(codeOf(() => take(rates, "p", "run_command"))).toBe("RATE_LIMITED");
    clock.now += 1;
    expect(codeOf(() => take(rates, "p", "run_command"))).toBe("ok");
    expect(codeOf(() => take(rates, "p", "run_command"))).toBe("RATE_LIMITED");
  });

  test("say how long to wait", () => {
    const take = make();
    const rates: ToolRate[] = [{ tool: "*", rate: { count: 2, per: MINUTE } }];
    take(rates, "p", "a");
    take(rates, "p", "b");
    expect(() => take(rates, "p", "c")).toThrow(
      expect.objectContaining({
        code: "RATE_LIMITED",
        message: "the tools may be called 2 times in 60 s (limits.rate)",
        remedy: "Wait 30 s and make the call again.",
      }),
    );
  });

  test("hold for each principal by itself, for tools that match, and for all entries at once", () => {
    const take = make();
    const rates: ToolRate[] = [
      { tool: "*", rate: { count: 3, per: MINUTE } },
      { tool: "github/*", rate: { count: 1, per: MINUTE } },
    ];
    expect(codeOf(() => take(rates, "a", "github/list"))).toBe("ok");
    expect(codeOf(() => take(rates, "a", "github/get"))).toBe("RATE_LIMITED");
    // What one entry refused took nothing from the other: two are left of `*`.
    expect(codeOf(() => take(rates, "a", "read_text_file"))).toBe("ok");
    expect(codeOf(() => take(rates, "a", "read_text_file"))).toBe("ok");
    expect(codeOf(() => take(rates, "a", "read_text_file"))).toBe("RATE_LIMITED");
    expect(codeOf(() => take(rates, "b", "github/list"))).toBe("ok");
  });

  test("never let more through than the burst and what was earned since (property)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 }), (count, waits) => {
        clock.now = 0;
        const take = make();
        const rates: ToolRate[] = [{ tool: "*", rate: { count, per: 10_000 } }];
        let through = 0;
        for (const wait of waits) {
          clock.now += wait;
          if (codeOf(() => take(rates, "p", "t")) === "ok") through += 1;
        }
        expect(through).toBeLessThanOrEqual(count + (clock.now * count) / 10_000);
      }),
    );
  });
});

describe("loops", () => {
  const clock = { now: 0 };
  const call = { session: "s", tool: "read_text_file", args: { path: "gone" } };
  const fail = (loops: Loops, times: number) => {
    for (let n = 0; n < times; n += 1) loops.note(call, "NOT_FOUND");
  };
  beforeEach(() => (clock.now = 1_000_000));

  test("the same call is refused after ten failures within a minute, with the advice to stop", () => {
    const loops = new Loops(() => clock.now);
    fail(loops, 9);
    expect(codeOf(() => loops.check(call))).toBe("ok");
    fail(loops, 1);
    expect(() => loops.check(call)).toThrow(
      expect.objectContaining({ code: "RATE_LIMITED", remedy: expect.stringMatching(/^Stop repeating it/) }),
    );
  });

  test.each<[string, (loops: Loops) => void, Partial<typeof call>]>([
    ["other arguments", () => undefined, { args: { path: "other" } }],
    ["another tool", () => undefined, { tool: "get_file_info" }],
    ["another session", () => undefined, { session: "t" }],
    ["the same call after a minute", () => (clock.now += 60_001), {}],
    ["the same call after it went well once", (loops) => loops.note(call, undefined), {}],
  ])("%s may be made", (_name, change, other) => {
    const loops = new Loops(() => clock.now);
    fail(loops, 10);
    change(loops);
    expect(codeOf(() => loops.check({ ...call, ...other }))).toBe("ok");
  });

  test.each(["RATE_LIMITED", "BUDGET_EXHAUSTED", "APPROVAL_REQUIRED", "CANCELLED"] as const)(
    "%s is no failure: it asks to come back",
    (code) => {
      const loops = new Loops(() => clock.now);
      for (let n = 0; n < 20; n += 1) loops.note(call, code);
      expect(codeOf(() => loops.check(call))).toBe("ok");
    },
  );

  test("a flood of different failing calls pushes out the oldest, not the newest", () => {
    const loops = new Loops(() => clock.now);
    for (let n = 0; n < 1_000; n += 1) loops.note({ ...call, args: { n } }, "FAILED");
    fail(loops, 10);
    expect(codeOf(() => loops.check(call))).toBe("RATE_LIMITED");
  });
});

describe("turns", () => {
  const never = new AbortController().signal;
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("so many calls run, the others in order when one leaves", async () => {
    const turns = new Turns();
    const order: string[] = [];
    expect(turns.enter("p", 2, never)).toBeUndefined();
    expect(turns.enter("p", 2, never)).toBeUndefined();
    const third = turns.enter("p", 2, never)?.then(() => order.push("third"));
    const fourth = turns.enter("p", 2, never)?.then(() => order.push("fourth"));
    expect(turns.enter("other", 2, never)).toBeUndefined();
    turns.leave("p");
    await third;
    expect(order).toEqual(["third"]);
    turns.leave("p");
    await fourth;
    expect(order).toEqual(["third", "fourth"]);
  });

  test("who waits too long is refused, and its place goes to nobody", async () => {
    const turns = new Turns();
    void turns.enter("p", 1, never);
    const second = turns.enter("p", 1, never);
    const refused = expect(second).rejects.toMatchObject({ code: "RATE_LIMITED" });
    vi.advanceTimersByTime(10_000);
    await refused;
    turns.leave("p");
    expect(turns.enter("p", 1, never)).toBeUndefined();
  });

  test("who is cancelled while it waits is gone", async () => {
    const turns = new Turns();
    void turns.enter("p", 1, never);
    const controller = new AbortController();
    const second = turns.enter("p", 1, controller.signal);
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(turns.enter("p", 1, controller.signal)).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("a flood is refused at once", () => {
    const turns = new Turns();
    void turns.enter("p", 1, never);
    for (let n = 0; n < 1024; n += 1) turns.enter("p", 1, never)?.catch(() => undefined);
    expect(codeOf(() => turns.enter("p", 1, never))).toBe("RATE_LIMITED");
  });

  test("at no moment do more run than the limit, and all run in the end (property)", async () => {
    vi.useRealTimers();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 }),
        async (limit, lengths) => {
          const turns = new Turns();
          let running = 0;
          let most = 0;
          await Promise.all(
            lengths.map(async (length) => {
              await turns.enter("p", limit, never);
              running += 1;
              most = Math.max(most, running);
              for (let n = 0; n < length; n += 1) await Promise.resolve();
              running -= 1;
              turns.leave("p");
            }),
          );
          expect(most).toBeLessThanOrEqual(limit);
          expect(running).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("budgets", () => {
  const DAY = 86_400_000;

  /** The store in memory, in the words of session/usage.ts. */
  function memory(): UsageStore {
    const used = new Map<string, number>();
    const key = (use: Use) => JSON.stringify(use);
    return {
      add: (use, amount, limit) => {
        const sum = (used.get(key(use)) ?? 0) + amount;
        if (sum > limit) return undefined;
        used.set(key(use), sum);
        return sum;
      },
      used: (use) => used.get(key(use)) ?? 0,
    };
  }
  const scene = (budgets: BudgetSettings) => {
    const store = memory();
    const session = { calls: 0, egress: 0 };
    const clock = { now: 10 * DAY };
    return {
      session,
      clock,
      call: (principal = "p") => chargeCall(budgets, session, principal, () => store, clock.now),
      check: (principal = "p") => checkEgress(budgets, session, principal, () => store, clock.now),
      receive: (bytes: number, principal = "p") => chargeEgress(budgets, session, principal, () => store, clock.now, bytes),
    };
  };

  test("of a session end with its calls, and warn at 80, 95 and 100 %", () => {
    const { call } = scene({ session: { calls: 100 } });
    const warnings: [number, string[]][] = [];
    for (let n = 1; n <= 100; n += 1) {
      const said = call();
      if (said.length > 0) warnings.push([n, said]);
    }
    expect(warnings).toEqual([
      [80, ["budget: 80 % of this session's calls are used (80 of 100)"]],
      [95, ["budget: 95 % of this session's calls are used (95 of 100)"]],
      [100, ["budget: 100 % of this session's calls are used (100 of 100)"]],
    ]);
    expect(codeOf(call)).toBe("BUDGET_EXHAUSTED");
  });

  test("warn where the policy says so", () => {
    const { call } = scene({ session: { calls: 4, warn_at: [0.5] } });
    expect([call(), call(), call(), call()]).toEqual([[], ["budget: 50 % of this session's calls are used (2 of 4)"], [], []]);
  });

  test("of a principal hold across its sessions and begin anew with the next day", () => {
    const { call, clock, session } = scene({ principal: { calls: { count: 2, per: DAY } } });
    call();
    call();
    expect(call).toThrow(
      expect.objectContaining({ code: "BUDGET_EXHAUSTED", remedy: expect.stringContaining("1970-01-12T00:00:00.000Z") }),
    );
    expect(codeOf(() => call("other"))).toBe("ok");
    clock.now += DAY;
    expect(codeOf(call)).toBe("ok");
    expect(session.calls).toBe(4);
  });

  test("that are used up are charged no more, neither the session's nor the principal's", () => {
    const { call, session } = scene({ session: { calls: 1 }, principal: { calls: { count: 2, per: DAY } } });
    call();
    expect(codeOf(call)).toBe("BUDGET_EXHAUSTED");
    expect(codeOf(call)).toBe("BUDGET_EXHAUSTED");
    session.calls = 0;
    expect(codeOf(call)).toBe("ok");
  });

  test("of egress stop the next request after the bytes came, and never what sends nothing", () => {
    const { check, receive, call } = scene({ session: { egress: 1000 }, principal: { egress: { count: 5000, per: DAY } } });
    expect(codeOf(check)).toBe("ok");
    expect(receive(900)).toEqual(["budget: 80 % of this session's bytes from the network are used (900 of 1000)"]);
    expect(codeOf(check)).toBe("ok");
    expect(receive(4000)).toEqual([
      "budget: 95 % of this session's bytes from the network are used (4900 of 1000)",
      "budget: 100 % of this session's bytes from the network are used (4900 of 1000)",
      "budget: 80 % of your bytes from the network are used (4900 of 5000)",
      "budget: 95 % of your bytes from the network are used (4900 of 5000)",
    ]);
    expect(codeOf(check)).toBe("BUDGET_EXHAUSTED");
    expect(codeOf(call)).toBe("ok");
  });
});

describe("pauses", () => {
  const clock = { now: 0 };
  const paused = new Map<string, string>();
  let reads = 0;
  const make = () =>
    new Pauses({
      pauses: () => {
        reads += 1;
        return new Map(paused);
      },
      resume: (session) => `portcullis sessions resume ${session}`,
      clock: () => clock.now,
    });
  beforeEach(() => {
    vi.useFakeTimers();
    paused.clear();
    reads = 0;
    clock.now = 0;
  });
  afterEach(() => void vi.useRealTimers());

  test("refuse a session with the reason and the command that resumes it", () => {
    const pauses = make();
    paused.set("sess_1", "a person looks into it");
    expect(() => pauses.check("sess_1")).toThrow(
      expect.objectContaining({
        code: "DENIED",
        message: "this session is paused: a person looks into it",
        remedy: "Stop and wait. A person can resume it: portcullis sessions resume sess_1",
      }),
    );
    expect(codeOf(() => pauses.check("sess_2"))).toBe("ok");
  });

  test("of all sessions hold for every one, and say so", () => {
    const pauses = make();
    paused.set("*", "enough");
    expect(() => pauses.check("sess_new")).toThrow("all sessions are paused: enough");
  });

  test("are read again after a fifth of a second, not at every call", () => {
    const pauses = make();
    for (let n = 0; n < 1_000; n += 1) pauses.check("s");
    expect(reads).toBe(1);
    paused.set("s", "x");
    clock.now += 199;
    expect(codeOf(() => pauses.check("s"))).toBe("ok");
    clock.now += 1;
    expect(codeOf(() => pauses.check("s"))).toBe("DENIED");
  });

  test("stop a call that runs, within a second", () => {
    const pauses = make();
    const stopped: string[] = [];
    pauses.check("s");
    for (const session of ["s", "t"]) pauses.enter(session).onPause((refusal) => stopped.push(`${session}: ${refusal.message}`));
    paused.set("s", "x");
    clock.now += 400;
    vi.advanceTimersByTime(400);
    expect(stopped).toEqual(["s: this session is paused: x"]);
  });

  test("stop nothing that has ended, and look no more when nothing runs", () => {
    const pauses = make();
    const stop = vi.fn();
    const running = pauses.enter("s");
    running.onPause(stop);
    running.leave();
    paused.set("s", "x");
    clock.now += 10_000;
    vi.advanceTimersByTime(10_000);
    expect(stop).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that can't be read refuse the call", () => {
    const pauses = new Pauses({
      pauses: () => {
        throw new Refusal("AUDIT_UNAVAILABLE", "the database is locked", "wait");
      },
      resume: String,
      clock: () => 0,
    });
    expect(codeOf(() => pauses.check("s"))).toBe("AUDIT_UNAVAILABLE");
  });
});
