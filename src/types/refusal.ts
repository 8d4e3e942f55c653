/** How the house says no. */

export type RefusalCode =
  | "INVALID_INPUT"
  | "DENIED"
  | "APPROVAL_REQUIRED"
  | "APPROVAL_DECLINED"
  | "STALE_APPROVAL"
  | "RATE_LIMITED"
  | "BUDGET_EXHAUSTED"
  | "SANDBOX_UNAVAILABLE"
  | "AUDIT_UNAVAILABLE"
  | "NOT_FOUND"
  | "TIMEOUT"
  | "CANCELLED"
  | "UPSTREAM_UNAVAILABLE"
  | "FAILED";

/**
 * A no that can be shown: `message` is the reason (lower case, one line, nothing from outside the caller's roots), `remedy` what to do next.
 * Internals (system errors, paths outside) belong in `cause` only.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly remedy: string;
  constructor(code: RefusalCode, reason: string, remedy: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.name = "Refusal";
    this.code = code;
    this.remedy = remedy;
  }
}
