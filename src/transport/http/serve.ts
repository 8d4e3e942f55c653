/** Serves over HTTP until it is told to end; then what runs may finish for a while before it is cancelled. */
import type { HttpBindings } from "@hono/node-server";
import type { Serving } from "../mcp.ts";
import { createApp } from "./app.ts";
import type { AppDeps } from "./app.ts";
import { createEndpoint } from "./endpoint.ts";
import { listen } from "./listen.ts";
import type { ListenOptions } from "./listen.ts";

export interface ServeHttpOptions extends Omit<AppDeps, "own" | "mcp" | "ready"> {
  readonly listen: ListenOptions;
  readonly own: Omit<AppDeps["own"], "scheme">;
  readonly serving: Serving;
  readonly newSession: () => string;
  readonly endSession: (id: string) => void;
  readonly ready: () => Promise<readonly string[]>;
  /** Milliseconds: a session without a request, and what runs when the end comes. */
  readonly timeouts: { readonly session: number; readonly shutdown: number };
  /** Resolves when no call is under way, or after so many milliseconds. */
  readonly settled: (patience: number) => Promise<void>;
}

/** A server that answers. */
export interface HttpServer {
  readonly url: string;
  /** Takes nothing new, waits for what runs, and ends every session. */
  close(): Promise<void>;
}

/** Rejects with Node's error when it can't listen. */
export async function serveHttp(options: ServeHttpOptions): Promise<HttpServer> {
  const { serving, newSession, endSession, onError, timeouts } = options;
  const scheme = options.listen.tls === undefined ? "http" : "https";
  let closing = false;
  const mcp = createEndpoint({ serving, newSession, endSession, onError, idle: timeouts.session, clock: () => performance.now() });
  const ready = async () => (closing ? ["closing"] : await options.ready());
  const app = createApp({ ...options, own: { ...options.own, scheme }, mcp, ready });
  const server = await listen((request: Request, bindings: HttpBindings) => app.fetch(request, bindings), options.listen);
  const { address, port } = server;
  return {
    url: `${scheme}://${address.includes(":") ? `[${address}]` : address}:${port}`,
    async close() {
      closing = true;
      const drained = server.drain();
      await options.settled(timeouts.shutdown);
      await mcp.close();
      // A turn for the last answers to be written.
      setImmediate(() => server.destroy());
      await drained;
    },
  };
}
