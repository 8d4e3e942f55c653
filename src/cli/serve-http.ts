/** `portcullis serve --http`: the house behind Streamable HTTP. */
import type { Logger } from "pino";
import { localPrincipal } from "../compose/serving.ts";
import { openDoorman } from "../compose/doorman.ts";
import { ConfigError } from "../config/error.ts";
import { isWildcard } from "../config/http.ts";
import type { HttpConfig } from "../config/http.ts";
import type { House } from "../server.ts";
import { serveHttp } from "../transport/http/serve.ts";
import type { HttpServer } from "../transport/http/serve.ts";

/** Listens and answers. Throws ConfigError with the mend when it can't listen there. */
export async function openHttp(house: House, http: HttpConfig, state: string, logger: Logger): Promise<HttpServer> {
  const { host, port, hosts, origins, tls, trustProxy, timeouts, open } = http;
  try {
    return await serveHttp({
      ...house.http(timeouts.session),
      listen: { host, port, tls, timeouts },
      own: { wildcard: isWildcard(host), hosts, origins },
      trustProxy,
      doorman: open ? undefined : openDoorman(state),
      nobody: localPrincipal(),
      ready: () => house.ready(),
      metrics: () => house.metrics(),
      settled: (patience) => house.settled(patience),
      timeouts,
      onError: (error) => logger.warn({ err: error }, "protocol"),
      onRefused: (address, path, status) => logger.warn({ address, path, httpStatus: status }, "a request was not let in"),
    });
  } catch (error) {
    throw unlistenable(error, host, port) ?? error;
  }
}

/** Errors of listening that a person can mend. */
function unlistenable(error: unknown, host: string, port: number): ConfigError | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE")
    return new ConfigError(`port ${port} on ${host} is in use: choose another with --http, or 0 for any that is free`);
  if (code === "EACCES") return new ConfigError(`this user may not listen on port ${port}: choose one above 1023 with --http`);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return new ConfigError(`${host} is no address of this machine: choose another with --http`);
  return undefined;
}
