/** Who is calling over HTTP: an API key, or a token of the configured issuer, or nobody. */
import { readBearer } from "./bearer.ts";
import { challenge, resourceMetadata } from "./challenge.ts";
import type { FetchDocument } from "./discovery.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { keyName, keyPrincipal, openKeyRing } from "./keys.ts";
import type { KeyTable } from "./keys.ts";
import { FailureLimiter } from "./limiter.ts";
import type { TokenSettings } from "./token.ts";
import type { Identity, Verdict } from "../types.ts";

/** The issuer whose tokens are taken. */
export interface IssuerSettings extends TokenSettings {
  /** Where its keys are; without it its metadata says so. */
  readonly jwks?: string;
}

export interface IdentityDeps {
  /** Reads the API keys as they are now; throws when they can't be read. */
  readonly readKeys: () => KeyTable;
  readonly issuer?: IssuerSettings | undefined;
  /** Fetches a document of the issuer. */
  readonly fetch: FetchDocument;
  /** The scopes that the policy's rules name. */
  readonly scopes: () => readonly string[];
  /** Something went wrong that a caller can't mend; for the log. */
  readonly report: (error: unknown) => void;
  /** Milliseconds since the epoch, and monotonic ones. */
  readonly now: () => number;
  readonly clock: () => number;
}

/** Seconds after which to try again when the keys can't be read. */
const STORE_RETRY = 5;

export function openIdentity(deps: IdentityDeps): Identity {
  const { readKeys, issuer, fetch, scopes, report, now, clock } = deps;
  const limiter = new FailureLimiter(clock);
  const ring = openKeyRing(readKeys, clock);
  const issuerKeys = issuer && new IssuerKeys({ issuer: issuer.issuer, jwks: issuer.jwks, fetch, report, clock });

  function wrong(from: string, description: string): Verdict {
    limiter.fail(from);
    return { kind: "unknown", error: "invalid_token", description };
  }

  function byKey(secret: string, from: string): Verdict {
    try {
      const key = ring.find(secret, now());
      // One answer for wrong, revoked and expired: none of them tells whether there ever was such a key.
      if (key === undefined)
        return wrong(from, "the key is wrong, revoked or expired: ask the operator for another (portcullis keys create)");
      return { kind: "known", principal: keyPrincipal(key), ...(key.expiresAt === null ? {} : { expiresAt: key.expiresAt }) };
    } catch (error) {
      report(error);
      return { kind: "unavailable", retryAfter: STORE_RETRY, description: "the keys can't be read just now: try again later" };
    }
  }

  async function byToken(token: string, from: string, settings: TokenSettings, keys: IssuerKeys): Promise<Verdict> {
    const { verifyToken } = await import("./token.ts");
    const verdict = await verifyToken(token, settings, keys, now());
    if (verdict.kind === "wrong") return wrong(from, `${verdict.description}: get another token from the issuer`);
    if (verdict.kind === "expired") return { kind: "unknown", error: "invalid_token", description: verdict.description };
    return verdict;
  }

  return {
    async authenticate(authorization, from) {
      const retryAfter = limiter.secondsLeft(from);
      if (retryAfter > 0) return { kind: "limited", retryAfter };
      const presented = readBearer(authorization);
      if (presented.kind === "absent") return { kind: "unknown", description: presented.description };
      if (presented.kind === "malformed") return wrong(from, presented.description);
      // A key has no dots, a JWT always has.
      if (issuer && issuerKeys && presented.token.includes(".")) return await byToken(presented.token, from, issuer, issuerKeys);
      return byKey(presented.token, from);
    },
    holds(principal) {
      const name = keyName(principal);
      try {
        return name === undefined || ring.has(name, now());
      } catch {
        return true; // what can't be read now ends nothing; nobody gets in with it either
      }
    },
    challenge: (base, problem) => challenge(`${base}/.well-known/oauth-protected-resource`, problem),
    metadata: (base) => resourceMetadata(`${base}/mcp`, issuer?.issuer, scopes()),
  };
}
