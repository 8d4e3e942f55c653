/** One session of an older client (2024-11-05 to 2025-11-25): the SDK's transport, with ids that can't be used twice and calls that end with their stream. */
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { AuthInfo, JSONRPCMessage, RequestId } from "@modelcontextprotocol/server";
import { rpcError } from "./errors.ts";

/** JSON-RPC's code for a request that was cancelled, as the language server protocol has it: nobody reads it, it frees the SDK's own record. */
const CANCELLED = -32_800;

export class SessionTransport extends WebStandardStreamableHTTPServerTransport {
  readonly #inFlight = new Set<RequestId>();

  /** Requests that have no answer yet. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Hands a message of the client in; the answer is its HTTP response. */
  async receive(request: Request, message: JSONRPCMessage, authInfo: AuthInfo): Promise<Response> {
    if (!("method" in message) || !("id" in message)) {
      // A cancelled request is never answered, so its stream ends here.
      if ("method" in message && message.method === "notifications/cancelled") this.#cancelledBy(message);
      return await this.handleRequest(request, { authInfo, parsedBody: message });
    }
    const { id } = message;
    // A second request with the same id would take the first one's answer.
    if (this.#inFlight.has(id)) return rpcError(400, -32_600, "a request with this id is still running", { id });
    this.#inFlight.add(id);
    request.signal.addEventListener("abort", () => this.#abandon(id), { once: true });
    const response = await this.handleRequest(request, { authInfo, parsedBody: message });
    if (response.status !== 200) this.#inFlight.delete(id);
    return response;
  }

  override async send(message: JSONRPCMessage, options?: { relatedRequestId?: RequestId }): Promise<void> {
    if (!("method" in message) && message.id !== undefined) this.#inFlight.delete(message.id);
    await super.send(message, options);
  }

  /** The client has closed the stream: there is nobody left to tell, so the call is cancelled. */
  #abandon(id: RequestId): void {
    if (!this.#inFlight.has(id)) return;
    this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id, reason: "the stream was closed" } });
    this.#release(id);
  }

  #cancelledBy(message: { readonly params?: unknown }): void {
    const id = (message.params as { requestId?: RequestId } | undefined)?.requestId;
    // Behind the notification itself, so that the call is aborted before its stream ends.
    if (id !== undefined && this.#inFlight.has(id)) setImmediate(() => this.#release(id));
  }

  #release(id: RequestId): void {
    this.closeSSEStream(id);
    this.send({ jsonrpc: "2.0", id, error: { code: CANCELLED, message: "the request was cancelled" } }).catch(() => {
      // Answered in the meantime: then there is nothing left to release.
    });
  }
}
