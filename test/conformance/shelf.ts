/** The prompts and resources of the conformance suite, as its scenarios describe them. */

/** A picture of one pixel (PNG) and a sound of no samples (WAV), in base64. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

interface Contents {
  readonly uri: string;
  readonly mimeType: string;
  readonly text?: string;
  readonly blob?: string;
}

/** A resource that can be listed and read. */
export const RESOURCES: readonly (Contents & { readonly name: string })[] = [
  { name: "static-text", uri: "test://static-text", mimeType: "text/plain", text: "This is the content of the static text resource." },
  { name: "static-binary", uri: "test://static-binary", mimeType: "image/png", blob: PIXEL },
  { name: "watched-resource", uri: "test://watched-resource", mimeType: "text/plain", text: "Nothing has changed yet." },
];

export const TEMPLATES = [{ name: "template", uriTemplate: "test://template/{id}/data", mimeType: "application/json" }] as const;

/** What a URI stands for; undefined when it stands for nothing. */
export function readShelf(uri: string): Contents | undefined {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined)
    return { uri, mimeType: "application/json", text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) };
  const found = RESOURCES.find((resource) => resource.uri === uri);
  if (found === undefined) return undefined;
  const { name: _, ...contents } = found;
  return contents;
}

interface Prompt {
  readonly name: string;
  readonly description: string;
  readonly arguments?: { readonly name: string; readonly description: string; readonly required: boolean }[];
  /** The contents of its messages, all of the user's. */
  readonly messages: (args: Readonly<Record<string, string>>) => readonly object[];
}

const argument = (name: string) => ({ name, description: `the ${name}`, required: true });

export const PROMPTS: readonly Prompt[] = [
  {
    name: "test_simple_prompt",
    description: "A prompt without arguments.",
    messages: () => [{ type: "text", text: "This is a simple prompt for testing." }],
  },
  {
    name: "test_prompt_with_arguments",
    description: "A prompt with two arguments.",
    arguments: [argument("arg1"), argument("arg2")],
    messages: ({ arg1, arg2 }) => [{ type: "text", text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` }],
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "A prompt that brings a resource.",
    arguments: [argument("resourceUri")],
    messages: ({ resourceUri: uri }) => [
      { type: "resource", resource: { uri, mimeType: "text/plain", text: "Embedded resource content for testing." } },
      { type: "text", text: "Please process the embedded resource above." },
    ],
  },
  {
    name: "test_prompt_with_image",
    description: "A prompt that brings a picture.",
    messages: () => [
      { type: "image", data: PIXEL, mimeType: "image/png" },
      { type: "text", text: "Please analyze the image above." },
    ],
  },
  {
    name: "test_input_required_result_prompt",
    description: "A prompt that asks for its context first.",
    messages: ({ context }) => [{ type: "text", text: `In the context of ${context}` }],
  },
];
