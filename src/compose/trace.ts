/** The trace of a call, handed on to what the call starts. */
import type { Call } from "../types.ts";

/**
 * The `traceparent` of what a call starts: its trace and flags, and an id of our own as the parent. That id is the first half of the call's, so that
 * whoever finds it in a trace finds the call in log and audit.
 */
export function childTrace(trace: NonNullable<Call["trace"]>, callId: string): string {
  const [version, traceId, , flags] = trace.split("-");
  return [version, traceId, callId.replace(/^call_/, "").slice(0, 16), flags].join("-");
}
