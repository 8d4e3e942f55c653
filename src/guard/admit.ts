/**
 * Who may come in now. The list of checks: the session isn't paused; this isn't a loop; rates; budgets; a place among the running calls. A call
 * that comes back with the answer to a question of ours was charged when it asked.
 */
import type { Call } from "../types.ts";
import { chargeCall, chargeEgress, checkEgress } from "./budgets.ts";
import type { BudgetSettings, UsageStore, Used } from "./budgets.ts";
import { Lanes } from "./lanes.ts";
import { Loops } from "./loops.ts";
import { Pauses } from "./pauses.ts";
import { createRates } from "./rates.ts";
import type { ToolRate } from "./rates.ts";
import { createRoom } from "./room.ts";
import { Turns } from "./turns.ts";
import type { Visit } from "./visit.ts";

/** The policy's word on who may come in. */
export interface AdmitSettings {
  readonly limits: { readonly concurrent: number; readonly rate: readonly ToolRate[]; readonly workspace?: number };
  readonly budgets: BudgetSettings;
}

/** A session as the gate counts it; whoever keeps it sees the numbers change. */
export interface Live extends Used {
  refused: number;
  asked: number;
  /** Its numbers have changed, and it is active now. */
  changed(): void;
}

export interface AdmitDeps {
  readonly settings: () => AdmitSettings;
  /** Compiles a tool glob of the policy. */
  readonly matcher: (glob: string) => (tool: string) => boolean;
  /** The session of a call, begun with its first. */
  readonly session: (call: Call) => Live;
  readonly usage: () => UsageStore;
  /** Reasons of the pauses in force, by session; `*` stands for all. */
  readonly pauses: () => ReadonlyMap<string, string>;
  /** Bytes that the workspaces hold. */
  readonly measure: () => Promise<number>;
  /** What resumes a session: the whole command line. */
  readonly resume: (session: string) => string;
  /** A budget has something to say: for log and audit. */
  readonly warn: (call: Call, warning: string) => void;
  /** Monotonic milliseconds, and those since the epoch. */
  readonly clock: () => number;
  readonly now: () => number;
}

/** Questions that may be out at once before the oldest is charged again when it comes back. */
const MOST_ASKED = 10_000;

/** The gate's doorkeeper. */
export interface Doorkeeper {
  /** Throws or rejects with the refusal. */
  admit(call: Call): Visit | Promise<Visit>;
  /** `stop` is done whenever the session is found paused: for what outlives its calls. */
  hold(session: string, stop: () => void): void;
}

/** Makes the admission. */
export function createAdmission(deps: AdmitDeps): Doorkeeper {
  const turns = new Turns();
  const loops = new Loops(deps.clock);
  const pauses = new Pauses(deps);
  const requireRoom = createRoom(deps.measure, deps.clock);
  const rate = createRates(deps.matcher, deps.clock);
  const lanes = new Map<string, { readonly lanes: Lanes; visits: number }>();
  const asked = new Set<string>();

  const admit = (call: Call): Visit | Promise<Visit> => {
    const settings = deps.settings();
    const live = deps.session(call);
    try {
      pauses.check(call.session);
      const back = call.approval !== undefined && asked.delete(call.approval.state);
      const warnings = back ? [] : charge(call, live, settings);
      const turn = turns.enter(call.principal.id, settings.limits.concurrent, call.signal);
      return turn === undefined ? enter(call, live, settings, warnings) : waited(turn, call, live, settings, warnings);
    } catch (error) {
      live.refused += 1;
      throw error;
    }
  };

  return { admit, hold: (session, stop) => pauses.hold(session, stop) };

  /** A call whose turn comes later: by then its session may be paused. */
  async function waited(turn: Promise<void>, call: Call, live: Live, settings: AdmitSettings, warnings: readonly string[]): Promise<Visit> {
    try {
      await turn;
    } catch (error) {
      live.refused += 1;
      throw error;
    }
    const visit = enter(call, live, settings, warnings);
    try {
      pauses.check(call.session);
      return visit;
    } catch (error) {
      live.refused += 1;
      visit.leave();
      throw error;
    }
  }

  function charge(call: Call, live: Live, { limits, budgets }: AdmitSettings): string[] {
    loops.check(call);
    rate(limits.rate, call.principal.id, call.tool);
    const warnings = chargeCall(budgets, live, call.principal.id, deps.usage, deps.now());
    for (const warning of warnings) deps.warn(call, warning);
    return warnings;
  }

  function enter(call: Call, live: Live, { budgets, limits }: AdmitSettings, warnings: readonly string[]): Visit {
    const { session, principal, signal } = call;
    const leavePauses = pauses.enter(session);
    let own = lanes.get(session);
    if (own === undefined) lanes.set(session, (own = { lanes: new Lanes(), visits: 0 }));
    own.visits += 1;
    const { lanes: ways } = own;
    let release: (() => void) | undefined;
    return {
      warnings,
      prepare: async (prepare) => {
        const taken = await ways.prepare(prepare, signal);
        release = taken.release;
        if (taken.prepared.resources.some(({ kind }) => kind === "url")) checkEgress(budgets, live, principal.id, deps.usage, deps.now());
        if (limits.workspace !== undefined) await requireRoom(limits.workspace, taken.prepared.resources);
        return taken.prepared;
      },
      onPause: leavePauses.onPause,
      received: (bytes) => {
        const said = chargeEgress(budgets, live, principal.id, deps.usage, deps.now(), bytes);
        for (const warning of said) deps.warn(call, warning);
        return said;
      },
      asked: (state) => {
        live.asked += 1;
        const [oldest] = asked;
        if (asked.size >= MOST_ASKED && oldest !== undefined) asked.delete(oldest);
        asked.add(state);
      },
      ended: (code) => {
        if (code !== undefined) live.refused += 1;
        loops.note(call, code);
      },
      leave: () => {
        release?.();
        leavePauses.leave();
        turns.leave(principal.id);
        live.changed();
        own.visits -= 1;
        if (own.visits === 0) lanes.delete(session);
      },
    };
  }
}
