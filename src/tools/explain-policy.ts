import * as z from "zod";
import type { Tool } from "../types.ts";
import { defineTool } from "./define.ts";

/** What the policy would say to a call, nothing done. */
export const explainPolicy: Tool = defineTool({
  name: "explain_policy",
  title: "Explain policy",
  description: "Get the decision for a call without making it: effect, the rules that led to it, the reason and what to do about it.",
  risk: "low",
  input: () => ({ tool: z.string().min(1).max(200), args: z.record(z.string(), z.unknown()) }),
  prepare: (args, eyes) => ({
    resources: [],
    states: {},
    run: async () => {
      const explained = await eyes.explain(args.tool, args.args);
      return { text: JSON.stringify(explained, null, 2), structured: explained, source: "ours" };
    },
  }),
});
