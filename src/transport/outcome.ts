/** From an outcome of the gate to an MCP result, the same for both protocol eras. */
import type { CallToolResult } from "@modelcontextprotocol/server";
import type { ApprovalAnswer, Outcome, Question, ToolResult } from "../types.ts";

/** Keys of ours in `_meta`. */
const CALL_META = "io.portcullis/call";
const REFUSAL_META = "io.portcullis/refusal";

/** The form a person fills in. `decision` is required and has no default: some clients accept forms by themselves when nothing is required. */
function approvalForm(choices: Question["choices"]) {
  return {
    type: "object" as const,
    properties: {
      decision: { type: "string" as const, title: "Decision", description: "what may happen", enum: [...choices, "deny"] },
      note: { type: "string" as const, title: "Note", description: "a reason, kept in the audit", maxLength: 500 },
    },
    required: ["decision"],
  };
}

/** The elicitation of a question, as both eras take it. */
export function questionForm(question: Question): { mode: "form"; message: string; requestedSchema: ReturnType<typeof approvalForm> } {
  return { mode: "form", message: question.message, requestedSchema: approvalForm(question.choices) };
}

/** Reads what a client sent back for a form. Whatever isn't exactly one of the three decisions is `invalid`, which approves nothing. */
export function readAnswer(response: unknown, state: string): ApprovalAnswer {
  const { action, content } = (typeof response === "object" && response !== null ? response : {}) as {
    action?: unknown;
    content?: unknown;
  };
  if (action === "decline") return { state, answer: "deny" };
  if (action === "cancel") return { state, answer: "cancel" };
  if (action !== "accept" || typeof content !== "object" || content === null) return { state, answer: "invalid" };
  const { decision, note } = content as { decision?: unknown; note?: unknown };
  if (decision !== "approve_once" && decision !== "approve_session" && decision !== "deny") return { state, answer: "invalid" };
  return { state, answer: decision, ...(typeof note === "string" ? { note: note.slice(0, 500) } : {}) };
}

/** The MCP result of a call that ended: done, planned (a dry run) or refused. */
export function toCallResult(outcome: Exclude<Outcome, { kind: "ask" }>): CallToolResult {
  if (outcome.kind === "refused") {
    const { code, message, remedy } = outcome.refusal;
    const refusal = {
      code,
      reason: message,
      remedy,
      rules: outcome.meta.rules,
      callId: outcome.callId,
      ...(outcome.approval ? { approval: outcome.approval } : {}),
    };
    return {
      isError: true,
      content: [
        {
          type: "text",
          text: `${code.toLowerCase().replaceAll("_", " ")}: ${message}. ${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`,
        },
      ],
      _meta: { [CALL_META]: outcome.meta, [REFUSAL_META]: refusal },
    };
  }
  const { result } = outcome;
  return {
    content: [contentOf(result)],
    ...(result.structured ? { structuredContent: { ...result.structured } } : {}),
    _meta: { [CALL_META]: outcome.meta },
  };
}

function contentOf(result: ToolResult): CallToolResult["content"][number] {
  if (!result.media) return { type: "text", text: result.text };
  const { data, mimeType, uri } = result.media;
  if (mimeType.startsWith("image/")) return { type: "image", data, mimeType };
  if (mimeType.startsWith("audio/")) return { type: "audio", data, mimeType };
  return { type: "resource", resource: { uri, mimeType, blob: data } };
}
