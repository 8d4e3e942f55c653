/** The one way in. Every call of every tool comes through here, top to bottom; nothing else runs a tool. */
import { Refusal } from "../types.ts";
import type {
  RefusalCode,
  ApprovalTicket,
  Call,
  Decision,
  Obligations,
  Outcome,
  Permit,
  Prepared,
  SandboxNote,
  ToolResult,
} from "../types.ts";
import { judgeAdmitted, judgeCall, judgeResolved, judgeUrls } from "./judge.ts";
import { admits, enter, metaOf } from "./passage.ts";
import type { Passage } from "./passage.ts";
import { previewOf } from "./preview.ts";
import { cancelledRefusal, endedBy, markersRefusal, timeoutRefusal, toRefusal, withCause } from "./refusals.ts";
import type { Opened, OutcomeRecord, Stages } from "./stages.ts";
import { summarize } from "./summary.ts";

/** Makes the gate. It never throws for anything a caller did: an outcome comes back in every case. */
export function createGuard(stages: Stages): (call: Call) => Promise<Outcome> {
  return async (call) => {
    const tool = stages.tool(call.tool);
    const policy = stages.policy();
    const passage: Passage = {
      call,
      started: stages.clock(),
      effect: "deny",
      rules: [],
      warnings: [],
      policy,
      durability: "process",
      hops: [],
    };
    const opened = stages.open(call);
    try {
      if (!tool) throw new Refusal("NOT_FOUND", "there is no such tool", "Look at tools/list.");
      const visit = await stages.admit(call);
      Object.assign(passage, { visit, warnings: visit.warnings });
      // Prepare: arguments against the schema, and the canonical resources they touch.
      const prepared = await visit.prepare(() => tool.prepare(call.args, opened.eyes));
      const named = judgeCall(policy, call, tool, prepared, stages.workspaces);
      enter(passage, named);
      const judged = await judgeAdmitted(policy, call, tool, prepared, named);
      enter(passage, judged);
      const { query, decision } = judged;
      if (prepared.written !== undefined && stages.carriesMarkers(prepared.written)) throw markersRefusal(stages.markersRemedy);

      if (decision.effect === "dry_run" || call.args.dryRun === true) return await plan(passage, prepared, decision, opened);
      if (decision.effect === "ask") {
        const preview = () => previewOf(prepared, previewPermit(passage, decision, opened), call);
        const settled = await stages.settle(call, query, prepared, decision, preview);
        if (settled.kind === "ask") return await ask(passage, settled.question, settled.callId);
        if (settled.channel !== undefined) passage.channel = settled.channel;
        passage.call = { ...call, id: settled.callId };
        if (settled.kind === "refused") return await refuse(passage, settled.refusal, settled.ticket);
        // The yes lets names be looked up; what they mean can still be denied.
        const resolved = await judgeResolved(policy, call, tool, prepared, judged);
        if (resolved.decision.effect === "deny") enter(passage, resolved);
      }
      return await perform(passage, prepared, decision, opened);
    } catch (error) {
      return await refuse(passage, toRefusal(error, call.signal));
    } finally {
      passage.visit?.leave();
      opened.close();
    }
  };

  /** Intent, run, sanitize, outcome: the only place where hands get to work. */
  async function perform(passage: Passage, prepared: Prepared, decision: Decision, opened: Opened): Promise<Outcome> {
    const { call } = passage;
    await intent(passage);
    const limits = decision.obligations;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(timeoutRefusal(limits.timeout)), limits.timeout);
    const cancel = () => controller.abort(cancelledRefusal());
    call.signal.addEventListener("abort", cancel, { once: true });
    passage.visit?.onPause((refusal) => controller.abort(refusal));
    try {
      if (call.signal.aborted) throw cancelledRefusal();
      controller.signal.throwIfAborted();
      const received = (bytes: number): void => {
        passage.warnings = [...passage.warnings, ...(passage.visit?.received(bytes) ?? [])];
      };
      const permit = opened.permit({
        callId: call.id,
        resources: passage.judged?.resources ?? [],
        ...(passage.judged ? { judged: passage.judged } : {}),
        denied: passage.judged?.denied ?? new Map(),
        limits,
        signal: controller.signal,
        admits: admits(passage),
        judgeUrl: passage.judged ? judgeUrls(passage.policy, passage.judged) : denyUrl,
        record: (hop) => {
          passage.hops.push(hop);
          received(hop.bytes);
        },
        received,
        progress: call.progress ?? ignoreProgress,
        preview: false,
      });
      const result = await prepared.run(permit);
      return await release(passage, "done", result, limits);
    } catch (error) {
      const { aborted, reason } = controller.signal;
      return await close(passage, aborted ? endedBy(reason, error, call.signal) : toRefusal(error, call.signal));
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener("abort", cancel);
    }
  }

  /** A dry run: shows what would be done with no more than the reads that are allowed. */
  async function plan(passage: Passage, prepared: Prepared, decision: Decision, opened: Opened): Promise<Outcome> {
    await intent(passage);
    try {
      const preview = await previewOf(prepared, previewPermit(passage, decision, opened), passage.call);
      const text = `Nothing was changed. What would be done: ${preview.title}${preview.text === "" ? "" : `\n${preview.text}`}`;
      return await release(passage, "planned", { text, source: "workspace" }, decision.obligations);
    } catch (error) {
      return await close(passage, toRefusal(error, passage.call.signal));
    }
  }

  async function ask(passage: Passage, question: Extract<Outcome, { kind: "ask" }>["question"], callId: string): Promise<Outcome> {
    const { call } = passage;
    await stages.recorder.approval(callId, call.session, { event: "asked", approval: question.id, tool: call.tool, rules: passage.rules });
    passage.visit?.asked(question.state);
    note(passage, "asked");
    return { kind: "ask", callId, question, meta: metaOf(passage, callId) };
  }

  /** A call that is refused before it ran: recorded like any other. */
  async function refuse(passage: Passage, refusal: Refusal, ticket?: ApprovalTicket): Promise<Outcome> {
    try {
      await intent(passage);
    } catch (error) {
      return await unrecorded(passage, error, refusal);
    }
    return close(passage, refusal, ticket);
  }

  /** Records the outcome of a call that ended in a refusal. */
  async function close(passage: Passage, refusal: Refusal, ticket?: ApprovalTicket): Promise<Outcome> {
    const status = refusal.code === "CANCELLED" ? "cancelled" : refusal.code === "FAILED" ? "failed" : "refused";
    try {
      await outcome(passage, status, refusal.code);
    } catch (error) {
      return await unrecorded(passage, error, refusal);
    }
    note(passage, status, refusal);
    return refused(passage, refusal, ticket);
  }

  /** A refusal that can't be recorded is told all the same; the log is all that keeps it, and what was behind the one that it stands for. */
  async function unrecorded(passage: Passage, error: unknown, instead: Refusal): Promise<Outcome> {
    const refusal = withCause(toRefusal(error, passage.call.signal), instead.cause);
    note(passage, "refused", refusal);
    return await refused(passage, refusal, undefined);
  }

  async function refused(passage: Passage, refusal: Refusal, ticket: ApprovalTicket | undefined): Promise<Outcome> {
    const shown = new Refusal(refusal.code, await stages.cleanLine(refusal.message), await stages.cleanLine(refusal.remedy));
    const { id: callId } = passage.call;
    return { kind: "refused", callId, refusal: shown, meta: metaOf(passage, callId), ...(ticket ? { approval: ticket } : {}) };
  }

  async function release(passage: Passage, kind: "done" | "planned", result: ToolResult, limits: Obligations): Promise<Outcome> {
    const cleaned = await stages.clean(passage.call.tool, result, limits);
    // Recorded before it is told: a result whose record can't be written is withheld.
    await outcome(passage, kind, undefined, cleaned.notes.sandbox);
    note(passage, kind);
    const meta = { ...metaOf(passage, passage.call.id), ...cleaned.notes };
    return { kind, callId: passage.call.id, result: cleaned.result, meta };
  }

  function intent(passage: Passage): Promise<void> {
    const { call, judged, effect, rules, policy, durability } = passage;
    return stages.recorder.intent({
      callId: call.id,
      session: call.session,
      principal: call.principal.id,
      tool: call.tool,
      effect,
      rules,
      args: call.args,
      summary: summarize(call),
      ...(judged ? { query: judged.query } : {}),
      policyDigest: policy.digest,
      durability,
      ...traceOf(call),
    });
  }

  function outcome(passage: Passage, status: OutcomeRecord["status"], code?: RefusalCode, sandbox?: SandboxNote): Promise<void> {
    const { call, channel, durability, hops } = passage;
    const durationMs = stages.clock() - passage.started;
    return stages.recorder.outcome({
      callId: call.id,
      status,
      durationMs,
      durability,
      ...(code ? { code } : {}),
      ...(channel ? { channel } : {}),
      ...(hops.length > 0 ? { hops } : {}),
      ...(sandbox ? { sandbox } : {}),
    });
  }

  function note(passage: Passage, status: OutcomeRecord["status"] | "asked", refusal?: Refusal): void {
    const { call, effect, rules } = passage;
    if (status !== "asked") passage.visit?.ended(refusal?.code);
    const durationMs = Math.round((stages.clock() - passage.started) * 1000) / 1000;
    const entry = {
      callId: call.id,
      tool: call.tool,
      effect,
      rules,
      status,
      session: call.session,
      principal: call.principal.id,
      durationMs,
      ...traceOf(call),
    };
    stages.log(refusal ? { ...entry, code: refusal.code } : entry, refusal?.cause);
  }
}

const traceOf = ({ trace }: Call): Pick<Call, "trace"> => (trace === undefined ? {} : { trace });

function previewPermit(passage: Passage, decision: Decision, opened: Opened): Permit {
  const { id: callId, signal } = passage.call;
  return opened.permit({
    callId,
    resources: [],
    denied: new Map(),
    limits: decision.obligations,
    signal,
    admits: admits(passage),
    judgeUrl: denyUrl,
    record: ignoreProgress,
    received: ignoreProgress,
    progress: ignoreProgress,
    preview: true,
  });
}

/** A preview sends nothing. */
const denyUrl = () => ({ effect: "deny" as const, rules: [] });

const ignoreProgress = (): void => undefined;
