/** The composition root: from a configuration to a house that serves. The only file that knows every room. */
import { randomBytes } from "node:crypto";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import { createDesk } from "./approval/pending.ts";
import type { Desk } from "./approval/pending.ts";
import { bindCall } from "./approval/seal.ts";
import { openAudit } from "./audit/audit.ts";
import type { Audit } from "./audit/audit.ts";
import { openDatabase } from "./audit/database.ts";
import type { Config } from "./config/load.ts";
import { openState, readKey } from "./config/state.ts";
import { textWork } from "./files/diff.ts";
import { openDoor } from "./files/door.ts";
import type { Door } from "./files/door.ts";
import { cleanResult } from "./guard/clean.ts";
import { explainCall } from "./guard/explain.ts";
import { grantFiles, grantPreview } from "./guard/grant.ts";
import { createGuard } from "./guard/guard.ts";
import { recordableQuery } from "./guard/recordable.ts";
import type { Opened, Recorder, Stages } from "./guard/stages.ts";
import { equivalentPaths } from "./files/names.ts";
import { explainDecision, explainRefusal } from "./policy/explain.ts";
import type { Policy } from "./policy/policy.ts";
import { loadPolicy } from "./policy/load.ts";
import { carriesMarkers, createSanitizer } from "./sanitize/sanitize.ts";
import { openApprovals } from "./session/approvals.ts";
import { builtinTools } from "./tools/index.ts";
import type { Serving } from "./transport/mcp.ts";
import type { Call, Eyes, Outcome, PathResource, Principal, Query, Tool } from "./types.ts";

/** What is needed to open a house. */
export interface HouseOptions {
  readonly config: Config;
  readonly version: string;
  readonly logger: Logger;
  /** The words that start one of our own commands, ready to paste. */
  readonly entry: readonly string[];
}

/** An open house: everything a transport needs, and the way to close it. */
export interface House {
  readonly policy: Policy;
  readonly workspaces: readonly string[];
  /** What a stdio connection is served from: one session for the process. */
  serving(transport: Call["transport"]): Serving;
  guard(call: Call): Promise<Outcome>;
  close(): void;
}

const INSTRUCTIONS = `Portcullis guards this workspace. Reads, listings and searches run; anything that changes files may be put to a person first, who sees the exact diff; secrets, editor and agent settings and everything outside the workspace are denied.
A refusal is a result with isError and says why and what to do: follow its remedy instead of trying variations. "approval required" means that a person has to answer first: tell them, then make the identical call again. "stale approval": something changed, call again. "denied": don't look for a way around.
Before a large piece of work ask explain_policy what would be allowed. Give expectedHash (from get_file_info or the last write) when you change what you read earlier. Text like [REDACTED:...] stands for hidden content and can't be written back: edit around it with edit_file.`;

/** Opens state, policy, files and audit; throws ConfigError, StateError, PolicyError or a Refusal of the audit when one of them can't be used. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { config, logger } = options;
  const { now } = Date;
  const state = openState(config.state);
  for (const word of [...config.warnings, ...state.mended]) logger.warn(word);
  const policy = loadPolicyFor(config);
  for (const { file, line, message } of policy.warnings) logger.warn({ file, line }, message);
  const door = openDoor({ workspaces: config.workspaces, random: randomBytes });
  const audit = openAudit({
    directory: config.state,
    now,
    random: randomBytes,
    report: (message, cause) => logger.error({ err: cause }, message),
    anchor: config.log.anchor,
    onOrphan: (query) => clearLeftovers(door, query),
  });
  await audit.record("system", { event: "started", details: { version: options.version, policy: policy.digest } });

  const tools = builtinTools(textWork);
  const sanitizer = createSanitizer({ random: randomBytes, secrets: () => [] });
  const redact = (text: string) => sanitizer.redact(text);
  const desk = lazyDesk(options, policy, now);
  const stages: Stages = {
    tool: (name) => tools.get(name),
    policy: () => policy,
    open: (call) => openCall(call, door, policy, tools),
    settle: (call, query, states, decision, preview) => {
      const bound = bindCall(call, query.resources, states, policy.digest);
      const grantable = !query.resources.some((resource) => resource.kind === "opaque");
      return desk.use().settle(call, bound, decision, grantable, preview);
    },
    recorder: recorderOf(audit, redact),
    clean: (tool, result, limits) => cleanResult(sanitizer, tool, result, limits.sanitize, limits.output),
    cleanLine: async (text) => (await sanitizer.text(text, { level: "standard", source: { kind: "ours", name: "portcullis" } })).text,
    carriesMarkers,
    workspaces: door.workspaces,
    clock: () => performance.now(),
    log: (entry, error) => logger.info(error === undefined ? entry : { ...entry, err: error }, "call"),
  };
  const guard = createGuard(stages);
  return {
    policy,
    workspaces: door.workspaces,
    guard,
    serving: (transport) => servingOf(options, transport, policy, tools, guard),
    close: () => {
      desk.close();
      door.close();
      audit.close();
    },
  };
}

/** Loads the policy that a configuration names, with everything that guards the guard itself. */
export function loadPolicyFor(config: Config): Policy {
  const { admin, user, projects, directories } = config.standing;
  return loadPolicy({
    files: config.policies,
    ...(config.profile ? { profile: config.profile } : {}),
    ...(admin ? { adminFile: admin } : {}),
    ...(user ? { userFile: user } : {}),
    projectFiles: projects,
    trusted: () => false,
    protected: [config.state, ...directories, ...[config.file, config.log.file].filter((file) => file !== undefined)],
    haveSecret: () => false,
    equivalents: equivalentPaths,
  });
}

/** Deletes the temporary files of a call that died while it wrote. */
function clearLeftovers(door: Door, query: object): void {
  const { resources } = query as Partial<Query>;
  // A query of very many resources is recorded as their number.
  if (!Array.isArray(resources)) return;
  const written = (resources as Query["resources"]).filter(
    (resource): resource is PathResource => resource.kind === "path" && resource.op === "write",
  );
  for (const directory of new Set(written.flatMap(({ path }) => (path === null ? [] : dirname(path))))) door.removeLeftovers(directory);
}

/** Eyes and hands of one call. */
function openCall(call: Call, door: Door, policy: Policy, tools: ReadonlyMap<string, Tool>): Opened {
  const files = door.eyes(call.signal);
  const eyes: Eyes = {
    files,
    workspaces: door.workspaces,
    explain: async (tool, args) => {
      const explained = await explainCall(policy, tools.get(tool), { ...call, tool, args }, eyes, door.workspaces);
      return "refusal" in explained ? explainRefusal(explained.refusal) : explainDecision(explained.decision, explained.query);
    },
  };
  return {
    eyes,
    permit: ({ resources, denied, limits, signal, admits, preview, progress }) => {
      const access = preview
        ? grantPreview((path, op) => admits(path, op === "read" ? "read" : "list"))
        : grantFiles(resources, (path, op) => (op === "read" || op === "list") && admits(path, op));
      return { files: files.hands({ ...access, signal, limits }), limits, signal, progress, denied: (path) => denied.get(path) };
    },
    close: () => files.close(),
  };
}

/** What the gate records, in the audit's words. */
function recorderOf(audit: Audit, redact: (text: string) => string): Recorder {
  return {
    intent: ({ args, query, summary, ...rest }) =>
      audit.intent({
        ...rest,
        argsDigest: audit.digest(args),
        summary: redact(summary),
        ...(query ? { query: recordableQuery(query, redact) } : {}),
      }),
    outcome: (record) => audit.outcome(record),
    approval: (callId, session, { event, ...details }) =>
      audit.record("approval", { event, callId, session, details, durability: "process" }),
  };
}

/** Approvals are opened when the first call has to be asked about: most sessions start with reads. */
function lazyDesk(options: HouseOptions, policy: Policy, now: () => number): { use(): Desk; close(): void } {
  const { config, entry } = options;
  let opened: { readonly desk: Desk; readonly close: () => void } | undefined;
  const open = () => {
    const db = openDatabase(join(config.state, "portcullis.db"));
    const store = openApprovals(db);
    store.expire(now());
    const { headless, timeout, parked, session_ttl: sessionTtl } = policy.settings.approvals;
    const desk = createDesk({
      store,
      key: readKey(config.state, "seal.key", 32, randomBytes),
      settings: () => ({ headless, timeout, parked, sessionTtl }),
      now,
      newId: () => `apr_${randomBytes(16).toString("hex")}`,
      command: (...words) => [...entry, ...words, "--state", config.state].map(quoteWord).join(" "),
    });
    return { desk, close: () => void db.close() };
  };
  return { use: () => (opened ??= open()).desk, close: () => opened?.close() };
}

/** A word as a shell takes it. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function servingOf(
  options: HouseOptions,
  transport: Call["transport"],
  policy: Policy,
  tools: ReadonlyMap<string, Tool>,
  guard: House["guard"],
): Serving {
  const session = `sess_${randomBytes(16).toString("hex")}`;
  const user = userInfo().username;
  return {
    version: options.version,
    instructions: INSTRUCTIONS,
    transport,
    session: () => session,
    principal: (client): Principal => ({ id: "local", user, scopes: [], ...(client === undefined ? {} : { client }) }),
    newCallId: () => `call_${randomBytes(16).toString("hex")}`,
    hasTool: (name) => tools.has(name),
    listTools: (principal) =>
      [...tools.values()]
        .filter((tool) => !policy.hidden(tool.name, policy.riskOf(tool.name, tool.risk), principal))
        .map((tool) => ({ ...tool, risk: policy.riskOf(tool.name, tool.risk), inputSchema: tool.inputSchema() })),
    guard,
  };
}
