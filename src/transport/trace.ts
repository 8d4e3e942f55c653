/** Trace context of a request: W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header. */

/** Version 00 in full: trace id, parent id, flags, all in lower-case hex. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const NO_ID = /^00-(?:0{32}-|[0-9a-f]{32}-0{16}-)/;

/** A `traceparent` as it came, or undefined for anything that isn't exactly one: who reads logs and records must be able to trust its form. */
export function readTraceparent(value: unknown): string | undefined {
  return typeof value === "string" && TRACEPARENT.test(value) && !NO_ID.test(value) ? value : undefined;
}
