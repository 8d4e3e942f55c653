/** The approval desk over the main database. */
import { randomBytes } from "node:crypto";
import { createDesk } from "../approval/pending.ts";
import type { Desk, PendingStore } from "../approval/pending.ts";
import { readKey } from "../config/state.ts";
import type { Policy } from "../policy/policy.ts";
import { Refusal } from "../types.ts";
import type { Shelf } from "./shelf.ts";

/** `policy` is asked at each question, because it may have been replaced; so is the key. */
export function openDesk(options: {
  readonly state: string;
  readonly shelf: Shelf;
  readonly command: (...words: string[]) => string;
  readonly policy: () => Policy;
  readonly redact: (text: string) => string;
  readonly now: () => number;
}): Desk {
  const { state, shelf, policy, redact } = options;
  let desk: Desk | undefined;
  const sealKey = (): Buffer => {
    try {
      return readKey(state, "seal.key", 32, randomBytes);
    } catch (error) {
      throw new Refusal(
        "FAILED",
        "the key that vouches for questions and answers can't be used",
        `Nothing that needs a yes goes ahead until a person puts a new one in place: ${options.command("keys", "rotate-seal")}`,
        error,
      );
    }
  };
  const open = (store: PendingStore): Desk =>
    createDesk({
      ...options,
      // The preview is erased with the answer; the title stays on record, and with a grant.
      store: { ...store, insert: (row) => store.insert({ ...row, title: redact(row.title) }) },
      key: sealKey,
      settings: () => {
        const { headless, timeout, parked, remember, session_ttl: sessionTtl } = policy().settings.approvals;
        return { headless, timeout, parked, remember, sessionTtl };
      },
      newId: () => `apr_${randomBytes(16).toString("hex")}`,
    });
  return { settle: (...asked) => (desk ??= shelf.use(({ approvals }) => open(approvals))).settle(...asked) };
}
