import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createRawServer } from "node:net";
import { openEgress } from "../../src/egress/door.ts";
import type { FetchGrant } from "../../src/egress/fetch.ts";
import { Refusal } from "../../src/types.ts";
import type { HttpPage, HttpRequest } from "../../src/types.ts";

export interface Place {
  readonly port: number;
  close(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(server: Server, host: string): Promise<Place> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export async function serve(handler: Handler, host = "127.0.0.1"): Promise<Place> {
  return listen(createServer(handler), host);
}

/** A server that writes what it likes, HTTP or not. */
export async function serveRaw(handler: (socket: Socket) => void): Promise<Place> {
  return listen(createRawServer(handler), "127.0.0.1");
}

export async function serveTls(certificate: { key: string; cert: string }, handler: Handler): Promise<Place> {
  return listen(createTlsServer(certificate, handler), "127.0.0.1");
}

export const ALLOW = { effect: "allow", rules: [] } as const;

/** What `fetch` came to: the page, or the refusal as it would be shown. */
export type Outcome = HttpPage | { readonly code: string; readonly reason: string };

export interface Fetching {
  readonly allow?: readonly string[];
  readonly dns?: readonly string[];
  readonly redirects?: number;
  readonly grant?: Partial<FetchGrant>;
  readonly request?: Partial<HttpRequest>;
}

/** One whole call of fetch. By default everything is admitted, so that what stops a request is the door itself. */
export async function fetchUrl(url: string, { allow = [], dns = [], redirects = 5, grant = {}, request = {} }: Fetching): Promise<Outcome> {
  const egress = openEgress({ allow, dns, redirects });
  const { signal } = new AbortController();
  const eyes = egress.eyes(signal);
  const limits = { timeout: 5000, bytes: 1024 * 1024 };
  const full: FetchGrant = { decide: () => ALLOW, secrets: async () => ({}), record: () => undefined, limits, signal, ...grant };
  const asked = { method: "GET", headers: {}, raw: false, ...request };
  try {
    return await egress.fetch(eyes, full).fetch({ target: eyes.parse(url), ...asked });
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, reason: error.message };
    throw error;
  }
}
