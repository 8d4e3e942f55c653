/** From a prepared call to a decision: the same for a call that will run and for one that is only explained. */
import { Refusal } from "../types.ts";
import type { Call, Decision, Effect, PathOp, Prepared, Query, Resource, Tool, UrlResource } from "../types.ts";

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

/** Who calls what: what a call and an explanation have in common. */
type Asked = Pick<Call, "principal" | "session" | "tool" | "args" | "transport" | "interactive">;

/** Decides on a prepared call. A call that touches nothing has itself as its single resource. */
export function judgeCall(policy: Judge, call: Asked, tool: Tool, prepared: Prepared, workspaces: readonly string[]): Judged {
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

/**
 * Has a rule admitted the call by what is known without asking anybody? Then names may be looked up. Where the approval mode alone has it asked,
 * every rule said yes; a dry run doesn't tell what the rules said, so its names stay unasked.
 */
function isAdmitted({ effect, rules }: Decision): boolean {
  return effect === "allow" || (effect === "ask" && rules.every(({ id }) => id === "approvals.mode"));
}

/** Decides anew with the addresses that names mean, if a rule admitted the call; otherwise they are not looked up. */
export async function judgeAdmitted(policy: Judge, call: Asked, tool: Tool, prepared: Prepared, judged: Judged): Promise<Judged> {
  return isAdmitted(judged.decision) ? judgeResolved(policy, call, tool, prepared, judged) : judged;
}

/** Decides anew with the addresses that names mean. Only for a call that was admitted or that a person said yes to: a look-up is a message. */
export async function judgeResolved(policy: Judge, call: Asked, tool: Tool, prepared: Prepared, judged: Judged): Promise<Judged> {
  if (!prepared.resolve) return judged;
  const resources = await prepared.resolve();
  return judgeCall(policy, call, tool, { ...prepared, resources }, judged.query.workspaces);
}

/** The same origin that was decided on: a redirect may come back to it, with a method that does no more. */
function isCovered(url: UrlResource, decided: readonly Resource[]): boolean {
  return decided.some(
    (one) =>
      one.kind === "url" &&
      one.scheme === url.scheme &&
      one.host === url.host &&
      one.port === url.port &&
      (one.method === url.method || url.method === "GET" || url.method === "HEAD"),
  );
}

/**
 * Decides on each request of a call that goes ahead, its redirects too, by name and again by address. A person's yes stands in for an ask at
 * the origin it was given for, and for nothing else.
 */
export function judgeUrls(policy: Judge, { query, decision, resources }: Judged): (url: UrlResource) => Pick<Decision, "effect" | "rules"> {
  return (url) => {
    const { effect, rules } = policy.decide({ ...query, resources: [url] });
    const approved = effect === "ask" && decision.effect === "ask" && isCovered(url, resources);
    return { effect: approved ? "allow" : effect, rules };
  };
}
