/** The stores of the main database, opened when the first call needs one: a start pays for none of them. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describeFault, isStoreFault, openDatabase } from "../audit/database.ts";
import { openApprovals } from "../session/approvals.ts";
import { openKeys } from "../session/keys.ts";
import { openPauses } from "../session/pauses.ts";
import { openSessions } from "../session/sessions.ts";
import { openTotals } from "../session/totals.ts";
import { openUsage } from "../session/usage.ts";
import { Refusal } from "../types.ts";

function openStores(state: string) {
  const db = openDatabase(join(state, "portcullis.db"));
  return {
    approvals: openApprovals(db),
    keys: openKeys(db, randomBytes),
    pauses: openPauses(db),
    sessions: openSessions(db),
    usage: openUsage(db),
    totals: openTotals(db),
    close: () => void db.close(),
  };
}

/** The open stores. */
export type Stores = ReturnType<typeof openStores>;

export interface Shelf {
  /** Works with the stores. A fault of the database comes out as a refusal that says what is wrong. */
  use<T>(work: (stores: Stores) => T): T;
  /** Are they open? */
  isOpen(): boolean;
  close(): void;
}

/** `first` is done once, when they are opened. */
export function openShelf(state: string, first: (stores: Stores) => void): Shelf {
  let stores: Stores | undefined;
  let closed = false;
  const open = (): Stores => {
    if (closed) throw new Refusal("CANCELLED", "the server is closing", "Make the call again when it is back.");
    const opened = openStores(state);
    first(opened);
    return opened;
  };
  return {
    use: (work) => {
      try {
        return work((stores ??= open()));
      } catch (error) {
        throw error instanceof Refusal || !isStoreFault(error) ? error : describeFault(error);
      }
    },
    isOpen: () => stores !== undefined,
    close: () => {
      closed = true;
      stores?.close();
      stores = undefined;
    },
  };
}
