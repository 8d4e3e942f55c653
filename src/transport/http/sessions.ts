/** The sessions of older clients: bound to whoever opened them, capped, ended when idle. To anybody else a session does not exist. */
import type { AuthInfo, JSONRPCMessage } from "@modelcontextprotocol/server";
import type { Authenticated, Build } from "../mcp.ts";
import { authInfoOf } from "./auth-info.ts";
import { HTTP_ERROR, rpcError } from "./errors.ts";
import { trimGreeting } from "./greeting.ts";
import { SessionTransport } from "./session.ts";

/** Sessions that are open at once: of everybody, and of one principal. A further one is refused, so that nobody can push out another's. */
const MOST = 4_000;
const MOST_OF_ONE = 2_000;
/** Milliseconds between looks: a key that was revoked is worth nothing a second later, and neither are the sessions it opened. */
const SWEEP_EVERY = 1_000;
/** Seconds after which a client that found no room may try again. */
const RETRY_AFTER = "60";

interface Session {
  readonly transport: SessionTransport;
  readonly principal: string;
  usedAt: number;
  /** When the credential of its last request ends. */
  expiresAt: number;
  /** The stream for messages of the server is open. */
  listening: boolean;
}

export interface SessionDeps {
  readonly build: Build;
  readonly newSession: () => string;
  /** May this principal still come in? A key may have been revoked. */
  readonly holds: (principal: string) => boolean;
  /** The session has ended: its grants and processes go. */
  readonly endSession: (id: string) => void;
  readonly onError: (error: Error) => void;
  /** Milliseconds without a request after which a session ends. */
  readonly idle: number;
  /** Monotonic milliseconds, and those since the epoch. */
  readonly clock: () => number;
  readonly now: () => number;
}

export class LegacySessions {
  readonly #deps: SessionDeps;
  readonly #sessions = new Map<string, Session>();
  readonly #byPrincipal = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => this.#sweep(), Math.min(SWEEP_EVERY, Math.max(250, deps.idle / 4))).unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A message that was posted: into its session, or the beginning of one. */
  async post(request: Request, message: JSONRPCMessage, who: Authenticated): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    if (id === null) return await this.#begin(request, message, who);
    const session = this.#find(id, who);
    if (session === undefined) return notFound(id, message);
    return await session.transport.receive(request, message, authOf(who, id));
  }

  /** The stream for messages of the server (GET), or the end of a session (DELETE). */
  async handle(request: Request, who: Authenticated): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    if (id === null) return rpcError(400, HTTP_ERROR, "this needs a session: send its id in Mcp-Session-Id");
    const session = this.#find(id, who);
    if (session === undefined) return notFound(id);
    const response = await session.transport.handleRequest(request, { authInfo: authOf(who, id) });
    if (request.method === "GET" && response.status === 200) {
      session.listening = true;
      request.signal.addEventListener(
        "abort",
        () => {
          session.listening = false;
          session.usedAt = this.#deps.clock();
        },
        { once: true },
      );
    }
    return response;
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#sessions.keys()].map((id) => this.#end(id)));
  }

  #find(id: string, who: Authenticated): Session | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || session.principal !== who.principal.id) return undefined;
    session.usedAt = this.#deps.clock();
    session.expiresAt = who.expiresAt ?? Infinity;
    return session;
  }

  async #begin(request: Request, message: JSONRPCMessage, who: Authenticated): Promise<Response> {
    if (!("method" in message) || message.method !== "initialize")
      return rpcError(400, HTTP_ERROR, "this needs a session: send initialize first, then its id in Mcp-Session-Id", idIn(message));
    const { id: principal } = who.principal;
    const own = this.#byPrincipal.get(principal) ?? 0;
    if (own >= MOST_OF_ONE || this.#sessions.size >= MOST)
      return rpcError(429, HTTP_ERROR, "too many sessions are open: end some (DELETE), or try again later", {
        ...idIn(message),
        headers: { "retry-after": RETRY_AFTER },
      });
    const id = this.#deps.newSession();
    const transport = new SessionTransport({ sessionIdGenerator: () => id, onsessionclosed: () => this.#end(id) });
    this.#sessions.set(id, { transport, principal, usedAt: this.#deps.clock(), expiresAt: who.expiresAt ?? Infinity, listening: false });
    this.#byPrincipal.set(principal, own + 1);
    const server = this.#deps.build("legacy");
    server.onerror = this.#deps.onError;
    await server.connect(transport);
    const response = await transport.receive(request, trimGreeting(message), authOf(who, id));
    if (response.status !== 200) await this.#end(id);
    return response;
  }

  async #end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    const left = (this.#byPrincipal.get(session.principal) ?? 1) - 1;
    if (left === 0) this.#byPrincipal.delete(session.principal);
    else this.#byPrincipal.set(session.principal, left);
    await session.transport.close();
    this.#deps.endSession(id);
  }

  #sweep(): void {
    const before = this.#deps.clock() - this.#deps.idle;
    const now = this.#deps.now();
    const gone = new Set([...this.#byPrincipal.keys()].filter((principal) => !this.#deps.holds(principal)));
    // A stream that is open keeps a session from being idle, but not its credential from ending.
    for (const [id, { transport, principal, usedAt, expiresAt, listening }] of this.#sessions)
      if (gone.has(principal) || expiresAt <= now || (usedAt < before && !listening && transport.inFlight === 0))
        this.#end(id).catch(this.#deps.onError);
  }
}

const authOf = (who: Authenticated, session: string): AuthInfo => authInfoOf({ ...who, session });

const idIn = (message: JSONRPCMessage) => ("id" in message && message.id !== undefined ? { id: message.id } : {});

/** What no session can be called is a fault of the request (2025-11-25, "Session Management": visible ASCII); a name that is not there is none. */
function notFound(id: string, message?: JSONRPCMessage): Response {
  const about = message ? idIn(message) : {};
  if (!/^[\x21-\x7e]{1,128}$/.test(id))
    return rpcError(400, HTTP_ERROR, "Mcp-Session-Id holds no session id: up to 128 visible ASCII characters", about);
  return rpcError(404, -32_001, "there is no such session: begin a new one with initialize", about);
}
