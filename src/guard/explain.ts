/** The decision for a call that is not made: the same preparing and judging, and nothing after it. */
import { Refusal } from "../types.ts";
import type { Call, Decision, Eyes, Query, Tool } from "../types.ts";
import { judgeAdmitted, judgeCall } from "./judge.ts";
import type { Judge } from "./judge.ts";

/** What would become of a call: a decision with its query, or a refusal before any decision (bad arguments, a path outside). */
export type Explained = { readonly query: Query; readonly decision: Decision; readonly reading?: object } | { readonly refusal: Refusal };

/** Prepares and judges a call with eyes only. */
export async function explainCall(
  policy: Judge,
  tool: Tool | undefined,
  call: Pick<Call, "principal" | "session" | "tool" | "args" | "transport" | "interactive">,
  eyes: Eyes,
  workspaces: readonly string[],
): Promise<Explained> {
  try {
    if (!tool) throw new Refusal("INVALID_INPUT", `there is no tool ${JSON.stringify(call.tool.slice(0, 100))}`, "Look at tools/list.");
    const prepared = await tool.prepare(call.args, eyes);
    const named = judgeCall(policy, call, tool, prepared, workspaces);
    const { query, decision } = await judgeAdmitted(policy, call, tool, prepared, named);
    return { query, decision, ...(prepared.reading ? { reading: prepared.reading } : {}) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}
