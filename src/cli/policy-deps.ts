/** What the policy commands get from the program: loading as serve would, and the eyes of a server that isn't running. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { openCall } from "../compose/call.ts";
import type { Caller } from "../compose/call.ts";
import { openNetwork } from "../compose/network.ts";
import type { Network } from "../compose/network.ts";
import { openCommands } from "../compose/commands.ts";
import { loadFacts, loadPolicyOf } from "../compose/policy.ts";
import { loadConfig, surroundings } from "../config/load.ts";
import { openState } from "../config/state.ts";
import { trustHash } from "../config/trust.ts";
import { textWork } from "../files/diff.ts";
import { openDoor } from "../files/door.ts";
import { judgeCall, judgeResolved } from "../guard/judge.ts";
import type { Judged } from "../guard/judge.ts";
import type { Policy } from "../policy/policy.ts";
import { builtinTools } from "../tools/index.ts";
import { Refusal } from "../types.ts";
import type { Decision, Principal, Query, Tool } from "../types.ts";
import type { ExplainedCall, PolicyCommandDeps } from "./policy.ts";

/** Gathers it; loads the shell analysis, because policies are tested with it. */
export async function policyDeps(): Promise<PolicyCommandDeps> {
  const facts = await loadFacts(true);
  const network = openNetwork(surroundings().env);
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    error: (line) => void process.stderr.write(`${line}\n`),
    exit: (code) => {
      process.exitCode = code;
    },
    readLines: () => linesOf(process.stdin),
    writeNew: (file, text) => writeFileSync(file, text, { flag: "wx", mode: 0o600 }),
    load: async (flags) => loadPolicyOf(await loadConfig(flags, surroundings(), false), facts),
    prepareQuery: (policy, call, workspaces) => prepareQuery(network, policy, call, workspaces),
    trust: async (file, sha256) => {
      const { state } = await loadConfig({}, surroundings(), false);
      openState(state);
      trustHash(state, sha256);
      process.stderr.write(`portcullis: ${file} may widen the policy of servers that use the state directory ${state}\n`);
    },
    facts,
  };
}

/** Lines that end with a newline. Node's readline would also end one at U+2028, which JSON text may hold as it is. */
async function* linesOf(input: NodeJS.ReadStream): AsyncIterable<string> {
  let rest = "";
  for await (const chunk of input.setEncoding("utf8")) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

const nothing = (): void => undefined;

/** The query of a call, through the same tools and eyes as in a server; nothing is executed. Throws Refusal. */
async function prepareQuery(
  network: Network,
  policy: Policy,
  call: ExplainedCall,
  workspaces: readonly string[],
): Promise<{ readonly query: Query; readonly reading?: object }> {
  const config = await loadConfig(workspaces.length > 0 ? { workspace: workspaces } : {}, surroundings());
  const door = openDoor({ workspaces: config.workspaces, random: randomBytes });
  const commands = openCommands({
    config,
    door,
    network,
    random: randomBytes,
    now: Date.now,
    record: async () => undefined,
    onProbe: nothing,
    onStart: nothing,
    onKilled: nothing,
    fault: nothing,
  });
  const caller = callerOf(call.as ?? {});
  const tools = builtinTools(textWork);
  const opened = openCall(caller, new AbortController().signal, commands, policy, tools);
  try {
    const tool = tools.get(call.tool) ?? foreignTool(call.tool);
    const prepared = await tool.prepare(call.args, opened.eyes);
    const asked = { ...caller, tool: call.tool, args: call.args };
    const named = judgeCall(policy, asked, tool, prepared, door.workspaces);
    // Who asks at the shell may look up any name but one that is denied already.
    const { query } =
      named.decision.effect === "deny" ? named : await judgeResolved(policy, asked, tool, prepared, named).catch(unlessAdmitted(named));
    return { query, ...(prepared.reading ? { reading: prepared.reading } : {}) };
  } finally {
    opened.close();
    door.close();
  }
}

/** A name that can't be looked up refuses a call that would go ahead; one that a person would be asked about is asked about by name. */
function unlessAdmitted(named: Judged): (error: unknown) => Judged {
  return (error) => {
    if (named.decision.effect === "allow" || !(error instanceof Refusal)) throw error;
    return named;
  };
}

/** A tool of an upstream server, which policies can speak of before the server is known: its call is its only resource. */
function foreignTool(name: string): Tool {
  const [server = "", tool = "", ...more] = name.split("/");
  if (server === "" || tool === "" || more.length > 0)
    throw new Refusal(
      "INVALID_INPUT",
      `there is no tool ${JSON.stringify(name.slice(0, 100))}`,
      "look at tools/list, or name an upstream tool as server/tool",
    );
  return {
    name,
    title: name,
    description: "",
    risk: "medium",
    inputSchema: () => ({}),
    prepare: () => ({ resources: [{ kind: "upstream", server, tool }], states: {}, run: () => ({ text: "", source: "ours" }) }),
  };
}

/** Who makes the call, as `as` says; by default the local person. */
function callerOf(as: Readonly<Record<string, unknown>>): Caller {
  const text = (name: string) => (typeof as[name] === "string" ? { [name]: as[name] } : {});
  const scopes = [as.scope ?? []].flat().filter((scope) => typeof scope === "string");
  const principal: Principal = {
    id: typeof as.id === "string" ? as.id : "local",
    scopes,
    ...text("client"),
    ...text("key"),
    ...text("role"),
    ...text("user"),
  };
  return { principal, session: typeof as.session === "string" ? as.session : "explain", transport: "stdio", interactive: true };
}

/** Decides recorded queries as `serve --policy FILE` would. */
export async function replayDecider(
  file: string,
): Promise<(query: object) => { readonly effect: Decision["effect"]; readonly rules: readonly string[] }> {
  const policy = loadPolicyOf(await loadConfig({ policy: [file] }, surroundings(), false), await loadFacts(true));
  return (query) => {
    const { effect, rules } = policy.decide(query as Query);
    return { effect, rules: rules.map((rule) => rule.id) };
  };
}
