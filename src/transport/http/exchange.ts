/**
 * One request of an older client and its HTTP response: plain JSON when the answer is all there is to say, an event stream once something comes
 * before it (progress, a question) or it takes its time. A stream for every answer would double what a short call costs.
 */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";

/** Milliseconds after which a request without an answer gets its stream, so that proxies and clients hear that it is alive. */
const PATIENCE = 2_000;
/** Milliseconds between comments on a stream that is silent, as the SDK has it. */
const KEEP_ALIVE = 15_000;

const STREAM_HEADERS = { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" };

export class Exchange {
  /** Resolves when it is known what kind of response it is. */
  readonly response: Promise<Response>;
  #settle!: (response: Response) => void;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  #timer: NodeJS.Timeout;

  constructor() {
    this.response = new Promise((resolve) => (this.#settle = resolve));
    this.#timer = setTimeout(() => this.#begin(), PATIENCE).unref();
  }

  /** The answer, which is the end. */
  answer(message: JSONRPCMessage): void {
    if (this.#stream === undefined)
      this.#settle(new Response(JSON.stringify(message), { headers: { "content-type": "application/json" } }));
    else this.tell(message);
    this.end();
  }

  /** A message that comes before the answer. */
  tell(message: JSONRPCMessage): void {
    this.#begin();
    this.#write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  /** The end; without an answer before it is that of a request that was cancelled: a stream with nothing in it. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#stream === undefined) return this.#settle(new Response("", { headers: STREAM_HEADERS }));
    try {
      this.#stream.close();
    } catch {
      // The client has closed it already.
    }
  }

  #begin(): void {
    if (this.#stream !== undefined) return;
    clearTimeout(this.#timer);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#stream = controller),
      cancel: () => clearTimeout(this.#timer),
    });
    this.#timer = setInterval(() => this.#write(": keepalive\n\n"), KEEP_ALIVE).unref();
    this.#settle(new Response(body, { headers: STREAM_HEADERS }));
  }

  #write(text: string): void {
    try {
      this.#stream?.enqueue(new TextEncoder().encode(text));
    } catch {
      // The client has closed it: the call is being cancelled.
    }
  }
}
