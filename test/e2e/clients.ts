/** The real clients: the older SDK, and the newer one in both protocol eras. All give the same small interface. */
import { Client as NewClient, StreamableHTTPClientTransport as NewHttp } from "@modelcontextprotocol/client";
import { StdioClientTransport as NewTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as OldHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { ENTRY } from "./world.ts";
import type { World } from "./world.ts";

export const CLIENTS = ["v1 SDK", "v2 SDK, 2025-11-25", "v2 SDK, 2026-07-28"] as const;
export type ClientKind = (typeof CLIENTS)[number];

/** What a person answers; `undefined` never answers. */
export type Answer = { action: "accept" | "decline" | "cancel"; content?: Record<string, unknown> };
export type Person = (message: string) => Answer | Promise<Answer>;

export interface Result {
  readonly text: string;
  readonly isError: boolean;
  readonly structured: Record<string, unknown> | undefined;
  readonly call: {
    callId: string;
    effect: string;
    rules: string[];
    warnings?: string[];
    flags?: string[];
    truncated?: boolean;
    sandbox?: Record<string, unknown>;
  };
  readonly refusal:
    | { code: string; reason: string; remedy: string; rules: string[]; callId: string; approval?: { id: string; expiresAt: string } }
    | undefined;
  readonly content: readonly { type: string }[];
}

/** A result on the wire; the newer era asks with `resultType: input_required`. */
export interface Raw extends Partial<Result> {
  readonly resultType?: string;
  readonly requestState?: string;
  readonly inputRequests?: Record<string, { params: { message: string; requestedSchema: Record<string, unknown> } }>;
}

/** A tool as tools/list shows it. */
export type Listed = Record<string, unknown> & { name: string };

export interface Connected {
  call(
    name: string,
    args: Record<string, unknown>,
    options?: { signal?: AbortSignal; onprogress?: () => void; timeout?: number },
  ): Promise<Result>;
  /** tools/call with whatever else is put into its parameters, and the result as it came. */
  raw(params: { readonly name: string; readonly arguments: Record<string, unknown> } & Record<string, unknown>): Promise<Raw>;
  tools(): Promise<Listed[]>;
  pid(): number | null;
  close(): Promise<void>;
}

/** Starts the built server for a world and connects. Without a `person` the client declares no elicitation. `before` are words that start its command. */
export async function connect(
  kind: ClientKind,
  world: World,
  options: {
    readonly person?: Person;
    readonly args?: readonly string[];
    readonly before?: readonly string[];
    readonly stderr?: number;
  } = {},
): Promise<Connected> {
  const serve = [process.execPath, ENTRY, "serve", "--workspace", world.workspace, "--state", world.state, ...(options.args ?? [])];
  const [command = "", ...args] = [...(options.before ?? []), ...serve];
  return await connectTo(kind, { command, args, env: world.env, stderr: options.stderr ?? "ignore" }, options.person);
}

/** Starts a server by its words and connects over stdio. */
export async function connectTo(
  kind: ClientKind,
  parameters: { command: string; args: string[]; env: Record<string, string>; stderr: number | "ignore" },
  person?: Person,
): Promise<Connected> {
  if (kind === "v1 SDK") {
    const transport = new OldTransport(parameters);
    return await attachOld(transport, person, () => transport.pid);
  }
  const transport = new NewTransport(parameters);
  return await attachNew(kind, transport, person, () => transport.pid);
}

/** Connects to a server that listens already, with a key or without. */
export async function connectHttp(
  kind: ClientKind,
  url: string,
  options: { readonly key?: string; readonly person?: Person } = {},
): Promise<Connected> {
  const init = options.key === undefined ? {} : { requestInit: { headers: { authorization: `Bearer ${options.key}` } } };
  const at = new URL("/mcp", url);
  const nobody = () => null;
  if (kind === "v1 SDK") return await attachOld(new OldHttp(at, init), options.person, nobody);
  return await attachNew(kind, new NewHttp(at, init), options.person, nobody);
}

type OldTransportLike = Parameters<OldClient["connect"]>[0];
type NewTransportLike = Parameters<NewClient["connect"]>[0];

const INFO = { name: "test-client", version: "1.0.0" };

async function attachOld(transport: OldTransportLike, person: Person | undefined, pid: () => number | null): Promise<Connected> {
  const client = new OldClient(INFO, { capabilities: person ? { elicitation: {} } : {} });
  if (person) client.setRequestHandler(ElicitRequestSchema, async (request) => ({ ...(await person(request.params.message)) }));
  await client.connect(transport);
  return {
    call: async (name, args, more) => read(await client.callTool({ name, arguments: args }, undefined, more)),
    raw: async (params) => read(await client.callTool(params)),
    tools: async () => (await client.listTools()).tools,
    pid,
    close: () => client.close(),
  };
}

async function attachNew(
  kind: Exclude<ClientKind, "v1 SDK">,
  transport: NewTransportLike,
  person: Person | undefined,
  pid: () => number | null,
): Promise<Connected> {
  const mode = kind === "v2 SDK, 2025-11-25" ? "legacy" : { pin: "2026-07-28" };
  const client = new NewClient(INFO, { capabilities: person ? { elicitation: {} } : {}, versionNegotiation: { mode } });
  if (person) client.setRequestHandler("elicitation/create", async (request) => ({ ...(await person(request.params.message)) }) as never);
  await client.connect(transport);
  return {
    call: async (name, args, more) => read(await client.callTool({ name, arguments: args }, more)),
    raw: async (params) => {
      const result = (await client.callTool(params, { allowInputRequired: true })) as Raw;
      return result.resultType === "input_required" ? result : read(result);
    },
    tools: async () => (await client.listTools()).tools,
    pid,
    close: () => client.close(),
  };
}

function read(raw: unknown): Result {
  const result = raw as {
    content: { type: string; text?: string }[];
    isError?: boolean;
    structuredContent?: Record<string, unknown>;
    _meta?: Record<string, unknown>;
  };
  return {
    text: result.content.map((block) => block.text ?? "").join(""),
    isError: result.isError ?? false,
    structured: result.structuredContent,
    call: result._meta?.["io.portcullis/call"] as Result["call"],
    refusal: result._meta?.["io.portcullis/refusal"] as Result["refusal"],
    content: result.content,
  };
}

/** A person who approves once. */
export const approveOnce: Person = () => ({ action: "accept", content: { decision: "approve_once" } });
