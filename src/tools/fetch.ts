import { z } from "zod";
import { Refusal } from "../types.ts";
import type { HttpPage, Obligations, Permit, Tool, ToolResult, UrlResource } from "../types.ts";
import { defineTool, dryRunArgument } from "./define.ts";

/** Between two words to the client on long work (ms). */
const PROGRESS = 1500;

/** Fetches a URL: the reference fetch server's arguments, and method, headers and body. */
export const fetchUrl: Tool = defineTool({
  name: "fetch",
  title: "Fetch URL",
  description:
    "Fetch an http or https URL: pages as Markdown (raw: their source), JSON and text as they are, anything else as its type and size. Long texts come in parts: read on with start_index. Hosts that no rule allows, and methods but GET and HEAD, are put to a person first; private addresses are denied.",
  risk: "medium",
  openWorld: true,
  input: () => ({
    url: z.string().min(1),
    max_length: z.number().int().min(1).max(999_999).optional().describe("most characters to return (5000)"),
    start_index: z.number().int().min(0).optional().describe("first character to return (0)"),
    raw: z.boolean().optional().describe("the source of a page instead of Markdown"),
    method: z.string().min(1).max(20).optional().describe("GET (default) or HEAD; others where the policy allows"),
    headers: z.record(z.string(), z.string()).optional(),
    body: z.string().optional(),
    dryRun: dryRunArgument,
  }),
  async prepare(args, eyes) {
    const urls = await eyes.urls();
    const target = urls.parse(args.url);
    const headers = urls.headers(args.headers ?? {});
    const { body } = args;
    let resource = urls.resource(target, args.method ?? "GET");
    const { method } = resource;
    if (body !== undefined && (method === "GET" || method === "HEAD"))
      throw new Refusal("INVALID_INPUT", `a ${method} request carries no body`, "leave the body out, or name another method");
    return {
      resources: [resource],
      resolve: async () => [(resource = await urls.resolve(resource))],
      states: {},
      scope: `${method} ${target.href}`,
      preview(permit) {
        requireBodyFits(body, permit.limits);
        return { title: `${method} ${target.scheme}://${target.host}`, text: describe(resource, target.href, headers, body) };
      },
      async run(permit) {
        requireBodyFits(body, permit.limits);
        const request = { target, method, headers, raw: args.raw ?? false, ...(body === undefined ? {} : { body }) };
        const page = await telling(permit, permit.http.fetch(request));
        return answer(page, method, { start: args.start_index ?? 0, length: args.max_length ?? 5000 });
      },
    };
  },
});

function requireBodyFits(body: string | undefined, limits: Obligations): void {
  if (body !== undefined && Buffer.byteLength(body) > limits.write)
    throw new Refusal("INVALID_INPUT", `the body is larger than the ${limits.write} bytes that the policy lets out at once`, "send less");
}

/** The request as a person has to see it; addresses once the name was looked up, which happens only to names that a rule admits. */
function describe({ method, host, addresses = [] }: UrlResource, href: string, headers: object, body: string | undefined): string {
  const found = addresses.map(({ address }) => address);
  const means = found.length === 0 || found.includes(host) ? [] : [`address: ${found.join(", ")}`];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${href}`, ...means, ...lines, ...(body === undefined ? [] : ["", body])].join("\n");
}

/** Tells the client that the work goes on, for as long as it does. */
async function telling<T>({ progress }: Permit, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => progress("waiting for the answer"), PROGRESS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

function answer(page: HttpPage, method: string, part: { start: number; length: number }): ToolResult {
  const { url, status, contentType, length } = page;
  const size = length === undefined ? [] : [`Content-Length: ${length}`];
  const shown = page.form === "metadata" ? [`Content-Type: ${contentType || "not said"}`, ...size].join("\n") : page.text;
  const notes = [
    ...(status < 200 || status > 299 || method === "HEAD" ? [`The server answered with status ${status}`] : []),
    ...(page.form === "metadata" && method !== "HEAD" ? ["The answer is no text: only what the server says of it is shown"] : []),
    ...(page.cut === "size" ? ["The answer is longer than the policy lets in (limits.read): its end is missing"] : []),
    ...(page.cut === "time" ? ["The time was over (limits.timeout): the end of the answer is missing"] : []),
  ];
  return {
    text: shown,
    structured: { url, status, contentType, ...(length === undefined ? {} : { length }) },
    page: { ...part, name: "start_index", cut: page.cut !== undefined },
    hidden: page.hidden,
    ...(page.replaced ? { flags: ["encoding:replaced-bytes"] } : {}),
    ...(page.cut === undefined ? {} : { truncated: true }),
    ...(notes.length > 0 ? { note: notes.join("\n") } : {}),
    source: "outside",
    origin: `fetch ${new URL(url).host}`,
  };
}
