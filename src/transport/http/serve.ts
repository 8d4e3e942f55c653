/** Serves over HTTP until it is told to end; then what runs may finish for a while before it is cancelled. */
import type { IncomingMessage } from "node:http";
import { createApp } from "./app.ts";
import type { AppDeps } from "./app.ts";
import { createDoor } from "./door.ts";
import type { Admitted } from "./door.ts";
import { HTTP_ERROR, rpcErrorText } from "./errors.ts";
import { createEndpoint } from "./endpoint.ts";
import { listen } from "./listen.ts";
import type { ListenOptions } from "./listen.ts";
import type { SessionDeps } from "./sessions.ts";

export interface ServeHttpOptions
  extends Omit<AppDeps, "own" | "mcp" | "admitted">, Pick<SessionDeps, "build" | "newSession" | "endSession"> {
  readonly listen: ListenOptions;
  /** Proxies whose word on client and scheme counts. */
  readonly trustProxy: readonly string[];
  readonly own: Omit<AppDeps["own"], "scheme">;
  /** Milliseconds: a session without a request, and what runs when the end comes. */
  readonly timeouts: { readonly session: number; readonly shutdown: number };
  /** Resolves when no call is under way, or after so many milliseconds. */
  readonly settled: (patience: number) => Promise<void>;
}

/** Milliseconds that the answers of the last calls get to be written, and that connections get to close. */
const LAST_TURNS = 50;
const LAST_PATIENCE = 1_000;

/** A server that answers. */
export interface HttpServer {
  readonly url: string;
  /** Takes nothing new, waits for what runs, and ends every session. */
  close(): Promise<void>;
}

/** Rejects with Node's error when it can't listen. */
export async function serveHttp(options: ServeHttpOptions): Promise<HttpServer> {
  const { build, newSession, endSession, onError, timeouts } = options;
  const scheme = options.listen.tls === undefined ? "http" : "https";
  let closing = false;
  const mcp = createEndpoint({
    build,
    newSession,
    endSession,
    holds: (principal) => options.identity?.holds(principal) ?? true,
    onError,
    idle: timeouts.session,
    clock: () => performance.now(),
    now: Date.now,
  });
  const ready = async () => (closing ? ["closing"] : await options.ready());
  const own = { ...options.own, scheme } as const;
  const door = createDoor(own, options.trustProxy);
  const admittances = new WeakMap<IncomingMessage, Admitted>();
  const refuse = (incoming: IncomingMessage) => {
    const found = door(incoming);
    if ("status" in found) return { status: found.status, body: rpcErrorText(HTTP_ERROR, found.reason) };
    admittances.set(incoming, found);
    return undefined;
  };
  const admitted = (incoming: IncomingMessage): Admitted => {
    const found = admittances.get(incoming);
    if (found === undefined) throw new Error("a request came past the door");
    return found;
  };
  const app = createApp({ ...options, own, admitted, mcp, ready });
  const server = await listen((request, bindings) => app.fetch(request, bindings), refuse, options.listen);
  const { address, port } = server;
  return {
    url: `${scheme}://${address.includes(":") ? `[${address}]` : address}:${port}`,
    async close() {
      closing = true;
      const drained = server.drain();
      await options.settled(timeouts.shutdown);
      // What has just ended is written in the turns that follow.
      await new Promise((resolve) => setTimeout(resolve, LAST_TURNS));
      await mcp.close();
      const late = setTimeout(() => server.destroy(), LAST_PATIENCE);
      await drained;
      clearTimeout(late);
    },
  };
}
