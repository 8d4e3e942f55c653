/** Who is at the other end of a request, and what we say to those who can't say it. */
import type { Principal } from "./decision.ts";

/** What was found out about a request's credential. Descriptions are lower case, one line, and safe to show to anybody. */
export type Verdict =
  /** `expiresAt` is when the credential ends, in milliseconds since the epoch: a session must not outlive it. */
  | { readonly kind: "known"; readonly principal: Principal; readonly expiresAt?: number }
  /** 401. `error` as in RFC 6750, 3.1: absent when there was no credential at all. */
  | { readonly kind: "unknown"; readonly error?: "invalid_token"; readonly description: string }
  /** 429: too many wrong credentials came from there; seconds until it is over. */
  | { readonly kind: "limited"; readonly retryAfter: number }
  /** 503: what decides it can't be had just now (the issuer's keys, the store of keys); seconds after which to try again. */
  | { readonly kind: "unavailable"; readonly retryAfter: number; readonly description: string };

/** Why a request was turned away; without `error` there was no credential. */
export interface Challenge {
  readonly error?: "invalid_token" | "insufficient_scope";
  readonly description?: string;
  /** What would be enough. */
  readonly scopes?: readonly string[];
}

/** Finds out who is calling over HTTP. */
export interface Identity {
  /** `authorization` is the raw header, `from` the address it came from. Never rejects. */
  authenticate(authorization: string | undefined, from: string): Promise<Verdict>;
  /** May this principal still come in? False once its key has been revoked or has ended: then nothing of it goes on. Never throws. */
  holds(principal: string): boolean;
  /** The value of WWW-Authenticate. `base` is our own origin as the client sees it. */
  challenge(base: string, problem: Challenge): string;
  /** The protected resource metadata (RFC 9728). */
  metadata(base: string): object;
}
