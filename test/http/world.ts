/** The built server behind HTTP on a free port of loopback, and requests to it in every shape, also those that no HTTP library would send. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { createInterface } from "node:readline";
import { ENTRY } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";

export interface Served {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Lines of the log so far, and those to come. */
  readonly log: Record<string, unknown>[];
  /** The first line, from now or before, that fits. */
  line(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Sends SIGTERM and waits for the end; gives the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `serve --http 0` for a world; resolves when it listens. `before` are words that start its command. */
export async function startHttp(world: World, args: readonly string[] = [], listen = "0", before: readonly string[] = []): Promise<Served> {
  const [command = "", ...words] = [
    ...before,
    process.execPath,
    ENTRY,
    "serve",
    "--workspace",
    world.workspace,
    "--state",
    world.state,
    "--http",
    listen,
    ...args,
  ];
  const child = spawn(command, words, { cwd: world.workspace, env: world.env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit") as Promise<[number | null]>;
  const log: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const other: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.startsWith("{")) log.push(JSON.parse(line) as Record<string, unknown>);
    else other.push(line);
    for (const look of waiting) look();
  });
  const line = (fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = log.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const listening = await Promise.race([line(({ url }) => typeof url === "string"), ended]);
  if (Array.isArray(listening)) throw new Error(`the server ended with ${listening[0]}: ${other.join("\n")}`);
  const url = String(listening.url);
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    log,
    line,
    stop: async () => {
      child.kill("SIGTERM");
      return (await ended)[0];
    },
  };
}

/** Makes a key of this name; gives its secret. */
export async function makeKey(world: World, name: string, ...more: string[]): Promise<string> {
  const made = await world.run(["keys", "create", "--name", name, ...more]);
  if (made.code !== 0) throw new Error(made.stderr);
  return made.stdout.trim();
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes as they are and reads until the server closes the connection or has sent a whole response. Status 0: closed without an answer. */
export function sendRaw(port: number, bytes: string | Buffer, host = "127.0.0.1"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, host);
    let text = "";
    const done = (): void => {
      socket.destroy();
      resolve(parseAnswer(text));
    };
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (isWhole(text)) done();
    });
    socket.on("end", done);
    socket.on("close", done);
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" || error.code === "EPIPE" ? done() : reject(error)));
    socket.write(bytes);
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (/\r\ntransfer-encoding: chunked/i.test(text)) return text.endsWith("\r\n0\r\n\r\n");
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return end !== -1 && length !== undefined && Buffer.byteLength(text.slice(end + 4)) >= Number(length);
}

function parseAnswer(text: string): Answer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()] as const);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0), headers: Object.fromEntries(headers), body: rest.join("\r\n\r\n") };
}

/** A request as text, with exactly these headers. */
export function requestText(method: string, path: string, headers: readonly (readonly [string, string])[], body = ""): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const length = body === "" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\n${lines}${length}\r\n${body}`;
}

export const JSON_HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

export const initialize = (id: number | string = 1, version = "2025-11-25") => ({
  jsonrpc: "2.0",
  id,
  method: "initialize",
  params: { protocolVersion: version, capabilities: {}, clientInfo: { name: "raw", version: "1" } },
});

/** POSTs a message; the answer's JSON-RPC message is read from JSON and from an event stream alike. */
export async function post(
  url: string,
  message: unknown,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<{ status: number; headers: Headers; message: Record<string, unknown> | undefined }> {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: { ...JSON_HEADERS, ...headers },
    body,
    ...(signal ? { signal } : {}),
  });
  const text = await response.text();
  const data = text.startsWith("{") ? text : (/^data: (.*)$/m.exec(text)?.[1] ?? "");
  return {
    status: response.status,
    headers: response.headers,
    message: data === "" ? undefined : (JSON.parse(data) as Record<string, unknown>),
  };
}

/** Opens a session of an older client; gives the headers that belong to it. */
export async function openSession(url: string, key?: string): Promise<Record<string, string>> {
  const auth = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const { headers, status } = await post(url, initialize(), auth);
  if (status !== 200) throw new Error(`no session: ${status}`);
  const session = { ...auth, "mcp-session-id": headers.get("mcp-session-id") ?? "", "mcp-protocol-version": "2025-11-25" };
  await post(url, { jsonrpc: "2.0", method: "notifications/initialized" }, session);
  return session;
}

export const toolCall = (id: number | string, name: string, args: object) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args },
});

/** A call as 2026-07-28 makes it: version, client and capabilities in the request itself. */
export function modernCall(id: number | string, name: string, args: object, capabilities: object = {}) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args, _meta } };
}

export const MODERN_HEADERS = (name: string) => ({ "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name });
