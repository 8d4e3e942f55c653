/**
 * One session of an older client (2024-11-05 to 2025-11-25). The SDK's transport opens it, holds the stream for messages of the server and ends it;
 * each request in between has an exchange of its own, an id that can't be used twice, and ends with its connection.
 */
import { SUPPORTED_PROTOCOL_VERSIONS, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { AuthInfo, JSONRPCMessage, RequestId } from "@modelcontextprotocol/server";
import { HTTP_ERROR, rpcError } from "./errors.ts";
import { Exchange } from "./exchange.ts";

export class SessionTransport extends WebStandardStreamableHTTPServerTransport {
  readonly #exchanges = new Map<RequestId, Exchange>();

  /** Requests that have no answer yet. */
  get inFlight(): number {
    return this.#exchanges.size;
  }

  /** Hands a message of the client in; the answer is its HTTP response. */
  async receive(request: Request, message: JSONRPCMessage, authInfo: AuthInfo): Promise<Response> {
    const isRequest = "method" in message && "id" in message;
    if (!isRequest || message.method === "initialize") {
      // A cancelled request is never answered, so its exchange ends here.
      if ("method" in message && message.method === "notifications/cancelled") this.#cancelledBy(message);
      return await this.handleRequest(request, { authInfo, parsedBody: message });
    }
    const { id } = message;
    const refusal = refuseHeaders(request, id);
    if (refusal !== undefined) return refusal;
    // A second request with the same id would take the first one's answer.
    if (this.#exchanges.has(id)) return rpcError(400, -32_600, "a request with this id is still running", { id });
    const exchange = new Exchange();
    this.#exchanges.set(id, exchange);
    request.signal.addEventListener("abort", () => this.#abandon(id, exchange), { once: true });
    this.onmessage?.(message, { authInfo, request });
    return await exchange.response;
  }

  override async send(message: JSONRPCMessage, options?: { relatedRequestId?: RequestId }): Promise<void> {
    const isAnswer = !("method" in message);
    const id = isAnswer ? message.id : options?.relatedRequestId;
    const exchange = id === undefined ? undefined : this.#exchanges.get(id);
    if (id === undefined || exchange === undefined) return await super.send(message, options);
    if (!isAnswer) return exchange.tell(message);
    this.#exchanges.delete(id);
    exchange.answer(message);
  }

  override async close(): Promise<void> {
    await super.close();
    for (const id of this.#exchanges.keys()) this.#release(id);
  }

  /** The client has closed the connection: there is nobody left to tell, so the call is cancelled. */
  #abandon(id: RequestId, exchange: Exchange): void {
    if (this.#exchanges.get(id) !== exchange) return;
    this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id, reason: "the stream was closed" } });
    this.#release(id);
  }

  #cancelledBy(message: { readonly params?: unknown }): void {
    const id = (message.params as { requestId?: RequestId } | undefined)?.requestId;
    // Behind the notification itself, so that the call is aborted before its exchange ends.
    if (id !== undefined && this.#exchanges.has(id)) setImmediate(() => this.#release(id));
  }

  #release(id: RequestId): void {
    this.#exchanges.get(id)?.end();
    this.#exchanges.delete(id);
  }
}

/** What the SDK's transport demands of a request's headers. */
function refuseHeaders({ headers }: Request, id: RequestId): Response | undefined {
  const accept = headers.get("accept") ?? "";
  if (!accept.includes("application/json") || !accept.includes("text/event-stream"))
    return rpcError(406, HTTP_ERROR, "accept both application/json and text/event-stream", { id });
  const version = headers.get("mcp-protocol-version");
  if (version !== null && !SUPPORTED_PROTOCOL_VERSIONS.includes(version))
    return rpcError(400, HTTP_ERROR, `this protocol version is not served: use one of ${SUPPORTED_PROTOCOL_VERSIONS.join(", ")}`, { id });
  return undefined;
}
