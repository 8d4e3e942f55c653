/**
 * Clients that no SDK can be told to be: JSON-RPC lines with the exact opening of Claude Desktop, VS Code and Codex, as recorded from them
 * (modelcontextprotocol's issues and theirs name the same: williamkapke/kapture#17, microsoft/vscode#308766, openai/codex#20562).
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Answer } from "../e2e/clients.ts";

/** What a client says of itself when it connects. */
export interface Opening {
  readonly protocolVersion: string;
  readonly capabilities: Record<string, unknown>;
  readonly clientInfo: { readonly name: string; readonly version: string };
}

/** A form as the client shows it: the message, and the choices of its one required field. */
export interface Form {
  readonly message: string;
  readonly choices: readonly string[];
}

export interface LineClient {
  /** What the server answered to `initialize`. */
  readonly hello: { readonly protocolVersion: string; readonly instructions: string };
  request(method: string, params?: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly message: string;
    readonly requestedSchema: { readonly properties: { readonly decision: { readonly enum: readonly string[] } } };
  };
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Starts a server and opens the connection as a client does. `person` fills in forms. */
export async function openLines(
  words: readonly string[],
  start: { readonly cwd: string; readonly env: Record<string, string>; readonly uid?: number; readonly gid?: number },
  opening: Opening,
  person?: (form: Form) => Answer,
): Promise<LineClient> {
  const [command = "", ...args] = words;
  const child = spawn(command, args, { ...start, stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  const waiting = new Map<number | string, (message: Message) => void>();
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    if (message.method === "elicitation/create" && message.params && person) {
      const { message: text, requestedSchema } = message.params;
      send({ id: message.id, result: person({ message: text, choices: requestedSchema.properties.decision.enum }) });
    } else if (message.id !== undefined) waiting.get(message.id)?.(message);
  });
  let last = 0;
  const request = async (method: string, params: object = {}): Promise<Record<string, unknown>> => {
    last += 1;
    const answer = new Promise<Message>((resolve) => waiting.set(last, resolve));
    send({ id: last, method, params });
    const gone = ended.then((): Message => ({ error: { message: `the server ended before it answered ${method}` } }));
    const { result, error } = await Promise.race([answer, gone]);
    if (result === undefined) throw new Error(error?.message ?? "no result");
    return result;
  };
  const hello = await request("initialize", opening);
  send({ method: "notifications/initialized" });
  return {
    hello: hello as unknown as LineClient["hello"],
    request,
    close: () => {
      child.stdin.end();
      return ended;
    },
  };
}
