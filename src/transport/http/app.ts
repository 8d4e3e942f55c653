/**
 * What lies behind the outermost door (door.ts), in the order in which every request passes it: what is open to all, then who it is, then the place
 * it is for.
 */
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import type { Identity, Principal } from "../../types.ts";
import type { Authenticated } from "../mcp.ts";
import { HTTP_ERROR, rpcError } from "./errors.ts";
import type { OwnNames } from "./hosts.ts";
import type { McpEndpoint } from "./endpoint.ts";

export interface AppDeps {
  readonly own: OwnNames;
  /** What the outermost door found out about a request that it let in. */
  readonly admitted: (incoming: HttpBindings["incoming"]) => { readonly address: string; readonly base: string };
  /** Absent with `--no-auth`: then everybody is `nobody`. */
  readonly identity: Identity | undefined;
  readonly nobody: Principal;
  readonly mcp: McpEndpoint;
  /** What keeps us from serving, in single words; empty when nothing does. */
  readonly ready: () => Promise<readonly string[]>;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly onError: (error: Error) => void;
  /** A credential was refused. Requests without one, or from an address that is shut out, are too many to tell of. */
  readonly onRefused: (address: string, path: string) => void;
}

interface Env {
  readonly Bindings: HttpBindings;
  readonly Variables: { address: string; base: string; who: Authenticated };
}

const METHODS = ["GET", "POST", "DELETE"];

/** Puts the doors together. */
export function createApp(deps: AppDeps): Hono<Env> {
  const { own, identity, mcp } = deps;
  const app = new Hono<Env>();

  app.use(secureHeaders({ crossOriginResourcePolicy: false, strictTransportSecurity: own.scheme === "https" }));
  app.use(async (c, next) => {
    const found = deps.admitted(c.env.incoming);
    c.set("address", found.address);
    c.set("base", found.base);
    return await next();
  });
  if (own.origins.length > 0)
    app.use(
      cors({
        origin: (origin) => (own.origins.includes(origin.toLowerCase()) ? origin : null),
        allowMethods: METHODS,
        allowHeaders: [
          "authorization",
          "content-type",
          "accept",
          "last-event-id",
          "mcp-session-id",
          "mcp-protocol-version",
          "mcp-method",
          "mcp-name",
        ],
        exposeHeaders: ["mcp-session-id", "www-authenticate", "retry-after"],
        maxAge: 600,
      }),
    );

  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    const problems = await deps.ready();
    return problems.length === 0 ? c.json({ status: "ready" }) : c.json({ status: "not ready", problems }, 503);
  });
  for (const path of ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"])
    app.get(path, (c) => c.json(identity?.metadata(c.get("base")) ?? { resource: `${c.get("base")}/mcp` }));

  app.use(async (c, next) => {
    const verdict = identity
      ? await identity.authenticate(c.req.header("authorization"), c.get("address"))
      : ({ kind: "known", principal: deps.nobody } as const);
    if (verdict.kind === "known") {
      const { kind: _kind, ...who } = verdict;
      c.set("who", who);
      return await next();
    }
    if (verdict.kind === "limited")
      return rpcError(429, HTTP_ERROR, "too many wrong keys came from this address: wait, then use the right one", {
        headers: { "retry-after": String(verdict.retryAfter) },
      });
    if (verdict.kind === "unavailable")
      return rpcError(503, HTTP_ERROR, verdict.description, { headers: { "retry-after": String(verdict.retryAfter) } });
    const { error, description } = verdict;
    if (error !== undefined) deps.onRefused(c.get("address"), c.req.path);
    const scopes = c.req.path === "/metrics" ? ["metrics"] : undefined;
    const challenge =
      identity?.challenge(c.get("base"), { ...(error ? { error } : {}), description, ...(scopes ? { scopes } : {}) }) ?? "Bearer";
    return rpcError(401, HTTP_ERROR, description, { headers: { "www-authenticate": challenge } });
  });

  app.get("/metrics", async (c) => {
    const { principal } = c.get("who");
    if (identity !== undefined && principal.role !== "approver" && !principal.scopes.includes("metrics")) {
      const description = "the metrics need the scope metrics or the role approver: ask the operator for a key that has one";
      const challenge = identity.challenge(c.get("base"), { error: "insufficient_scope", description, scopes: ["metrics"] });
      return rpcError(403, HTTP_ERROR, description, { headers: { "www-authenticate": challenge } });
    }
    return c.text(await deps.metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  app.post("/mcp", (c) => mcp.post(c.req.raw, c.env, c.get("who")));
  app.on(["GET", "DELETE"], "/mcp", (c) => mcp.handle(c.req.raw, c.get("who")));
  app.all("/mcp", () => rpcError(405, HTTP_ERROR, "use POST, GET or DELETE", { headers: { allow: METHODS.join(", ") } }));
  app.notFound(() => rpcError(404, HTTP_ERROR, "there is nothing here: the server answers at /mcp"));
  app.onError((error) => {
    deps.onError(error);
    return rpcError(500, -32_603, "the server failed: its log says why");
  });
  return app;
}
