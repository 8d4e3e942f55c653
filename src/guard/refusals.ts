/** How the gate itself says no. */
import { Refusal } from "../types.ts";

/** Whatever was thrown, as a refusal: what isn't one already shows nothing of its insides. */
export function toRefusal(error: unknown, signal: AbortSignal): Refusal {
  if (error instanceof Refusal) return error;
  if (signal.aborted) return withCause(cancelledRefusal(), error);
  return new Refusal(
    "FAILED",
    "the call failed inside the server",
    "The log has the details under this call id; nothing more can be told here.",
    error,
  );
}

/** A call that was ended on purpose (`reason`) while something threw `error`. */
export function endedBy(reason: unknown, error: unknown, signal: AbortSignal): Refusal {
  const refusal = toRefusal(reason, signal);
  return error === reason ? refusal : withCause(refusal, error);
}

/** Puts what was thrown beside a refusal that has its own reason, for the log. That work stops when it is told to is expected and says nothing. */
export function withCause(refusal: Refusal, thrown: unknown): Refusal {
  if (thrown === undefined || thrown instanceof Refusal || (thrown instanceof Error && thrown.name === "AbortError")) return refusal;
  return new Refusal(refusal.code, refusal.message, refusal.remedy, thrown);
}

export const cancelledRefusal = () => new Refusal("CANCELLED", "the call was cancelled", "Make it again if it is still wanted.");

export const timeoutRefusal = (limit: number) =>
  new Refusal(
    "TIMEOUT",
    `the call took longer than the ${limit / 1000} s that the policy allows`,
    "Do less at once, or ask for a longer limits.timeout.",
  );

export const markersRefusal = (remedy: string) =>
  new Refusal(
    "INVALID_INPUT",
    "the text carries markers that stand for hidden content ([REDACTED:, [TRUNCATED ): writing it would destroy what they hide",
    remedy,
  );
