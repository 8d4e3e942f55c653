/** Admission over the main database: sessions that are kept, pauses that every process sees, budgets that all of them count. */
import { measure } from "../files/measure.ts";
import { createAdmission } from "../guard/admit.ts";
import type { Doorkeeper } from "../guard/admit.ts";
import { usedShares } from "../guard/budgets.ts";
import type { Share, UsageStore } from "../guard/budgets.ts";
import type { Policy } from "../policy/policy.ts";
import { compileTool } from "../policy/rule.ts";
import { LiveSessions } from "../session/live.ts";
import { EVERY_SESSION } from "../session/pauses.ts";
import type { Call } from "../types.ts";
import type { Shelf } from "./shelf.ts";

export interface Admission extends Doorkeeper {
  /** Ends the session grants that were given under an older policy; how many there were. */
  dropGrants(policy: Policy): number;
  /** How many sessions are served. */
  sessions(): number;
  /** What each of them, and its principal, has used of its budgets. */
  shares(): readonly Share[];
  /** A session has ended: its counts are kept, its grants go. Reports what goes wrong. */
  end(session: string): void;
  /** Keeps the counts and ends the sessions of this process. */
  close(): void;
}

/** `profile` is what the server was started with; `warn` and `report` go to log and audit. */
export function openAdmission(options: {
  readonly shelf: Shelf;
  readonly profile: string;
  readonly policy: () => Policy;
  readonly command: (...words: string[]) => string;
  readonly workspaces: readonly string[];
  readonly warn: (call: Call, warning: string) => void;
  readonly report: (error: unknown) => void;
  readonly now: () => number;
  readonly clock: () => number;
}): Admission {
  const { shelf, profile, policy, command, now } = options;
  const live = new LiveSessions({
    begin: (record) => shelf.use(({ sessions }) => sessions.begin(record)),
    save: (...session) => shelf.use(({ sessions }) => sessions.save(...session)),
    end: (id, at) =>
      shelf.use(({ sessions, approvals }) => {
        sessions.end(id, at);
        approvals.dropGrants(id, "");
      }),
    together: (work) => shelf.use(({ sessions }) => sessions.together(work)),
    now,
    report: options.report,
  });
  const usage = (): UsageStore => ({
    add: (use, amount, limit) => shelf.use((stores) => stores.usage.add(use, amount, limit)),
    used: (use) => shelf.use((stores) => stores.usage.used(use)),
  });
  const doorkeeper = createAdmission({
    ...options,
    settings: () => policy().settings,
    matcher: compileTool,
    measure: () => measure(options.workspaces),
    session: (call) =>
      live.use(call.session, () => ({
        principal: call.principal.id,
        client: call.principal.client ?? null,
        transport: call.transport,
        profile,
        mode: policy().settings.approvals.mode,
      })),
    usage,
    pauses: () => shelf.use(({ pauses }) => pauses.read()),
    resume: (session) => command("sessions", "resume", session === EVERY_SESSION ? "--all" : session),
  });
  return {
    ...doorkeeper,
    dropGrants: ({ digest }) =>
      shelf.isOpen()
        ? shelf.use(({ approvals }) => live.all().reduce((dropped, { id }) => dropped + approvals.dropGrants(id, digest), 0))
        : 0,
    sessions: () => live.all().length,
    shares: () => live.all().flatMap((session) => usedShares(policy().settings.budgets, session, session.principal, usage, now())),
    end: (session) => {
      try {
        if (shelf.isOpen()) live.end(session);
      } catch (error) {
        options.report(error);
      }
    },
    close: () => {
      if (shelf.isOpen()) live.close();
    },
  };
}
