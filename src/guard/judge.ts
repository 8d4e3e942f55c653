/** From a prepared call to a decision: the same for a call that will run and for one that is only explained. */
import { Refusal } from "../types.ts";
import type { Call, Decision, Effect, PathOp, Prepared, Query, Resource, Tool } from "../types.ts";

/** The part of the policy that judging needs. */
export interface Judge {
  readonly digest: string;
  decide(query: Query): Decision;
  /** Prepares judging many paths for one call: searches ask it for every hit. */
  judgePaths(call: Query): (op: PathOp, path: string) => Effect;
  riskOf(tool: string, builtIn?: Query["risk"]): Query["risk"];
}

/** A decision with what it was about. `denied` holds what was left out of a partial call, by path. */
export interface Judged {
  readonly query: Query;
  readonly decision: Decision;
  readonly resources: readonly Resource[];
  readonly denied: ReadonlyMap<string, Refusal>;
}

/** Decides on a prepared call. A call that touches nothing has itself as its single resource (POLICY, decision 1). */
export function judgeCall(
  policy: Judge,
  call: Pick<Call, "principal" | "session" | "tool" | "args" | "transport" | "interactive">,
  tool: Tool,
  prepared: Prepared,
  workspaces: readonly string[],
): Judged {
  const ask = (resources: readonly Resource[]): Query => ({
    principal: call.principal,
    session: call.session,
    tool: call.tool,
    risk: policy.riskOf(call.tool, tool.risk),
    args: call.args,
    resources: resources.length > 0 ? resources : [{ kind: "call", tool: call.tool }],
    workspaces,
    transport: call.transport,
    interactive: call.interactive,
    labels: [],
  });
  const denied = new Map<string, Refusal>();
  let kept = prepared.resources;
  if (prepared.partial && kept.length > 1) {
    kept = kept.filter((resource) => {
      const { effect, code, reason, remedy } = policy.decide(ask([resource]));
      if (effect === "deny" && resource.kind === "path" && resource.path !== null)
        denied.set(resource.path, new Refusal(code ?? "DENIED", reason, remedy));
      return effect !== "deny";
    });
    // With nothing left the call is refused as a whole, and says why.
    if (kept.length === 0) kept = prepared.resources;
  }
  const query = ask(kept);
  return { query, decision: policy.decide(query), resources: kept, denied };
}
