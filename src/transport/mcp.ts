/** The one server definition: tools/list and tools/call, for both protocol eras and every transport. Each call goes to the gate and nowhere else. */
import { CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, ProtocolError, Server, inputRequired } from "@modelcontextprotocol/server";
import type { ClientCapabilities, InputRequiredResult, ServerContext } from "@modelcontextprotocol/server";
import type { ApprovalAnswer, Call, Outcome, Principal, Question, Risk } from "../types.ts";
import { questionForm, readAnswer, toCallResult } from "./outcome.ts";
import { readTraceparent } from "./trace.ts";

/** A tool as a client sees it in tools/list. */
export interface ToolListing {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly risk: Risk;
  readonly openWorld?: boolean;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** Who is behind an HTTP request. `session` is that of an older client; 2026-07-28 has none on the wire. */
export interface Authenticated {
  readonly principal: Principal;
  /** When the credential ends, in milliseconds since the epoch; absent for one that doesn't. */
  readonly expiresAt?: number;
  readonly session?: string;
}

/** Who calls, and in which session. */
export type Caller = Pick<Call, "principal" | "session">;

/** What a transport needs of the house. */
export interface Serving {
  readonly version: string;
  readonly instructions: string;
  readonly transport: Call["transport"];
  /** Whose request this is, and its session. `client` is the name the client gave itself; `who` is what HTTP found out, stdio has nothing to find out. */
  caller(client: string | undefined, who: Authenticated | undefined): Caller;
  newCallId(): string;
  listTools(principal: Principal): Promise<readonly ToolListing[]>;
  /** Is there a tool of that name at all, hidden or not? */
  hasTool(name: string): boolean;
  guard(call: Call): Promise<Outcome>;
}

/** The request-scoped name under which the one form of a question travels in `input_required`. */
const FORM = "approval";

/** Makes a server for one connection, or for one request, that speaks this era of the protocol. */
export type Build = (era: "modern" | "legacy") => Server;

/** Makes a server for one connection. `era` is the protocol era that this instance speaks. */
export function buildServer(serving: Serving, era: "modern" | "legacy"): Server {
  const server = new Server(
    { name: "portcullis", title: "Portcullis", version: serving.version },
    {
      capabilities: { tools: {} },
      instructions: serving.instructions,
      // The SDK's shim answers a timeout by itself, without re-entering us, so nothing could be parked (FACTS: MCP and the SDK).
      inputRequired: { legacyShim: false },
    },
  );

  server.setRequestHandler("tools/list", async (_request, ctx) => {
    const { principal } = serving.caller(clientName(server, ctx), authenticatedOf(ctx));
    const tools = await serving.listTools(principal);
    return { tools: tools.map(describeTool) };
  });

  server.setRequestHandler("tools/call", async (request, ctx) => {
    const { name, arguments: args } = request.params;
    if (!serving.hasTool(name)) throw new ProtocolError(-32602, "unknown tool: the tools are in tools/list");
    const call: Call = {
      id: serving.newCallId(),
      ...serving.caller(clientName(server, ctx), authenticatedOf(ctx)),
      tool: name,
      args: args ?? {},
      transport: serving.transport,
      interactive: canAsk(server, ctx),
      signal: ctx.mcpReq.signal,
      ...traceOf(ctx),
      ...progressOf(ctx),
    };
    if (era === "modern") {
      const outcome = await serving.guard({ ...call, ...modernAnswer(ctx) });
      return outcome.kind === "ask" ? askModern(outcome.question) : toCallResult(outcome);
    }
    const outcome = await serving.guard(call);
    if (outcome.kind !== "ask") return toCallResult(outcome);
    const approval = await askLegacy(outcome.question, ctx);
    const second = await serving.guard({ ...call, id: outcome.callId, approval });
    if (second.kind === "ask") throw new ProtocolError(-32603, "a question was answered with a question");
    return toCallResult(second);
  });
  return server;
}

function askModern(question: Question): InputRequiredResult {
  return inputRequired({ inputRequests: { [FORM]: inputRequired.elicit(questionForm(question)) }, requestState: question.state });
}

function modernAnswer(ctx: ServerContext): { approval?: ApprovalAnswer } {
  const state = ctx.mcpReq.requestState<string>();
  // Answers that come without a state of ours mean nothing: the call is judged as if they weren't there.
  if (typeof state !== "string") return {};
  return { approval: readAnswer(ctx.mcpReq.inputResponses?.[FORM], state) };
}

/** Older connections: asks by ourselves and comes back with the answer, or with `unanswered`, which parks. */
async function askLegacy(question: Question, ctx: ServerContext): Promise<ApprovalAnswer> {
  try {
    // Sent as it is: the SDK's own reading of the answer would turn a wrong form into the same error as no answer.
    const request = { method: "elicitation/create" as const, params: questionForm(question) };
    return readAnswer(await ctx.mcpReq.send(request, { timeout: question.wait, signal: ctx.mcpReq.signal }), question.state);
  } catch {
    // No answer in time, or a client that declared elicitation and can't do it: a person can still answer later.
    return { state: question.state, answer: ctx.mcpReq.signal.aborted ? "cancel" : "unanswered" };
  }
}

function describeTool(tool: ToolListing): Record<string, unknown> & { name: string; inputSchema: { type: "object" } } {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: tool.inputSchema as { type: "object" },
    annotations: {
      title: tool.title,
      readOnlyHint: tool.risk === "low",
      destructiveHint: tool.risk !== "low",
      idempotentHint: tool.risk === "low",
      openWorldHint: tool.openWorld ?? false,
    },
    _meta: { "io.portcullis/risk": tool.risk },
  };
}

/** The per-request envelope of 2026-07-28; older requests have none. */
function envelope(ctx: ServerContext): Readonly<Record<string, unknown>> {
  return ctx.mcpReq.envelope ?? {};
}

function capabilities(server: Server, ctx: ServerContext): ClientCapabilities | undefined {
  return (envelope(ctx)[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined) ?? server.getClientCapabilities();
}

/** Can the client put a form to a person? A bare `elicitation: {}` means form (2025-06-18). */
function canAsk(server: Server, ctx: ServerContext): boolean {
  const elicitation = capabilities(server, ctx)?.elicitation;
  return elicitation !== undefined && ("form" in elicitation || !("url" in elicitation));
}

function clientName(server: Server, ctx: ServerContext): string | undefined {
  const info = (envelope(ctx)[CLIENT_INFO_META_KEY] as { name?: unknown } | undefined) ?? server.getClientVersion();
  return typeof info?.name === "string" ? shortCopy(info.name) : undefined;
}

/** The beginning of a text, by itself: a slice would keep all of it in memory for as long as it lives. */
export function shortCopy(text: string): string {
  return Buffer.from(text.slice(0, 100)).toString();
}

function traceOf(ctx: ServerContext): Pick<Call, "trace"> {
  const trace = readTraceparent(ctx.mcpReq._meta?.traceparent);
  return trace === undefined ? {} : { trace };
}

/** Put there by the HTTP transport; over stdio there is none. */
function authenticatedOf(ctx: ServerContext): Authenticated | undefined {
  return ctx.http?.authInfo?.extra?.authenticated as Authenticated | undefined;
}

function progressOf(ctx: ServerContext): Pick<Call, "progress"> {
  const token = ctx.mcpReq._meta?.progressToken;
  if (token === undefined) return {};
  let progress = 0;
  return {
    progress: (message) => {
      progress += 1;
      // A client that went away needs no progress; its request is cancelled by the transport.
      ctx.mcpReq.notify({ method: "notifications/progress", params: { progressToken: token, progress, message } }).catch(() => undefined);
    },
  };
}
