import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Effect, Target, UrlEyes, UrlResource } from "../types.ts";
import { Refusal } from "../types.ts";
import { forward } from "./forward.ts";
import { authorityOf, normalizeMethod, normalizeUrl } from "./host.ts";
import type { Reopened } from "./resolve.ts";
import { dialable } from "./resolve.ts";
import { spentAll, tunnel } from "./tunnel.ts";

/** One request of a command, or one tunnel. `begun` comes before a byte leaves, the others at the end. */
export interface ProxyRecord {
  readonly status: "begun" | "done" | "refused" | "failed";
  /** CONNECT for a tunnel. */
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
  /** Why it was refused or failed. */
  readonly reason?: string;
  /** What was behind that: for the log, never for the record. */
  readonly cause?: unknown;
  /** Bytes to and from the other side. */
  readonly sent: number;
  readonly received: number;
}

/** What one command was granted. */
export interface ProxyGrant {
  /** As in FetchGrant; the method of a tunnel is CONNECT. Nobody can be asked in the middle of a command, so only `allow` goes on. */
  readonly decide: (resource: UrlResource) => Effect;
  /** Keeps a record, with the command's call id. When it throws, the request is refused. */
  readonly record: (record: ProxyRecord) => void | Promise<void>;
  /** Bytes of all the command's traffic, both ways; time without any of it (ms). */
  readonly limits: { readonly bytes: number; readonly idle: number };
}

/** One exchange on its way: what it may spend and what it has. */
export interface Exchange {
  readonly target: Target;
  readonly addresses: readonly string[];
  readonly idle: number;
  readonly signal: AbortSignal;
  /** Counts bytes; false when the command has spent all of its own. */
  readonly count: (direction: "sent" | "received", bytes: number) => boolean;
}

/** Requests that a command may have under way at once. */
const MOST_CONNECTIONS = 64;
const HEADER_TIMEOUT = 10_000;

/**
 * The door out for one sandboxed command: an HTTP proxy (CONNECT for TLS, absolute URLs for plain HTTP) on a unix socket of its own.
 * Every request needs the command's token, is decided by name, resolved once for the whole command, decided by address and dialled there. In a
 * tunnel only TLS passes whose server name is the CONNECT host; a plain request's Host must be its URL's.
 */
export class CommandProxy {
  readonly #eyes: UrlEyes;
  readonly #reopened: Reopened;
  readonly #grant: ProxyGrant;
  readonly #credential: Buffer;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #stop = new AbortController();
  #spent = 0;

  constructor(eyes: UrlEyes, reopened: Reopened, token: string, grant: ProxyGrant) {
    this.#eyes = eyes;
    this.#reopened = reopened;
    this.#grant = grant;
    this.#credential = digest(`Basic ${Buffer.from(`portcullis:${token}`).toString("base64")}`);
    this.#server = createServer({
      maxHeaderSize: 16 * 1024,
      headersTimeout: HEADER_TIMEOUT,
      requestTimeout: 0,
      keepAliveTimeout: grant.limits.idle,
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy()); // the command went away
      socket.on("close", () => this.#sockets.delete(socket));
      socket.setTimeout(grant.limits.idle, () => socket.destroy());
    });
    this.#server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#connect(request, socket, head));
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#request(request, response));
    this.#server.on("clientError", (_error, socket: Duplex) => socket.end(`HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n`));
  }

  /** Listens on a unix socket. Everybody may connect, since the command runs as another user: the token is what counts. */
  async listen(path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen({ path, readableAll: true, writableAll: true }, resolve);
    await promise;
  }

  /** Ends the door with its command: nothing that is under way goes on. */
  async close(): Promise<void> {
    this.#stop.abort(new Refusal("CANCELLED", "the command has ended", "run it again"));
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  async #connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.pause();
    await this.#handle(
      request,
      "CONNECT",
      () => connectTarget(request),
      async (exchange) => tunnel(exchange, socket, head),
      (status, text) =>
        socket.end(`HTTP/1.1 ${status}\r\n${challenge(status)}content-type: text/plain\r\nconnection: close\r\n\r\n${text}`),
    );
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#handle(
      request,
      request.method ?? "",
      () => plainTarget(request),
      async (exchange) => forward(exchange, request, response),
      (status, text) => {
        if (response.headersSent) response.destroy();
        else
          response
            .writeHead(Number(status.slice(0, 3)), {
              ...(status.startsWith("407") && { "proxy-authenticate": REALM }),
              connection: "close",
            })
            .end(text);
      },
    );
  }

  /** The one way of both kinds: token, target, decision, look-up, decision, record, exchange, record. */
  async #handle(
    request: IncomingMessage,
    method: string,
    read: () => Target,
    run: (exchange: Exchange) => Promise<void>,
    refuse: (status: string, text: string) => void,
  ): Promise<void> {
    const spent = { sent: 0, received: 0 };
    let resource: UrlResource = { kind: "url", method, scheme: "", host: "", port: 0 };
    let begun = false;
    try {
      if (!this.#knows(request)) throw new Unauthorized();
      const target = read();
      if (method !== "CONNECT") normalizeMethod(method);
      resource = { ...this.#eyes.resource(target, "GET"), method };
      this.#admit(resource);
      resource = await this.#eyes.resolve(resource);
      this.#admit(resource);
      const addresses = dialable(resource, this.#reopened);
      if (this.#spent > this.#grant.limits.bytes) throw spentAll();
      await this.#record("begun", resource, spent);
      begun = true;
      const count = (direction: "sent" | "received", bytes: number): boolean => {
        spent[direction] += bytes;
        this.#spent += bytes;
        return this.#spent <= this.#grant.limits.bytes;
      };
      await run({ target, addresses, idle: this.#grant.limits.idle, signal: this.#stop.signal, count });
      await this.#record("done", resource, spent);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal("FAILED", "the request failed", "try again", error);
      refuse(statusOf(refusal), `portcullis: ${refusal.message}. ${refusal.remedy}\n`);
      await this.#record(begun ? "failed" : "refused", resource, spent, refusal).catch(() => this.close()); // unrecorded: no more of it
    }
  }

  async #record(
    status: ProxyRecord["status"],
    resource: UrlResource,
    spent: { sent: number; received: number },
    refusal?: Refusal,
  ): Promise<void> {
    const { method, scheme, host, port, addresses = [] } = resource;
    const found = addresses.map(({ address }) => address);
    const why = refusal && { reason: refusal.message, ...(refusal.cause !== undefined && { cause: refusal.cause }) };
    await this.#grant.record({ status, method, scheme, host, port, addresses: found, ...why, ...spent });
  }

  #knows(request: IncomingMessage): boolean {
    return timingSafeEqual(digest(request.headers["proxy-authorization"] ?? ""), this.#credential);
  }

  #admit(resource: UrlResource): void {
    const effect = this.#grant.decide(resource);
    if (effect === "allow") return;
    const place = authorityOf(resource.host, resource.port);
    throw new Refusal("DENIED", `\`${place}\` is not allowed by the policy (${effect})`, "an operator can list it in egress.allow");
  }
}

const REALM = 'Basic realm="portcullis"';

class Unauthorized extends Refusal {
  constructor() {
    super("DENIED", "the proxy needs the command's own token", "use the proxy variables of the environment as they are");
  }
}

function statusOf(refusal: Refusal): string {
  if (refusal instanceof Unauthorized) return "407 Proxy Authentication Required";
  if (refusal.code === "INVALID_INPUT") return "400 Bad Request";
  return refusal.code === "DENIED" || refusal.code === "BUDGET_EXHAUSTED" ? "403 Forbidden" : "502 Bad Gateway";
}

function challenge(status: string): string {
  return status.startsWith("407") ? `proxy-authenticate: ${REALM}\r\n` : "";
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** The target of a CONNECT: `host:port` and nothing else (RFC 9112, 3.2.3). */
function connectTarget(request: IncomingMessage): Target {
  const place = request.url ?? "";
  if (!/^(\[[0-9a-f:.]+\]|[^:/?#@[\]\\]+):\d{1,5}$/i.test(place)) {
    throw new Refusal("INVALID_INPUT", "CONNECT needs host:port", "ask for a host and a port");
  }
  return normalizeUrl(`https://${place}/`);
}

/** The target of a plain request: an absolute http URL (RFC 9112, 3.2.2) whose host is also the only Host header's. */
function plainTarget(request: IncomingMessage): Target {
  const target = normalizeUrl(request.url ?? "");
  if (target.scheme !== "http") throw new Refusal("INVALID_INPUT", "an https URL needs CONNECT", "tunnel TLS through CONNECT");
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  const named = normalizeUrl(`http://${request.headers.host ?? ""}/`);
  if (hosts.length !== 1 || named.host !== target.host || named.port !== target.port) {
    throw new Refusal("INVALID_INPUT", "the Host header is not the URL's host", "send one Host header, the same as in the URL");
  }
  return target;
}
