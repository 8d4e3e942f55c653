/** The composition root: from a configuration to a house that serves. `compose/` holds its parts; together they are the only ones that know every room. */
import type { Logger } from "pino";
import { bindCall } from "./approval/seal.ts";
import { openAudit } from "./audit/audit.ts";
import { keepRetention } from "./audit/retention.ts";
import { clearLeftovers, openCall } from "./compose/call.ts";
import { openAdmission } from "./compose/admission.ts";
import { openCommands } from "./compose/commands.ts";
import type { Ready } from "./compose/commands.ts";
import { openDesk } from "./compose/desk.ts";
import { openCallers } from "./compose/identity.ts";
import type { Callers } from "./compose/identity.ts";
import { INSTRUCTIONS } from "./compose/instructions.ts";
import { openMetrics } from "./compose/metrics.ts";
import { openNetwork } from "./compose/network.ts";
import { loadFacts, loadPolicyOf, namesFiles } from "./compose/policy.ts";
import { pooledRandom } from "./compose/random.ts";
import { recorderOf } from "./compose/recorder.ts";
import { openShelf } from "./compose/shelf.ts";
import type { Stores } from "./compose/shelf.ts";
import { serveHttp, serveStdio } from "./compose/serving.ts";
import { trackCalls } from "./compose/under-way.ts";
import { commandLine } from "./compose/words.ts";
import type { Config } from "./config/load.ts";
import { openState } from "./config/state.ts";
import { textWork } from "./files/diff.ts";
import { openDoor } from "./files/door.ts";
import { cleanResult } from "./guard/clean.ts";
import { createGuard } from "./guard/guard.ts";
import type { Stages } from "./guard/stages.ts";
import type { Policy } from "./policy/policy.ts";
import { openPolicySource } from "./policy/source.ts";
import { carriesMarkers, createSanitizer, MARKERS_REMEDY } from "./sanitize/sanitize.ts";
import { newSessionId } from "./session/sessions.ts";
import { builtinTools } from "./tools/index.ts";
import { Visitors } from "./session/visitors.ts";
import type { Serving } from "./transport/mcp.ts";
import type { Tool } from "./types.ts";

/** What is needed to open a house. */
export interface HouseOptions {
  readonly config: Config;
  readonly version: string;
  readonly logger: Logger;
  /** The words that start one of our own commands, ready to paste. */
  readonly entry: readonly string[];
  /** Lines that the log has lost until now. */
  readonly droppedLines: () => number;
  /** Tools beside the built-in ones. */
  readonly tools?: readonly Tool[];
}

/** What HTTP is served from: it has many sessions, of which the transport begins and ends those of older clients. */
export interface HttpServing {
  readonly serving: Serving;
  readonly newSession: () => string;
  /** Ends a session: its grants and its processes go. */
  readonly endSession: (id: string) => void;
}

/** An open house: everything a transport needs, and the way to close it. */
export interface House {
  readonly workspaces: readonly string[];
  policy(): Policy;
  /** The machine as the policy in force wants it used; tried live once. */
  machine(): Promise<Ready>;
  /** Resolves when the first listing was answered: the moment for work that no start and no call should wait for. */
  readonly listed: Promise<void>;
  /** What the stdio connection is served from: one session for the process. */
  stdio(): Serving;
  /**
   * What HTTP is served from; the sessions of clients that have none on the wire end after `idle` milliseconds without a call, and with a principal that
   * no longer holds.
   */
  http(idle: number, holds: (principal: string) => boolean): HttpServing;
  /** Who calls over HTTP. */
  callers(): Callers;
  /** What keeps us from serving, in single words: `policy` (its last reload was bad), `audit` (it can't be written). Empty when nothing does. */
  ready(): Promise<readonly string[]>;
  /** Hides secrets in a text that goes elsewhere than into an answer: into the log. */
  redact(text: string): string;
  /** What was counted since the start, as Prometheus reads it. */
  metrics(): Promise<string>;
  /** Resolves when no call is under way, or after so many milliseconds. */
  settled(patience: number): Promise<void>;
  /** Cancels what is under way, waits until it is on record, and ends. Never rejects: what goes wrong is logged. */
  close(): Promise<void>;
}

/** Milliseconds that calls get to end when the house closes: all of the end may take two seconds. */
const LAST_PATIENCE = 1_200;

/** Milliseconds between looks at the policy files. */
const POLICY_INTERVAL = 500;

/** Monotonic milliseconds. */
const clock = (): number => performance.now();

/** Opens state, policy, files and audit; throws ConfigError, StateError, PolicyError or a Refusal of the audit when one of them can't be used. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { config, logger } = options;
  const { now } = Date;
  const random = pooledRandom();
  const state = openState(config.state);
  for (const word of [...config.warnings, ...state.mended]) logger.warn(word);
  const facts = await loadFacts(namesFiles(config));
  const source = openPolicySource({
    load: () => loadPolicyOf(config, facts),
    interval: POLICY_INTERVAL,
    onChange: (policy, before) => {
      logger.info({ policy: policy.digest, before: before.digest }, "the policy was replaced");
      metrics.reload("good");
      record("policy", "replaced", { policy: policy.digest, before: before.digest, grantsDropped: admission.dropGrants(policy) });
    },
    onError: (problems) => {
      logger.error(
        { problems: problems.map(({ file, line, message }) => `${file}:${line}: ${message}`) },
        "the new policy is broken: the last good one stays",
      );
      metrics.reload("bad");
      record("policy", "rejected", { problems: problems.length });
    },
  });
  for (const { file, line, message } of source.current().warnings) logger.warn({ file, line }, message);
  const door = openDoor({ workspaces: config.workspaces, random });
  const audit = openAudit({
    directory: config.state,
    now,
    random,
    report: (message, cause) => logger.error({ err: cause }, message),
    anchor: config.log.anchor,
    onOrphan: (query) => clearLeftovers(door, query),
  });
  await audit.record("system", { event: "started", details: { version: options.version, policy: source.current().digest } });
  function record(kind: "policy" | "system", event: string, details: object): void {
    audit.record(kind, { event, details }).catch((error: unknown) => logger.error({ err: error }, `\`${event}\` could not be recorded`));
  }

  const tools = new Map([...builtinTools(textWork), ...(options.tools ?? []).map((tool) => [tool.name, tool] as const)]);
  const network = openNetwork(config.env);
  const commands = openCommands({
    config,
    door,
    network,
    random,
    now,
    record: (of, { status, reason, cause: _logged, ...details }) =>
      audit.record("session", { event: `egress_${status}`, ...of, details: { ...details, ...(reason ? { reason } : {}) } }),
    onProbe: ({ probe: { backend, reason } }) => {
      logger.info({ backend, reason }, "the sandbox was tried");
      record("system", "sandbox", { backend, reason });
    },
    onStart: (session) => admission.hold(session, () => commands.stop(session)),
    onKilled: (reason) => metrics.kill(reason),
    fault: (of, error) => logger.warn({ ...of, err: error }, "something around a command failed"),
  });
  const sanitizer = createSanitizer({ random, secrets: () => network.held(source.current()) });
  const redact = (text: string) => sanitizer.redact(text);
  const command = commandLine(options.entry, config.state);
  const retain = () => source.current().settings.audit.retain;
  const forget = ({ approvals, sessions, usage, totals }: Stores) => {
    approvals.expire(now());
    approvals.forget(now() - retain());
    sessions.forget(now() - retain());
    usage.forget(now());
    totals.forget(now() - retain());
  };
  const shelf = openShelf(config.state, forget);
  const retention = keepRetention(audit, {
    retain,
    now,
    onDue: () => shelf.isOpen() && shelf.use(forget),
    onPruned: (records) => logger.info({ records }, "records older than `audit.retain` were removed"),
    report: (message, error) => logger.error({ err: error }, message),
  });
  const desk = openDesk({ state: config.state, shelf, command, policy: () => source.current(), redact, now });
  const admission = openAdmission({
    shelf,
    profile: source
      .current()
      .layers.flatMap(({ name, file }) => (name === "user" ? file.replace(/^profile:/, "") : []))
      .join(", "),
    policy: () => source.current(),
    command,
    workspaces: door.workspaces,
    warn: (call, summary) => {
      const { id: callId, session, tool, principal } = call;
      logger.warn({ callId, session, principal: principal.id, tool }, summary);
      audit
        .record("session", { event: "budget_warning", callId, session, principal: principal.id, tool, summary })
        .catch((error: unknown) => logger.error({ err: error }, "a warning could not be recorded"));
    },
    report: (error) => logger.error({ err: error }, "the counts of the sessions could not be kept"),
    now,
    clock,
  });
  const metrics = openMetrics({
    hasTool: (name) => tools.has(name),
    shelf,
    admission,
    droppedLines: options.droppedLines,
    queue: () => audit.waiting,
    now,
    report: (error) => logger.error({ err: error }, "what was counted could not be kept"),
  });
  const stages: Stages = {
    tool: (name) => tools.get(name),
    policy: () => source.current(),
    admit: (call) => admission.admit(call),
    open: (call) => openCall(call, call.signal, commands, source.current(), tools),
    settle: async (call, query, prepared, decision, preview) => {
      const bound = bindCall(call, query.resources, prepared, decision.digest);
      const grantable = !query.resources.some((resource) => resource.kind === "opaque");
      const settlement = await desk.settle(call, bound, decision, grantable, preview);
      metrics.settled(settlement);
      return settlement;
    },
    recorder: recorderOf(audit, { redact, audited: (...one) => metrics.audited(...one), clock }),
    clean: (tool, result, limits) => cleanResult(sanitizer, tool, result, limits.sanitize, limits.output),
    cleanLine: async (text) => (await sanitizer.text(text, { level: "standard", source: { kind: "ours", name: "portcullis" } })).text,
    carriesMarkers,
    markersRemedy: MARKERS_REMEDY,
    workspaces: door.workspaces,
    clock,
    log: (entry, error) => {
      metrics.call(entry);
      logger.info(error === undefined ? entry : { ...entry, err: error }, "call");
    },
  };
  const { guard, settled, drain } = trackCalls(createGuard(stages));
  const listed = Promise.withResolvers<void>();
  /** Compiles the rules of the sanitizer once what runs now is done, so that the first call need not wait for it. */
  void listed.promise.then(() => sanitizer.warm());
  const parts = {
    ...options,
    instructions: INSTRUCTIONS,
    policy: () => source.current(),
    tools,
    commands,
    random,
    guard,
    onListed: () => setImmediate(listed.resolve),
  };
  const newSession = () => newSessionId(random);
  const endSession = (id: string): void => {
    commands.stop(id);
    admission.end(id);
  };
  return {
    workspaces: door.workspaces,
    policy: () => source.current(),
    machine: () => commands.ready(source.current()),
    listed: listed.promise,
    stdio: () => serveStdio(parts, newSession()),
    http: (idle, holds) => {
      const visitors = new Visitors({ newId: newSession, onEnd: endSession, holds, idle, clock: () => performance.now() });
      return { serving: serveHttp(parts, (principal, client) => visitors.session(principal, client)), newSession, endSession };
    },
    callers: () =>
      openCallers({
        auth: config.auth,
        shelf,
        policy: () => source.current(),
        record: (hop) => record("system", "issuer", { ...hop, host: redact(hop.host) }),
        report: (error) => logger.warn({ err: error }, "who is calling could not be found out"),
        now,
        clock: () => performance.now(),
      }),
    ready: async () => [...(source.problems().length > 0 ? ["policy"] : []), ...((await audit.works()) ? [] : ["audit"])],
    redact,
    metrics: () => metrics.text(),
    settled,
    close: async () => {
      source.close();
      retention.stop();
      const left = await drain(LAST_PATIENCE);
      if (left > 0) logger.warn({ calls: left }, "calls that did not end in time are recorded as unknown");
      for (const part of [commands, metrics, admission, shelf, door, audit]) {
        try {
          part.close();
        } catch (error) {
          logger.error({ err: error }, "a part of the server could not be closed");
        }
      }
    },
  };
}
