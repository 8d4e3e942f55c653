/** The stores of a state directory, for commands that work beside a running server. */
import { randomBytes } from "node:crypto";
import { openAudit } from "../audit/audit.ts";
import { dropBallast } from "../audit/ballast.ts";
import { isStoreFault, openDatabase, requireDatabase } from "../audit/database.ts";
import { auditFiles } from "../audit/state.ts";
import { loadConfig, surroundings } from "../config/load.ts";
import { openState } from "../config/state.ts";
import { openApprovals } from "../session/approvals.ts";
import { openKeys } from "../session/keys.ts";
import { openPauses } from "../session/pauses.ts";
import { openSessions } from "../session/sessions.ts";

export interface Books {
  readonly directory: string;
  readonly approvals: ReturnType<typeof openApprovals>;
  readonly keys: ReturnType<typeof openKeys>;
  readonly sessions: ReturnType<typeof openSessions>;
  readonly pauses: ReturnType<typeof openPauses>;
  now(): number;
  /** Puts an event on record: about approvals, sessions, or who may call (`system`). */
  record(
    kind: "approval" | "session" | "system",
    event: {
      event: string;
      callId?: string;
      session?: string;
      principal?: string;
      tool?: string;
      channel?: string;
      details?: object;
    },
  ): Promise<void>;
  /** Makes a change that must not fail for a full disk: the room that is kept for last words goes to it, and a server takes it again once there is some. */
  insist(change: () => void): void;
  close(): void;
}

/**
 * Opens the state directory that `--state` names, or the one that serve would use. Unless `create` is said there must be one: a kill switch
 * thrown in the wrong place must not look as if it worked.
 */
export async function openBooks(state: string | undefined, create: boolean): Promise<Books> {
  const config = await loadConfig(state === undefined ? {} : { state }, surroundings(), false);
  const { database: file, ballast } = auditFiles(config.state);
  if (!create) requireDatabase(file);
  openState(config.state);
  const db = openDatabase(file);
  const { now } = Date;
  return {
    directory: config.state,
    approvals: openApprovals(db),
    keys: openKeys(db, randomBytes),
    sessions: openSessions(db),
    pauses: openPauses(db),
    now,
    async record(kind, event) {
      const audit = openAudit({
        directory: config.state,
        now,
        random: randomBytes,
        anchor: config.log.anchor,
        report: (message) => process.stderr.write(`portcullis: ${message}\n`),
      });
      try {
        await audit.record(kind, { ...event, durability: "power" });
      } finally {
        audit.close();
      }
    },
    insist(change) {
      try {
        change();
      } catch (error) {
        if (!isStoreFault(error)) throw error;
        dropBallast(ballast);
        change();
      }
    },
    close: () => db.close(),
  };
}
