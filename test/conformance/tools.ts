/** Fixture tools that need nothing but what the product gives every tool: results, progress, errors, and its own approvals. */
import * as z from "zod";
import { defineTool } from "../../src/tools/define.ts";
import type { Permit, Risk, Tool, ToolResult } from "../../src/types.ts";
import schema from "./schema-2020-12.json" with { type: "json" };
import { PIXEL, SILENCE } from "./shelf.ts";

/** A tool that touches nothing but itself. A `medium` one is put to a person first, as the built-in ones are. */
export function fixture<Shape extends z.ZodRawShape>(
  name: string,
  input: Shape,
  run: (args: z.infer<z.ZodObject<Shape>>, permit: Permit) => ToolResult | Promise<ToolResult>,
  risk: Risk = "low",
): Tool {
  return defineTool({
    name,
    title: name,
    description: "A fixture of the conformance suite.",
    risk,
    input: () => input,
    prepare: (args) => ({
      resources: [],
      states: {},
      preview: () => ({ title: name, text: "" }),
      run: (permit) => run(args, permit),
    }),
  });
}

export const text = (words: string): ToolResult => ({ text: words, source: "ours" });

/** A tool that asks by needing a yes: the question, its form and its sealed state are the product's own. */
const needsAYes = (name: string, input: z.ZodRawShape) => fixture(name, input, () => text("It was approved."), "medium");

const media = (name: string, mimeType: string, data: string) =>
  fixture(name, {}, () => ({ text: "", media: { data, mimeType, uri: `test://${name}` }, source: "ours" }));

export const TOOLS: readonly Tool[] = [
  fixture("test_simple_text", {}, () => text("This is a simple text response for testing.")),
  media("test_image_content", "image/png", PIXEL),
  media("test_audio_content", "audio/wav", SILENCE),
  media("test_embedded_resource", "text/plain", Buffer.from("This is an embedded resource content.").toString("base64")),
  fixture("test_error_handling", {}, () => {
    throw new Error("this tool always fails");
  }),
  fixture("test_tool_with_progress", {}, (_args, permit) => {
    for (const step of ["begun", "half done", "done"]) permit.progress(step);
    return text("It went on in three steps.");
  }),
  // Its schema has to reach the client as it is written (SEP-1613, SEP-2106).
  { ...fixture("json_schema_2020_12_tool", {}, () => text("never called")), inputSchema: () => schema },
  needsAYes("test_elicitation", { message: z.string() }),
  needsAYes("test_streaming_elicitation", {}),
  needsAYes("test_input_required_result_request_state", {}),
  needsAYes("test_input_required_result_tampered_state", {}),
];
