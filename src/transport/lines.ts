/**
 * JSON-RPC over lines (the MCP stdio binding). The SDK's own transport drops malformed lines without a word and buffers without telling; this
 * one answers each with the JSON-RPC error it deserves, refuses an id that is still in use, and stays up behind a line that is too long.
 */
import type { JSONRPCMessage, RequestId, Transport } from "@modelcontextprotocol/server";
import type { Readable, Writable } from "node:stream";
import { idOf, readMessage } from "./message.ts";

/** A line may hold this many bytes; the largest legitimate one is a write of `limits.write` with every character escaped. */
const MAX_LINE = 10 * 1024 * 1024;
const NEWLINE = 10;

export class LineTransport implements Transport {
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  readonly #input: Readable;
  readonly #output: Writable;
  #parts: Buffer[] = [];
  #length = 0;
  /** The rest of a line that is too long is read and thrown away. */
  #skipping = false;
  #closed = false;
  readonly #resolveClosed: () => void;
  readonly #inFlight = new Set<RequestId>();

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  start(): Promise<void> {
    this.#input.on("data", this.#read);
    this.#input.on("end", this.#end);
    this.#input.on("close", this.#end);
    this.#input.on("error", this.#fail);
    this.#output.on("error", this.#fail);
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.#closed) return Promise.reject(new Error("the connection is closed"));
    if (!("method" in message) && message.id !== undefined) this.#inFlight.delete(message.id);
    const line = `${JSON.stringify(message)}\n`;
    return new Promise((resolve, reject) => {
      this.#output.write(line, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#input.off("data", this.#read);
    this.#input.off("end", this.#end);
    this.#input.off("close", this.#end);
    this.#input.pause();
    this.onclose?.();
    this.#resolveClosed();
    return Promise.resolve();
  }

  readonly #end = (): void => void this.close();

  readonly #fail = (error: Error): void => {
    this.onerror?.(error);
    void this.close();
  };

  readonly #read = (chunk: Buffer): void => {
    let from = 0;
    while (from < chunk.length && !this.#closed) {
      const newline = chunk.indexOf(NEWLINE, from);
      const until = newline === -1 ? chunk.length : newline;
      this.#keep(chunk.subarray(from, until));
      if (newline === -1) return;
      from = newline + 1;
      if (this.#skipping) this.#skipping = false;
      else this.#handle();
    }
  };

  #keep(part: Buffer): void {
    if (this.#skipping || part.length === 0) return;
    this.#length += part.length;
    if (this.#length <= MAX_LINE) {
      this.#parts.push(part);
      return;
    }
    this.#parts = [];
    this.#length = 0;
    this.#skipping = true;
    this.#reject(null, -32600, `a message may hold ${MAX_LINE} bytes: send less at once`);
  }

  #handle(): void {
    const line = (this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)).toString("utf8").trim();
    this.#parts = [];
    this.#length = 0;
    if (line === "") return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#reject(null, -32700, "this line is not JSON");
      return;
    }
    const message = readMessage(value);
    if (typeof message === "string") {
      this.#reject(idOf(value), -32600, message);
      return;
    }
    if ("method" in message && "id" in message) {
      // A second request with the same id would take the first one's answer.
      if (this.#inFlight.has(message.id)) {
        this.#reject(message.id, -32600, "a request with this id is still running");
        return;
      }
      this.#inFlight.add(message.id);
    } else if ("method" in message && message.method === "notifications/cancelled") {
      // A cancelled request is never answered, so its id is free again.
      const id = (message.params as { requestId?: RequestId } | undefined)?.requestId;
      if (id !== undefined) this.#inFlight.delete(id);
    }
    this.onmessage?.(message);
  }

  #reject(id: RequestId | null, code: number, message: string): void {
    this.onerror?.(new Error(`rejected a message: ${message}`));
    this.#output.write(`${JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } })}\n`);
  }
}
