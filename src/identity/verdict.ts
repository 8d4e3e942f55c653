/** What was found out about a request's credential. Descriptions are lower case, one line, and safe to show to anybody. */
import type { Principal } from "../types.ts";

export type Verdict =
  /** `expiresAt` is when the credential ends, in milliseconds since the epoch: a session must not outlive it. */
  | { readonly kind: "known"; readonly principal: Principal; readonly expiresAt?: number }
  /** 401. `error` as in RFC 6750, 3.1: absent when there was no credential at all. */
  | { readonly kind: "unknown"; readonly error?: "invalid_token"; readonly description: string }
  /** 429: too many wrong credentials came from there; seconds until it is over. */
  | { readonly kind: "limited"; readonly retryAfter: number }
  /** 503: what decides it can't be had just now (the issuer's keys, the store of keys); seconds after which to try again. */
  | { readonly kind: "unavailable"; readonly retryAfter: number; readonly description: string };
