/** Fixture tools that talk to the client while they run, which no tool of the product can: logging, sampling, roots, forms of their own. */
import { CLIENT_CAPABILITIES_META_KEY, inputRequired } from "@modelcontextprotocol/server";
import type { CreateMessageRequestParams, ElicitRequestFormParams } from "@modelcontextprotocol/server";
import * as z from "zod";
import { Refusal } from "../../src/types.ts";
import type { Tool, ToolResult } from "../../src/types.ts";
import { conversation } from "./conversation.ts";
import { PIXEL, PROMPTS, readShelf } from "./shelf.ts";
import { fixture, text } from "./tools.ts";

type Asked = NonNullable<Parameters<typeof inputRequired>[0]["inputRequests"]>;

/** A result that is all structure: what `prompts/get`, `resources/read` and `completion/complete` answer. */
const structure = (structured: Readonly<Record<string, unknown>>): ToolResult => ({ text: "", structured, source: "ours" });

/** Ends the call with questions for the client (2026-07-28); it is made again with the answers. */
function want(inputRequests: Asked, requestState?: string): ToolResult {
  conversation().wants = inputRequired({ inputRequests, ...(requestState === undefined ? {} : { requestState }) });
  return text("The client is asked.");
}

/** The answers that came with the call. Whatever isn't an object was dropped by the SDK. */
const answers = () => conversation().ctx.mcpReq.inputResponses ?? {};

/** A tool that asks until it has an answer to everything. */
const asking = (name: string, requests: Asked, requestState?: string) =>
  fixture(name, {}, () =>
    Object.keys(requests).every((key) => answers()[key] !== undefined) ? text(JSON.stringify(answers())) : want(requests, requestState),
  );

const form = (message: string, field: string) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: "object", properties: { [field]: { type: "string" } }, required: [field] },
  });

const prompted = (words: string): CreateMessageRequestParams => ({
  messages: [{ role: "user", content: { type: "text", text: words } }],
  maxTokens: 100,
});

/** A tool that puts a form to the person within the connection (2025-11-25). */
const filling = (name: string, properties: ElicitRequestFormParams["requestedSchema"]["properties"]) =>
  fixture(name, {}, async () => {
    const { ctx } = conversation();
    const requestedSchema = { type: "object" as const, properties, required: [] };
    const { action, content } = await ctx.mcpReq.elicitInput({ mode: "form", message: "Please fill this in", requestedSchema });
    return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`);
  });

const logging = (name: string) =>
  fixture(name, {}, async () => {
    for (const words of ["Tool execution started", "Tool processing data", "Tool execution completed"])
      await conversation().ctx.mcpReq.log("info", words);
    return text("It was logged in three lines.");
  });

const choices = (...names: string[]) => names.map((title, index) => ({ const: `value${index + 1}`, title }));
const options = ["option1", "option2", "option3"];

export const TALKING_TOOLS: readonly Tool[] = [
  logging("test_tool_with_logging"),
  logging("test_logging_tool"),
  fixture("test_multiple_content_types", {}, () =>
    structure({
      content: [
        { type: "text", text: "Multiple content types test:" },
        { type: "image", data: PIXEL, mimeType: "image/png" },
        {
          type: "resource",
          resource: { uri: "test://mixed-content-resource", mimeType: "application/json", text: '{"test":"data","value":123}' },
        },
      ],
    }),
  ),
  fixture("test_sampling", { prompt: z.string() }, async ({ prompt }) => {
    const { content } = await conversation().ctx.mcpReq.requestSampling(prompted(prompt));
    return text(`LLM response: ${JSON.stringify(content)}`);
  }),
  filling("test_elicitation_sep1034_defaults", {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  }),
  filling("test_elicitation_sep1330_enums", {
    untitledSingle: { type: "string", enum: options },
    titledSingle: { type: "string", oneOf: choices("First Option", "Second Option", "Third Option") },
    legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
    untitledMulti: { type: "array", items: { type: "string", enum: options } },
    titledMulti: { type: "array", items: { anyOf: choices("First Choice", "Second Choice", "Third Choice") } },
  }),
  asking("test_input_required_result_elicitation", { user_name: form("What is your name?", "name") }),
  asking("test_input_required_result_sampling", {
    capital_question: inputRequired.createMessage(prompted("What is the capital of France?")),
  }),
  asking("test_input_required_result_list_roots", { client_roots: inputRequired.listRoots() }),
  asking(
    "test_input_required_result_multiple_inputs",
    {
      user_name: form("What is your name?", "name"),
      greeting: inputRequired.createMessage(prompted("Generate a greeting")),
      client_roots: inputRequired.listRoots(),
    },
    "three-questions",
  ),
  fixture("test_input_required_result_multi_round", {}, () => {
    const { step1, step2 } = answers();
    if (step2 !== undefined) return text("Both steps are done.");
    return step1 === undefined
      ? want({ step1: form("Step 1: What is your name?", "name") }, "round-1")
      : want({ step2: form("Step 2: What is your favorite color?", "color") }, "round-2");
  }),
  fixture("test_input_required_result_capabilities", {}, () => {
    const envelope = (conversation().ctx.mcpReq.envelope ?? {}) as Readonly<Record<string, object>>;
    const declared = envelope[CLIENT_CAPABILITIES_META_KEY] ?? {};
    return want({
      ...("elicitation" in declared ? { user_name: form("What is your name?", "name") } : {}),
      ...("sampling" in declared ? { greeting: inputRequired.createMessage(prompted("Generate a greeting")) } : {}),
    });
  }),
  asking("test_missing_capability", { greeting: inputRequired.createMessage(prompted("Generate a greeting")) }),
  fixture("test_get_prompt", { name: z.string(), arguments: z.record(z.string(), z.string()) }, ({ name, arguments: given }) => {
    const prompt = PROMPTS.find((one) => one.name === name);
    if (prompt === undefined) throw new Refusal("NOT_FOUND", "there is no such prompt", "look at prompts/list");
    const asked = answers().user_context as { content?: { context: string } } | undefined;
    if (name === "test_input_required_result_prompt" && asked === undefined)
      return want({ user_context: form("What context should the prompt use?", "context") });
    const messages = prompt.messages({ ...given, ...asked?.content }).map((content) => ({ role: "user", content }));
    return structure({ messages });
  }),
  fixture("test_read_resource", { uri: z.string() }, ({ uri }) => structure({ contents: [onShelf(uri)] })),
  fixture("test_subscribe", { uri: z.string() }, ({ uri }) => {
    onShelf(uri);
    return structure({});
  }),
  fixture("test_complete", { value: z.string() }, ({ value }) => {
    const values = ["paris", "park", "party"].filter((word) => word.startsWith(value));
    return structure({ completion: { values, total: values.length, hasMore: false } });
  }),
];

function onShelf(uri: string) {
  const contents = readShelf(uri);
  if (contents === undefined) throw new Refusal("NOT_FOUND", "there is no such resource", "look at resources/list");
  return contents;
}
