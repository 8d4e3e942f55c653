/** What a transport serves from: the tools as the policy shows them, who calls in which session, and the gate. */
import { userInfo } from "node:os";
import type { Policy } from "../policy/policy.ts";
import type { Authenticated, Serving } from "../transport/mcp.ts";
import type { Call, Outcome, Principal, Tool } from "../types.ts";
import type { Commands } from "./commands.ts";

/** Tools that are not offered where no sandbox works. */
const RUNS_COMMANDS = new Set(["run_command", "process_start", "process_write", "process_stop", "process_read", "process_list"]);

export interface ServingParts {
  readonly version: string;
  readonly instructions: string;
  readonly policy: () => Policy;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly commands: Commands;
  readonly random: (size: number) => Buffer;
  readonly guard: (call: Call) => Promise<Outcome>;
  /** The tools were listed: soon there will be calls. */
  readonly onListed: () => void;
}

/** Whoever starts the server, or calls it over HTTP without having to say who they are. */
export function localPrincipal(): Principal {
  return { id: "local", user: userName(), scopes: [] };
}

/** The account's name; its number where there is no account: a container may be started with any. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

/** One process, one session, one principal. */
export function serveStdio(parts: ServingParts, session: string): Serving {
  const local = localPrincipal();
  return { ...common(parts), transport: "stdio", caller: (client) => ({ session, principal: named(local, client) }) };
}

/** A principal for each request. `visit` gives the session of clients that bring none. */
export function serveHttp(parts: ServingParts, visit: (principal: string, client: string) => string): Serving {
  return {
    ...common(parts),
    transport: "http",
    caller(client, who: Authenticated | undefined) {
      if (who === undefined) throw new Error("a request came in that nobody had authenticated");
      const { principal, session } = who;
      return { session: session ?? visit(principal.id, client ?? ""), principal: named(principal, client) };
    },
  };
}

const named = (principal: Principal, client: string | undefined): Principal =>
  client === undefined ? principal : { ...principal, client };

function common(parts: ServingParts): Omit<Serving, "transport" | "caller"> {
  const { version, instructions, policy, tools, commands, random, guard, onListed } = parts;
  return {
    version,
    instructions,
    newCallId: () => `call_${random(16).toString("hex")}`,
    hasTool: (name) => tools.has(name),
    listTools: async (principal) => {
      const inForce = policy();
      const usable = await commands.usable(inForce);
      onListed();
      return [...tools.values()]
        .filter((tool) => usable || !RUNS_COMMANDS.has(tool.name))
        .map((tool) => ({ ...tool, risk: inForce.riskOf(tool.name, tool.risk), inputSchema: tool.inputSchema() }))
        .filter((tool) => !inForce.hidden(tool.name, tool.risk, principal));
    },
    guard,
  };
}
