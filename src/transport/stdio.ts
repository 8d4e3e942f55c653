/** MCP over stdin and stdout: one connection, one process, one session. */
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { LineTransport } from "./lines.ts";
import { buildServer } from "./mcp.ts";
import type { Serving } from "./mcp.ts";

/** Serves until stdin ends; resolves then. `onError` hears of protocol trouble that was answered on the wire already. */
export function serveLines(
  serving: Serving,
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  onError: (error: Error) => void,
): Promise<void> {
  const transport = new LineTransport(input, output);
  serveStdio((context) => buildServer(serving, context.era), { transport, onerror: onError });
  return transport.closed;
}
