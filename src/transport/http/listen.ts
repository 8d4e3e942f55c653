/** The listening socket: its limits in time and number, TLS, and the way to end it without cutting off what runs. */
import { createAdaptorServer } from "@hono/node-server";
import type { HttpBindings } from "@hono/node-server";
import { createServer as createPlainServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Connections, mostConnections } from "./connections.ts";

/** Where and how to listen; times in milliseconds. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Certificate chain and key in PEM. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly timeouts: { readonly header: number; readonly request: number; readonly idle: number };
}

/** A server that listens. */
export interface Listening {
  readonly address: string;
  readonly port: number;
  /** Takes no new connections and lets those go that do nothing, now and later; resolves when the last one has ended. */
  drain(): Promise<void>;
  /** Ends what is left. */
  destroy(): void;
}

/** Bytes of all headers, and how many there may be. */
const MOST_HEADER_BYTES = 16 * 1024;
const MOST_HEADERS = 100;
/** Milliseconds between looks at connections that take too long. */
const CHECK_EVERY = 1_000;

type Fetch = (request: Request, bindings: HttpBindings) => Promise<Response> | Response;

/** Listens; a request that `refuse` has an answer for goes no further. Rejects with Node's error (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
export function listen(
  fetch: Fetch,
  refuse: (incoming: IncomingMessage) => { readonly status: number; readonly body: string } | undefined,
  options: ListenOptions,
): Promise<Listening> {
  const { host, port, tls, timeouts } = options;
  const serverOptions = {
    headersTimeout: timeouts.header,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.idle,
    connectionsCheckingInterval: CHECK_EVERY,
    maxHeaderSize: MOST_HEADER_BYTES,
    insecureHTTPParser: false,
    ...(tls === undefined ? {} : { ...tls, handshakeTimeout: timeouts.header, minVersion: "TLSv1.2" as const }),
  };
  const behindDoor =
    (listener: RequestListener): RequestListener =>
    (incoming, outgoing) => {
      const refusal = refuse(incoming);
      if (refusal === undefined) listener(incoming, outgoing);
      else outgoing.writeHead(refusal.status, { "content-type": "application/json", connection: "close" }).end(refusal.body);
    };
  const create = (given: ServerOptions, listener: RequestListener): Server =>
    tls === undefined ? createPlainServer(given, behindDoor(listener)) : createTlsServer(given, behindDoor(listener));
  const server = createAdaptorServer({
    fetch: (request, bindings) => fetch(request, bindings as HttpBindings),
    serverOptions,
    createServer: create as typeof createPlainServer,
  }) as Server;
  server.maxHeadersCount = MOST_HEADERS;
  const connections = new Connections(mostConnections());
  // Before the handshake of TLS: who never makes one holds a descriptor too.
  server.on("connection", (socket) => connections.add(socket));
  server.on("request", (request, response) => connections.busy(request.socket, response));
  // Nothing has moved for a while: a client that doesn't take its answer would have us keep all of it. A call that takes its time is no such thing.
  server.setTimeout(timeouts.idle, (socket) => {
    if (connections.isIdle(socket) || socket.writableLength > 0) socket.destroy();
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const bound = server.address() as AddressInfo;
      resolve({
        address: bound.address,
        port: bound.port,
        drain: () =>
          new Promise((ended) => {
            const idle = setInterval(() => server.closeIdleConnections(), 20);
            server.close(() => {
              clearInterval(idle);
              ended();
            });
          }),
        // Node's own closeAllConnections knows none that is still in its handshake.
        destroy: () => connections.destroy(),
      });
    });
  });
}
