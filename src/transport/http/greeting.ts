/**
 * What a session keeps of the message that opened it. The SDK keeps a client's name and capabilities for as long as the session lives, and both may
 * hold megabytes that nobody ever looks at: two thousand sessions of one principal would fill the memory.
 */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { shortCopy } from "../mcp.ts";

/** `initialize` with what we read of it and no more. What isn't well-formed stays as it is: the SDK refuses it. */
export function trimGreeting(message: Extract<JSONRPCMessage, { method: string }>): JSONRPCMessage {
  const { capabilities, clientInfo, ...params } = message.params ?? {};
  return {
    ...message,
    params: {
      ...params,
      capabilities: isObject(capabilities) ? trimCapabilities(capabilities) : capabilities,
      clientInfo: isObject(clientInfo) ? trimInfo(clientInfo) : clientInfo,
    },
  };
}

/** Which forms of questions the client knows; the others are of no use to us. */
function trimCapabilities({ elicitation }: Readonly<Record<string, unknown>>): object {
  if (elicitation === undefined) return {};
  if (!isObject(elicitation)) return { elicitation };
  const forms = ["form", "url"].filter((form) => isObject(elicitation[form])).map((form) => [form, {}]);
  return { elicitation: Object.fromEntries(forms) };
}

function trimInfo({ name, version }: Readonly<Record<string, unknown>>): object {
  return { name: shortened(name), version: shortened(version) };
}

function shortened(value: unknown): unknown {
  return typeof value === "string" ? shortCopy(value) : value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
