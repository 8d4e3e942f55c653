/** `/mcp`: 2026-07-28 with a server for each request, older protocols with a session each. The era is decided once, from headers and body together. */
import { classifyInboundRequest, createMcpHandler } from "@modelcontextprotocol/server";
import type { HttpBindings } from "@hono/node-server";
import type { Authenticated } from "../mcp.ts";
import { authInfoOf } from "./auth-info.ts";
import { MAX_BODY, readBody } from "./body.ts";
import { InFlight } from "./in-flight.ts";
import { LegacySessions } from "./sessions.ts";
import type { SessionDeps } from "./sessions.ts";

/** What the routes need of it. */
export interface McpEndpoint {
  post(request: Request, bindings: HttpBindings, who: Authenticated): Promise<Response>;
  /** GET and DELETE. */
  handle(request: Request, who: Authenticated): Promise<Response>;
  close(): Promise<void>;
}

export function createEndpoint(deps: SessionDeps): McpEndpoint {
  const { build, onError } = deps;
  const legacy = new LegacySessions(deps);
  const modern = createMcpHandler(() => build("modern"), {
    legacy: "reject",
    onerror: onError,
    maxRequestBodySize: MAX_BODY,
  });
  const inFlight = new InFlight();
  return {
    async post(request, { incoming, outgoing }, who) {
      const message = await readBody(request, incoming, inFlight.begin(who.principal.id, outgoing));
      if (message instanceof Response) return message;
      const header = (name: string) => request.headers.get(name) ?? undefined;
      const route = classifyInboundRequest({
        httpMethod: "POST",
        protocolVersionHeader: header("mcp-protocol-version"),
        mcpMethodHeader: header("mcp-method"),
        mcpNameHeader: header("mcp-name"),
        body: message,
      } as Parameters<typeof classifyInboundRequest>[0]);
      if (route.kind === "legacy") return await legacy.post(request, message, who);
      return await modern.fetch(request, { authInfo: authInfoOf(who), parsedBody: message });
    },
    handle: (request, who) => legacy.handle(request, who),
    async close() {
      await Promise.all([modern.close(), legacy.close()]);
    },
  };
}
