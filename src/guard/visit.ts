/** One call on its way through the gate: what it has to give back when it leaves, and how it is stopped on the way. */
import type { Prepared, Refusal, RefusalCode } from "../types.ts";

/** What the gate sees of an admitted call. Made by admit.ts. */
export interface Visit {
  /** What the budgets have to say to the caller. */
  readonly warnings: readonly string[];
  /** Prepares the call and waits until nobody of the session writes to the same paths. Throws for a used-up egress budget. */
  prepare(prepare: () => Prepared | Promise<Prepared>): Promise<Prepared>;
  /** Says how the running call is stopped when its session is paused; told at once when it is already. */
  onPause(stop: (refusal: Refusal) => void): void;
  /** Bytes came over the network; gives the warnings that this brought. */
  received(bytes: number): readonly string[];
  /** The call is put to a person: coming back with this state is not charged again. */
  asked(state: string): void;
  /** How it ended; `code` when it was refused or failed. */
  ended(code: RefusalCode | undefined): void;
  /** Gives everything back. Always called, and last. */
  leave(): void;
}
