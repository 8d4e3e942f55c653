import { isIP, isIPv6 } from "node:net";
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Target } from "../types.ts";
import { classify } from "./address.ts";
import { Refusal } from "../types.ts";

/** Time to set up a connection, TLS included (ms); the whole request has its own. */
const CONNECT_TIMEOUT = 10_000;

/** An answer whose body is still to be read. `close` ends the connection whatever was read. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Buffer>;
  /** The address that was connected. */
  readonly address: string;
  close(): Promise<void>;
}

/** A look-up that knows one answer: what was judged before. */
export function pinned(addresses: readonly string[]): LookupFunction {
  const answer = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    const [first] = answer;
    if (options.all) callback(null, answer);
    else callback(null, first?.address ?? "", first?.family);
  };
}

/**
 * Sends one HTTP/1.1 request over a new connection to one of the given addresses. TLS is checked against the name. Nothing of the environment
 * (proxies) and no redirect is followed. Refusal FAILED for a connection, TLS or protocol error; the abort reason when `signal` fires.
 */
export async function send(
  target: Target,
  addresses: readonly string[],
  request: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string | string[]>>;
    readonly body?: string | Readable | undefined;
  },
  signal: AbortSignal,
): Promise<Answer> {
  // Heavy: only a process that fetches pays for it. By its default, which is all that a bundle keeps of a CommonJS module that loads late.
  const { buildConnector, Client } = (await import("undici")).default;
  let address = "";
  const connect = buildConnector({
    allowH2: false,
    timeout: CONNECT_TIMEOUT,
    lookup: pinned(addresses),
    ...(isIP(target.host) === 0 && { servername: target.host }),
  });
  const { origin, pathname, search } = new URL(target.href);
  const client = new Client(origin, {
    allowH2: false,
    headersTimeout: 0, // one clock for the whole request: `signal`
    bodyTimeout: 0,
    connect: (options, callback) =>
      connect(options, (...[error, socket]) => {
        if (error) return callback(error, null);
        const reached = classify(socket.remoteAddress ?? "").address;
        if (addresses.includes(reached)) {
          address = reached;
          return callback(null, socket);
        }
        socket.destroy();
        return callback(new Error("connected to an address that was not judged"), null);
      }),
  });
  const close = async (): Promise<void> => client.destroy();
  try {
    const { method, headers, body } = request;
    const sent: Dispatcher.RequestOptions = {
      path: pathname + search,
      method,
      headers,
      body: body ?? null,
      signal,
    };
    const answer = await client.request(sent);
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, address, close };
  } catch (error) {
    await close();
    if (signal.aborted) throw signal.reason;
    throw explainFailure(target.host, error, address !== "");
  }
}

/** Words for what went wrong on the wire, before or after a connection stood; addresses and system errors stay in `cause`. */
export function explainFailure(host: string, error: unknown, connected: boolean): Refusal {
  if (error instanceof Refusal) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/.test(code)) {
    const why = code.toLowerCase().replaceAll("_", " ");
    return new Refusal("FAILED", `TLS with \`${host}\` failed (${why})`, "its certificate must be valid for the name", error);
  }
  return connected
    ? new Refusal("FAILED", `\`${host}\` sent no valid HTTP answer`, "try another URL", error)
    : new Refusal("FAILED", `no connection with \`${host}\``, "check host and port, or try again later", error);
}
