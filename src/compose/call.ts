/** Eyes and hands of one call, put together from the rooms. */
import { dirname } from "node:path";
import type { Door } from "../files/door.ts";
import type { Commands } from "./commands.ts";
import { commandEyes } from "./read-command.ts";
import { commandHands } from "./run-command.ts";
import { explainCall } from "../guard/explain.ts";
import { grantFiles, grantPreview } from "../guard/grant.ts";
import type { Opened } from "../guard/stages.ts";
import { explainDecision, explainRefusal, withoutInside } from "../policy/explain.ts";
import type { Explanation } from "../policy/explain.ts";
import type { Policy } from "../policy/policy.ts";
import type { Call, Eyes, PathResource, Query, Tool, UrlEyes } from "../types.ts";

/** Who asks and from where: what a call and an explanation have in common. */
export type Caller = Pick<Call, "principal" | "session" | "transport" | "interactive" | "trace">;

/** A fetch ends before the gate's own clock does, so that what came until then can be shown. */
const SHARE_OF_TIME = 0.95;

/** Opens eyes for one call; its hands come with the permit. */
export function openCall(
  caller: Caller,
  signal: AbortSignal,
  commands: Commands,
  policy: Policy,
  tools: ReadonlyMap<string, Tool>,
): Opened {
  const { door, network } = commands;
  const files = door.eyes(signal);
  let looking: Promise<UrlEyes> | undefined;
  const urls = () => (looking ??= network.door(policy).then((egress) => egress.eyes(signal)));
  const eyes: Eyes = {
    files,
    urls,
    commands: commandEyes(caller, { door, files, signal, policy, home: commands.config.env.HOME ?? "", urls }, commands.read),
    workspaces: door.workspaces,
    explain: async (tool, args) => ({ ...(await explain(caller, tool, args, eyes, policy, tools)) }),
  };
  return {
    eyes,
    permit: (grant) => {
      const { resources, denied, limits, signal: running, admits, judgeUrl, record, preview, progress } = grant;
      const readOrList = (path: string, op: string) => (op === "read" || op === "list") && admits(path, op);
      const access = preview ? grantPreview(readOrList) : grantFiles(resources, readOrList);
      return {
        files: files.hands({ ...access, signal: running, limits }),
        http: {
          fetch: async (request) => {
            const sending = {
              decide: judgeUrl,
              secrets: (host: string) => network.secrets(policy, host),
              record,
              limits: { timeout: limits.timeout * SHARE_OF_TIME, bytes: limits.read },
              signal: running,
            };
            return (await network.door(policy)).fetch(await urls(), sending).fetch(request);
          },
        },
        commands: commandHands(commands, policy, caller, grant),
        limits,
        signal: running,
        progress,
        denied: (path) => denied.get(path),
      };
    },
    close: () => files.close(),
  };
}

/** The decision for a call that is not made, in the words of `explain_policy`. */
async function explain(
  caller: Caller,
  tool: string,
  args: Readonly<Record<string, unknown>>,
  eyes: Eyes,
  policy: Policy,
  tools: ReadonlyMap<string, Tool>,
): Promise<Explanation & { readonly reading?: object }> {
  const explained = await explainCall(policy, tools.get(tool), { ...caller, tool, args }, eyes, eyes.workspaces);
  if ("refusal" in explained) return explainRefusal(explained.refusal);
  const { decision, query, reading } = explained;
  return { ...withoutInside(explainDecision(decision, query)), ...(reading ? { reading } : {}) };
}

/** Deletes the temporary files of a call that died while it wrote. */
export function clearLeftovers(door: Door, query: object): void {
  const { resources } = query as Partial<Query>;
  // A query of very many resources is recorded as their number.
  if (!Array.isArray(resources)) return;
  const written = (resources as Query["resources"]).filter(
    (resource): resource is PathResource => resource.kind === "path" && resource.op === "write",
  );
  for (const directory of new Set(written.flatMap(({ path }) => (path === null ? [] : dirname(path))))) door.removeLeftovers(directory);
}
