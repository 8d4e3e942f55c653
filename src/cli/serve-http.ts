/** `portcullis serve --http`: the house behind Streamable HTTP. */
import type { Logger } from "pino";
import { localPrincipal } from "../compose/serving.ts";
import { commandLine } from "../compose/words.ts";
import { ConfigError } from "../config/error.ts";
import { isWildcard } from "../config/http.ts";
import type { Config } from "../config/load.ts";
import type { House } from "../server.ts";
import { serveHttp } from "../transport/http/serve.ts";
import type { HttpServer } from "../transport/http/serve.ts";
import { buildServer } from "../transport/mcp.ts";

interface HttpOptions {
  readonly logger: Logger;
  /** The words that start one of our own commands. */
  readonly entry: readonly string[];
  /** When the port is taken any other will do. */
  readonly anyPort: boolean;
}

/** Listens and answers. Throws ConfigError with the mend when it can't listen there. */
export async function openHttp(house: House, config: Config, options: HttpOptions): Promise<HttpServer> {
  const { http, state } = config;
  if (http === undefined) throw new Error("this configuration does not listen");
  const { logger, entry, anyPort } = options;
  const { host, port, hosts, origins, tls, trustProxy, timeouts, open } = http;
  const callers = open ? undefined : house.callers();
  if (callers?.exist() === false)
    logger.warn(
      { remedy: commandLine(entry, state)("keys", "create", "--name", "NAME") },
      "no key is configured: every request is refused with 401",
    );
  const { serving, ...sessions } = house.http(timeouts.session, (principal) => callers?.holds(principal) ?? true);
  const listenAt = (place: number): Promise<HttpServer> =>
    serveHttp({
      ...sessions,
      build: (era) => buildServer(serving, era),
      listen: { host, port: place, tls, timeouts },
      own: { wildcard: isWildcard(host), hosts, origins },
      trustProxy,
      identity: callers,
      nobody: localPrincipal(),
      ready: () => house.ready(),
      metrics: () => house.metrics(),
      settled: (patience) => house.settled(patience),
      timeouts,
      onError: (error) => logger.warn({ err: error }, "protocol"),
      onRefused: (address, path) => logger.warn({ address, path }, "a wrong key was refused"),
    });
  try {
    return await listenAt(port);
  } catch (error) {
    if (anyPort && codeOf(error) === "EADDRINUSE") return await listenAt(0);
    throw unlistenable(error, host, port) ?? error;
  }
}

/** Errors of listening that a person can mend. */
function unlistenable(error: unknown, host: string, port: number): ConfigError | undefined {
  const code = codeOf(error);
  if (code === "EADDRINUSE")
    return new ConfigError(`port ${port} on ${host} is in use: choose another with --http, or 0 for any that is free`);
  if (code === "EACCES") return new ConfigError(`this user may not listen on port ${port}: choose one above 1023 with --http`);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return new ConfigError(`${host} is no address of this machine: choose another with --http`);
  return undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
