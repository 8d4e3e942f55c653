/**
 * What the suite wants of a server and Portcullis doesn't have (prompts, resources, completion, logging, sampling, forms of a tool's own), put on
 * top of the product's server for these tests. Nothing here runs anything by itself: every request becomes a call of a fixture tool that goes
 * through the product's own handler and so through the gate; only inside of its run does a tool get to talk to the client.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { ProtocolError } from "@modelcontextprotocol/server";
import type { CallToolResult, InputRequiredResult, JSONRPCRequest, Result, Server, ServerContext } from "@modelcontextprotocol/server";
import { PROMPTS, RESOURCES, TEMPLATES } from "./shelf.ts";

/** The request that a fixture tool runs for. */
interface Conversation {
  readonly ctx: ServerContext;
  /** Set by the tool: it can't go on before the client has answered this. */
  wants?: InputRequiredResult;
}

type Handler = (request: JSONRPCRequest, ctx: ServerContext) => Promise<Result>;

const conversations = new AsyncLocalStorage<Conversation>();

/** For the run of a fixture tool: the client that called it. */
export function conversation(): Conversation {
  const current = conversations.getStore();
  if (current === undefined) throw new Error("a fixture tool ran outside of a request");
  return current;
}

/** Puts the features on a server that isn't connected yet. */
export function addFeatures(server: Server): Server {
  server.registerCapabilities({ prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} });
  const gate = productHandler(server);
  const call = async (ctx: ServerContext, name: string, args: Record<string, unknown>) => {
    const current: Conversation = { ctx };
    const request = { jsonrpc: "2.0" as const, id: ctx.mcpReq.id, method: "tools/call", params: { name, arguments: args } };
    const result = (await conversations.run(current, () => gate(request, ctx))) as CallToolResult;
    return { wants: current.wants, result };
  };
  /** A call whose structured content is the whole result of another method; a refusal is that method's error. */
  const read = async <Shape>(ctx: ServerContext, name: string, args: Record<string, unknown>): Promise<Shape> => {
    const { wants, result } = await call(ctx, name, args);
    if (result.isError) throw new ProtocolError(-32602, textOf(result), args);
    return (wants ?? result.structuredContent) as Shape;
  };

  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const { wants, result } = await call(ctx, params.name, params.arguments ?? {});
    if (wants !== undefined) return wants;
    const { content } = (result.structuredContent ?? {}) as { content?: CallToolResult["content"] };
    return content === undefined ? result : { content };
  });
  server.setRequestHandler("prompts/list", () => ({
    prompts: PROMPTS.map(({ name, description, arguments: args }) => ({ name, description, ...(args ? { arguments: args } : {}) })),
  }));
  server.setRequestHandler("prompts/get", ({ params }, ctx) =>
    read(ctx, "test_get_prompt", { name: params.name, arguments: params.arguments ?? {} }),
  );
  server.setRequestHandler("resources/list", () => ({ resources: RESOURCES.map(({ uri, name, mimeType }) => ({ uri, name, mimeType })) }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [...TEMPLATES] }));
  server.setRequestHandler("resources/read", ({ params }, ctx) => read(ctx, "test_read_resource", { uri: params.uri }));
  server.setRequestHandler("resources/subscribe", ({ params }, ctx) => read(ctx, "test_subscribe", { uri: params.uri }));
  server.setRequestHandler("resources/unsubscribe", ({ params }, ctx) => read(ctx, "test_subscribe", { uri: params.uri }));
  server.setRequestHandler("completion/complete", ({ params }, ctx) => read(ctx, "test_complete", { value: params.argument.value }));
  return server;
}

/** The handler that the product itself has put there. The SDK hides it from all but subclasses; here it has to be wrapped, not replaced. */
function productHandler(server: Server): Handler {
  const handler = server["_getRequestHandler"]("tools/call");
  if (handler === undefined) throw new Error("the product serves no tools");
  return handler;
}

function textOf(result: CallToolResult): string {
  return result.content.map((block) => (block.type === "text" ? block.text : "")).join("");
}
