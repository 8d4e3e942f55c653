/** One raw MCP client over HTTP for both eras: a keep-alive pool, no schema checks of its own, every answer held against what it must say. */
import { Pool } from "undici";
import type { Running } from "./http-servers.ts";

export type Era = "2025-11-25" | "2026-07-28";

export interface Answer {
  readonly status: number;
  readonly session: string | undefined;
  /** The JSON-RPC message that answers, undefined where there is none. */
  readonly message: { readonly id?: unknown; readonly result?: Record<string, unknown>; readonly error?: unknown } | undefined;
}

export interface RawClient {
  post(body: object, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Opens a session of an older client; gives its id. Throws what the server said instead. */
  open(): Promise<string>;
  /** Ends one. */
  end(session: string): Promise<number>;
  /** The text that read_text_file gave for a path. Throws whatever else came. `session` only in the older era. */
  read(path: string, session: string | undefined): Promise<string>;
  close(): Promise<void>;
}

const ACCEPT = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const CLIENT = { name: "bench", version: "1" };

/** `connections` is how many requests are under way at most. */
export function createClient(server: Running, connections: number, authorization = server.headers.authorization): RawClient {
  const { origin, pathname } = new URL(server.url);
  const pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 60_000 });
  const own = authorization === undefined ? {} : { authorization };
  let last = 0;

  const post: RawClient["post"] = async (body, headers) => {
    const request = { method: "POST" as const, path: pathname, headers: { ...ACCEPT, ...own, ...headers }, body: JSON.stringify(body) };
    const response = await pool.request(request);
    const text = await response.body.text();
    const session = response.headers["mcp-session-id"];
    return { status: response.statusCode, session: typeof session === "string" ? session : undefined, message: messageIn(text) };
  };

  return {
    post,
    async open() {
      const id = (last += 1);
      const { status, session, message } = await post(initialize(id));
      if (session === undefined || message?.id !== id) throw new Error(`initialize: ${status} ${JSON.stringify(message)}`);
      const initialized = await post({ jsonrpc: "2.0", method: "notifications/initialized" }, inSession(session));
      if (initialized.status !== 202) throw new Error(`initialized: ${initialized.status}`);
      return session;
    },
    async end(session) {
      const response = await pool.request({ method: "DELETE", path: pathname, headers: { ...own, ...inSession(session) } });
      await response.body.dump();
      return response.statusCode;
    },
    async read(path, session) {
      const id = (last += 1);
      const params = { name: "read_text_file", arguments: { path } };
      const body = { jsonrpc: "2.0", id, method: "tools/call", params: session === undefined ? { ...params, _meta: ENVELOPE } : params };
      const { status, message } = await post(body, session === undefined ? MODERN : inSession(session));
      const [content] = (message?.result?.content ?? []) as { text?: string }[];
      if (status !== 200 || message?.id !== id || message.result?.isError === true || content?.text === undefined)
        throw new Error(`read_text_file: ${status} ${JSON.stringify(message)?.slice(0, 300)}`);
      return content.text;
    },
    close: () => pool.destroy(),
  };
}

/** The first message of a session of an older client. */
export function initialize(id: number): object {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: CLIENT };
  return { jsonrpc: "2.0", id, method: "initialize", params };
}

/** Runs `work` for each of `count`, `atOnce` of them at a time. */
export async function bounded(atOnce: number, count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const inSession = (session: string) => ({ "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" });

const MODERN = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "read_text_file" };
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": CLIENT,
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The answer of a body: JSON as it is, or the last message of an event stream (priming events have no data). */
function messageIn(text: string): Answer["message"] {
  if (text === "") return undefined;
  if (text.startsWith("{")) return JSON.parse(text) as Answer["message"];
  const data = text.split("\n").findLast((line) => line.startsWith("data: {"));
  return data === undefined ? undefined : (JSON.parse(data.slice(6)) as Answer["message"]);
}
