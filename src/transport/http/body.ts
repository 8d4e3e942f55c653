/** The body of a POST: one JSON-RPC message of at most 10 MiB, read once, judged before anything is made for it. */
import { isJsonContentType } from "@modelcontextprotocol/server";
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import type { HttpBindings } from "@hono/node-server";
import { idOf, readMessage } from "../message.ts";
import { HTTP_ERROR, rpcError } from "./errors.ts";

/** Bytes of a request's body. */
export const MAX_BODY = 10 * 1024 * 1024;

/**
 * The message, or the answer that says what is wrong with it: 415, 413, 429, 400. `count` says whether there is room for so many bytes more. Read from Node's own stream: the web stream around it would cost as
 * much as a short call.
 */
export async function readBody(
  request: Request,
  incoming: HttpBindings["incoming"],
  count: (bytes: number) => boolean,
): Promise<JSONRPCMessage | Response> {
  if (!isJsonContentType(request.headers.get("content-type")))
    return rpcError(415, HTTP_ERROR, "the content type must be application/json");
  const encoding = request.headers.get("content-encoding");
  // What a compressed body holds is not known before it is unpacked; no client of ours sends one.
  if (encoding !== null && encoding.toLowerCase() !== "identity")
    return rpcError(415, HTTP_ERROR, "send the body as it is, without a content encoding");
  if (Number(request.headers.get("content-length")) > MAX_BODY) return tooLarge();
  let text: string | Response;
  try {
    text = await readText(incoming, count);
  } catch {
    // The client went away or sent less than it said; whoever still listens hears why.
    return rpcError(400, -32_700, "the body could not be read to its end", CLOSE);
  }
  if (text instanceof Response) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return rpcError(400, -32_700, "the body is not JSON");
  }
  const message = readMessage(value);
  return typeof message === "string" ? rpcError(400, -32_600, message, { id: idOf(value) }) : message;
}

/** The text, or the answer to one that is more than it may be. Rejects when it ends before its time. */
function readText(incoming: HttpBindings["incoming"], count: (bytes: number) => boolean): Promise<string | Response> {
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let size = 0;
    incoming.on("data", (part: Buffer) => {
      size += part.length;
      const hasRoom = count(part.length);
      if (size <= MAX_BODY && hasRoom) return parts.push(part);
      parts = [];
      incoming.pause();
      return resolve(hasRoom ? tooLarge() : tooMuch());
    });
    incoming.on("end", () => resolve(Buffer.concat(parts).toString("utf8")));
    incoming.on("error", reject);
    incoming.on("close", () => incoming.readableEnded || reject(new Error("the body ended before its time")));
  });
}

const tooLarge = () => rpcError(413, HTTP_ERROR, `a message may hold ${MAX_BODY} bytes: send less at once`, CLOSE);

const tooMuch = () =>
  rpcError(429, HTTP_ERROR, "too much of yours is waiting: read the answers to what you asked, and send less at once", {
    headers: { ...CLOSE.headers, "retry-after": "10" },
  });

/** What is left of the body is not read, so the connection can't be used again. */
const CLOSE = { headers: { connection: "close" } };
