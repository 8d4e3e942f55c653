import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { Refusal } from "../types.ts";
import { send } from "./dial.ts";
import type { Exchange } from "./proxy.ts";
import { spentAll } from "./tunnel.ts";

/** Headers of one connection only (RFC 9110, 7.6.1), and those that would let the two sides disagree about the message. */
const HOP_BY_HOP: readonly string[] = ["connection", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/** The headers that go on: none of the hop's, none that `Connection` names, none of the proxy's own. */
function passOn(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
  const named = String(headers["connection"] ?? "")
    .toLowerCase()
    .split(/\s*,\s*/);
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.includes(name) || name.startsWith("proxy-") || named.includes(name)) continue;
    passed[name] = value;
  }
  return passed;
}

/** Passes a plain request on and its answer back. Redirects are the client's to follow, each as a request of its own. */
export async function forward(exchange: Exchange, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { target, addresses, signal, idle, count } = exchange;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  response.once("close", () => stop.abort(new Refusal("CANCELLED", "the client went away", "try again")));
  response.setTimeout(idle, () => response.destroy());
  const body = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  const outgoing = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (!count("sent", chunk.length)) throw spentAll();
      yield chunk;
    }
  };
  const headers = passOn(request.headers);
  const sent = { method: request.method ?? "GET", headers, ...(body && { body: Readable.from(outgoing()) }) };
  const answer = await send(target, addresses, sent, either);
  try {
    response.writeHead(answer.status, passOn(answer.headers));
    for await (const chunk of answer.body) {
      if (!count("received", chunk.length)) throw spentAll();
      if (!response.write(chunk)) await once(response, "drain", { signal: either });
    }
    response.end();
  } finally {
    await answer.close();
  }
}
