/** Open questions: asked within the connection or parked for a person elsewhere, answered once, spent once. */
import { Refusal } from "../types.ts";
import type { ApprovalTicket, Call, Decision, Preview, Question } from "../types.ts";
import { questionText } from "./form.ts";
import { sealState, stateId, verifyState } from "./seal.ts";
import type { Binding } from "./seal.ts";

export type PendingStatus = "pending" | "approved" | "denied" | "spent" | "stale" | "expired";

/** A question as it is kept; times in milliseconds since the epoch. `preview` is empty once it is answered. */
export interface PendingRow extends Binding {
  readonly id: string;
  readonly callId: string;
  readonly session: string;
  readonly principal: string;
  readonly tool: string;
  readonly title: string;
  readonly preview: string;
  readonly createdAt: number;
  /** Until when the caller's own client may answer. */
  readonly answerBy: number;
  /** Until when anybody may answer, and an approved one may be spent. */
  readonly expiresAt: number;
  readonly status: PendingStatus;
  readonly channel: string | null;
}

/** Where questions live. Every change of status is one atomic step, also across processes that share the state. */
export interface PendingStore {
  insert(row: PendingRow): void;
  find(id: string): PendingRow | undefined;
  /** The newest question about this call that is pending, approved or denied and hasn't expired. */
  open(identity: string, now: number): PendingRow | undefined;
  /** Closes what has expired and erases its preview. */
  expire(now: number): void;
  countPending(session: string, now: number): number;
  /** Moves from one status to another and erases the preview; false when it wasn't in `from` any more. */
  transition(id: string, from: PendingStatus, to: PendingStatus, channel?: string): boolean;
  insertGrant(grant: {
    session: string;
    principal: string;
    policy: string;
    scope: string;
    tool: string;
    title: string;
    expiresAt: number;
    createdAt: number;
  }): void;
  hasGrant(session: string, scope: string, now: number): boolean;
}

/** The policy's word on approvals, in milliseconds. */
export interface ApprovalSettings {
  readonly headless: "park" | "deny";
  readonly timeout: number;
  readonly parked: number;
  readonly sessionTtl: number;
  /** How long a yes may last; without `session` nobody is offered `approve_session`. */
  readonly remember: readonly ("once" | "session")[];
}

export type Settled =
  | { readonly kind: "go"; readonly channel: string; readonly callId: string }
  | { readonly kind: "ask"; readonly question: Question; readonly callId: string }
  | {
      readonly kind: "refused";
      readonly refusal: Refusal;
      readonly ticket?: ApprovalTicket;
      readonly channel?: string;
      readonly callId: string;
    };

export interface Desk {
  /** Decides what becomes of a call that has to be asked about: goes ahead, asks, or is refused. `preview` is only made when a question is. */
  settle(call: Call, bound: Binding, decision: Decision, grantable: boolean, preview: () => Promise<Preview>): Promise<Settled>;
}

/** Older connections wait no longer than this: many clients give up at 60 s (FACTS: MCP and the SDK). */
const LONGEST_WAIT = 50_000;
/** Open questions a session may have; more is a flood. */
const MOST_PENDING = 32;
/** A clock that went back further than this makes every expiry meaningless. */
const CLOCK_SLACK = 60_000;

function ticketOf(row: PendingRow): ApprovalTicket {
  return { id: row.id, expiresAt: new Date(row.expiresAt).toISOString() };
}

function refuse(callId: string, code: "STALE_APPROVAL" | "APPROVAL_DECLINED", reason: string, remedy: string, channel?: string): Settled {
  return { kind: "refused", refusal: new Refusal(code, reason, remedy), callId, ...(channel ? { channel } : {}) };
}

function stale(callId: string, reason: string): Settled {
  return refuse(callId, "STALE_APPROVAL", reason, "Make the call again: it will be asked about anew, as things stand now.");
}

function declined(callId: string, note: string | undefined, channel: string): Settled {
  const reason = note ? `a person said no: ${JSON.stringify(note.slice(0, 200))}` : "it was not approved";
  return refuse(callId, "APPROVAL_DECLINED", reason, "Don't try it again unchanged: ask the person what they would accept.", channel);
}

export function createDesk(deps: {
  readonly store: PendingStore;
  /** Read at each use, because it may have been rotated. */
  readonly key: () => Uint8Array;
  readonly settings: () => ApprovalSettings;
  readonly now: () => number;
  readonly newId: () => string;
  /** The whole command line of one of our own commands, ready to paste. */
  readonly command: (...words: string[]) => string;
}): Desk {
  const { store, now } = deps;

  function park(row: PendingRow): Settled {
    const remedy = `A person can answer it: ${deps.command("approvals", "approve", row.id)} (see it first: ${deps.command("approvals", "show", row.id)}). Then make the identical call again.`;
    return {
      kind: "refused",
      refusal: new Refusal("APPROVAL_REQUIRED", `${row.title} needs a person's yes`, remedy),
      ticket: ticketOf(row),
      callId: row.callId,
    };
  }

  /** The caller came back with an answer to a question. */
  function answer(call: Call, bound: Binding, decision: Decision, choices: Question["choices"]): Settled {
    const given = call.approval;
    const id = given && stateId(given.state);
    const row = id === undefined ? undefined : store.find(id);
    if (!given || !row || row.principal !== call.principal.id || !verifyState(deps.key(), given.state, row.id, call.session, row.binding))
      return stale(call.id, "the answer belongs to no question of this session");
    const at = now();
    // Where nobody answered, that very moment has passed: it is parked.
    const late = given.answer !== "unanswered" && at > row.answerBy;
    if (row.status !== "pending" || late || at < row.createdAt - CLOCK_SLACK)
      return stale(call.id, "the question was answered already or has expired");
    if (row.binding !== bound.binding) {
      store.transition(row.id, "pending", "stale");
      return stale(row.callId, "something changed between the question and the answer");
    }
    // What wasn't offered is no answer.
    switch (given.answer === "approve_session" && !choices.includes("approve_session") ? "invalid" : given.answer) {
      case "approve_once":
      case "approve_session": {
        if (decision.obligations.channel === "out_of_band") return park(row);
        if (!store.transition(row.id, "pending", "spent", "elicitation")) return stale(row.callId, "the question was answered already");
        if (given.answer === "approve_session")
          store.insertGrant({
            session: call.session,
            principal: call.principal.id,
            policy: decision.digest,
            scope: bound.scope,
            tool: call.tool,
            title: row.title,
            createdAt: at,
            expiresAt: at + deps.settings().sessionTtl,
          });
        return { kind: "go", channel: "elicitation", callId: row.callId };
      }
      case "unanswered":
        if (deps.settings().headless === "park") return park(row);
        store.transition(row.id, "pending", "expired");
        return {
          kind: "refused",
          refusal: new Refusal("TIMEOUT", "nobody answered in time", "Make the call again when a person is there."),
          callId: row.callId,
        };
      case "deny":
      case "cancel":
      case "invalid":
        // The caller hears the no right here; only one that was given elsewhere waits for the next identical call.
        store.transition(row.id, "pending", "spent", "elicitation");
        return declined(row.callId, given.note, "elicitation");
    }
  }

  /** An answer that was given elsewhere (console, command line) to the identical call. */
  function answeredElsewhere(call: Call, bound: Binding): Settled | undefined {
    const row = store.open(bound.identity, now());
    if (!row || row.principal !== call.principal.id || row.status === "pending") return undefined;
    const channel = row.channel ?? "cli";
    if (row.status === "denied") {
      return store.transition(row.id, "denied", "spent") ? declined(call.id, undefined, channel) : undefined;
    }
    if (now() < row.createdAt - CLOCK_SLACK) {
      store.transition(row.id, "approved", "stale");
      return stale(call.id, "the clock was set back since it was approved");
    }
    if (row.binding !== bound.binding) {
      store.transition(row.id, "approved", "stale");
      return stale(call.id, "something changed since it was approved");
    }
    return store.transition(row.id, "approved", "spent") ? { kind: "go", channel, callId: call.id } : undefined;
  }

  return {
    async settle(call, bound, decision, grantable, preview) {
      const settings = deps.settings();
      const choices: Question["choices"] =
        grantable && settings.remember.includes("session") ? ["approve_once", "approve_session"] : ["approve_once"];
      // What has expired stays so on record, whatever the clock says later.
      store.expire(now());
      if (call.approval) return answer(call, bound, decision, choices);
      if (grantable && store.hasGrant(call.session, bound.scope, now())) return { kind: "go", channel: "session_grant", callId: call.id };
      const elsewhere = answeredElsewhere(call, bound);
      if (elsewhere) return elsewhere;

      const ask = call.interactive && decision.obligations.channel === "any";
      const shown = await preview();
      if (!ask && settings.headless === "deny") {
        const refusal = new Refusal(
          "DENIED",
          "this needs a person's yes and the policy has nobody to ask",
          "Ask for a rule that allows it.",
        );
        return { kind: "refused", refusal, callId: call.id };
      }
      const at = now();
      const open = store.open(bound.identity, at);
      let row = open?.status === "pending" && open.binding === bound.binding && open.session === call.session ? open : undefined;
      if (!row) {
        if (store.countPending(call.session, at) >= MOST_PENDING) {
          const refusal = new Refusal(
            "RATE_LIMITED",
            `${MOST_PENDING} questions of this session are open`,
            "Wait until a person has answered some of them.",
          );
          return { kind: "refused", refusal, callId: call.id };
        }
        row = {
          ...bound,
          id: deps.newId(),
          callId: call.id,
          session: call.session,
          principal: call.principal.id,
          tool: call.tool,
          title: shown.title,
          preview: questionText(call, shown, decision.reason),
          createdAt: at,
          answerBy: at + settings.timeout,
          expiresAt: at + settings.parked,
          status: "pending",
          channel: null,
        };
        store.insert(row);
      }
      if (!ask) return park({ ...row, title: shown.title, callId: call.id });
      const wait = Math.min(LONGEST_WAIT, settings.timeout);
      const question: Question = {
        id: row.id,
        message: row.preview,
        state: sealState(deps.key(), row.id, call.session, row.binding),
        wait,
        choices,
      };
      return { kind: "ask", question, callId: row.callId };
    },
  };
}
