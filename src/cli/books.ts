/** The stores of a state directory, for commands that work beside a running server. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openAudit } from "../audit/audit.ts";
import { openDatabase } from "../audit/database.ts";
import { loadConfig, surroundings } from "../config/load.ts";
import { openState } from "../config/state.ts";
import { openApprovals } from "../session/approvals.ts";
import { openKeys } from "../session/keys.ts";

export interface Books {
  readonly directory: string;
  readonly approvals: ReturnType<typeof openApprovals>;
  readonly keys: ReturnType<typeof openKeys>;
  now(): number;
  /** Puts an event about approvals on record. */
  record(event: {
    event: string;
    approval?: string;
    callId?: string;
    session?: string;
    principal?: string;
    tool?: string;
    channel?: string;
  }): Promise<void>;
  close(): void;
}

/** Opens the state directory that `--state` names, or the one that serve would use. */
export async function openBooks(state: string | undefined): Promise<Books> {
  const config = await loadConfig(state === undefined ? {} : { state }, surroundings(), false);
  openState(config.state);
  const db = openDatabase(join(config.state, "portcullis.db"));
  const { now } = Date;
  return {
    directory: config.state,
    approvals: openApprovals(db),
    keys: openKeys(db, randomBytes),
    now,
    async record({ event, approval, ...entry }) {
      const audit = openAudit({
        directory: config.state,
        now,
        random: randomBytes,
        report: (message) => process.stderr.write(`portcullis: ${message}\n`),
      });
      try {
        await audit.record("approval", {
          event,
          ...entry,
          ...(approval === undefined ? {} : { details: { approval } }),
          durability: "power",
        });
      } finally {
        audit.close();
      }
    },
    close: () => db.close(),
  };
}
