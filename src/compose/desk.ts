/** The approval desk over the main database, opened when the first call has to be asked about: most sessions start with reads. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createDesk } from "../approval/pending.ts";
import type { Desk } from "../approval/pending.ts";
import { openDatabase } from "../audit/database.ts";
import { readKey } from "../config/state.ts";
import type { Policy } from "../policy/policy.ts";
import { openApprovals } from "../session/approvals.ts";

export interface LazyDesk {
  use(): Desk;
  close(): void;
}

/** `entry` are the words that start our own commands; `policy` is asked at each question, because it may have been replaced. */
export function lazyDesk(options: {
  readonly state: string;
  readonly entry: readonly string[];
  readonly policy: () => Policy;
  readonly now: () => number;
}): LazyDesk {
  const { state, entry, policy, now } = options;
  let opened: { readonly desk: Desk; readonly close: () => void } | undefined;
  const open = () => {
    const db = openDatabase(join(state, "portcullis.db"));
    const store = openApprovals(db);
    store.expire(now());
    const desk = createDesk({
      store,
      key: readKey(state, "seal.key", 32, randomBytes),
      settings: () => {
        const { headless, timeout, parked, session_ttl: sessionTtl } = policy().settings.approvals;
        return { headless, timeout, parked, sessionTtl };
      },
      now,
      newId: () => `apr_${randomBytes(16).toString("hex")}`,
      command: (...words) => [...entry, ...words, "--state", state].map(quoteWord).join(" "),
    });
    return { desk, close: () => void db.close() };
  };
  return { use: () => (opened ??= open()).desk, close: () => opened?.close() };
}

/** A word as a shell takes it. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
