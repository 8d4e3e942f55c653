/** The product with fixtures: its own house, gate and HTTP side, with more tools, and with whatever else a test puts on its servers. */
import type { Server } from "@modelcontextprotocol/server";
import { loadConfig } from "../../src/config/load.ts";
import { openLog } from "../../src/log/log.ts";
import { openHouse } from "../../src/server.ts";
import { localPrincipal } from "../../src/compose/serving.ts";
import { isWildcard } from "../../src/config/http.ts";
import { serveHttp } from "../../src/transport/http/serve.ts";
import { buildServer } from "../../src/transport/mcp.ts";
import type { Tool } from "../../src/types.ts";
import type { World } from "../e2e/world.ts";

export interface FixtureServer {
  readonly url: string;
  /** What the protocol side complained about. */
  readonly trouble: readonly string[];
  close(): Promise<void>;
}

/** Serves a world over HTTP to everybody who asks. `extend` is given each server before it is connected. */
export async function startFixtures(
  world: World,
  tools: readonly Tool[],
  extend: (server: Server) => Server = (server) => server,
): Promise<FixtureServer> {
  const flags = { workspace: [world.workspace], state: world.state, http: "0", auth: false };
  const config = await loadConfig(flags, { env: world.env, cwd: world.workspace, home: world.env.HOME ?? "" });
  if (config.http === undefined) throw new Error("the fixtures are served over HTTP");
  const { host, port, hosts, origins, tls, trustProxy, timeouts } = config.http;
  const log = openLog({ level: "silent", redact: (words) => words });
  const house = await openHouse({
    config,
    version: "0.0.0",
    logger: log.logger,
    entry: ["portcullis"],
    tools,
    droppedLines: () => log.dropped(),
  });
  const trouble: string[] = [];
  const { serving, ...sessions } = house.http(timeouts.session, () => true);
  const server = await serveHttp({
    ...sessions,
    build: (era) => extend(buildServer(serving, era)),
    listen: { host, port, tls, timeouts },
    own: { wildcard: isWildcard(host), hosts, origins },
    trustProxy,
    identity: undefined,
    nobody: localPrincipal(),
    ready: () => house.ready(),
    metrics: async () => "",
    settled: (patience) => house.settled(patience),
    timeouts,
    onError: (error) => trouble.push(String(error)),
    onRefused: () => undefined,
  });
  return {
    url: server.url,
    trouble,
    async close() {
      await server.close();
      await house.close();
      await log.flush();
    },
  };
}
