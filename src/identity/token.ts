/** JWTs of the configured issuer as credentials (RFC 9068, RFC 8725). Nothing a token names is ever fetched: jku, x5u and kid are data. */
import type { CompactJWSHeaderParameters, JWTPayload } from "jose";
import type { Principal } from "../types.ts";
import { tokenPrincipal } from "./claims.ts";
import type { IssuerKeys } from "./issuer-keys.ts";
import { KeysUnavailable } from "./issuer-keys.ts";

/** What is signed with a secret can be made by whoever checks it; `none` by anybody. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

/** Seconds that clocks may differ. */
const LEEWAY = 30;

/** Seconds since the epoch that a Date can still hold. */
const LAST_SECOND = 8_640_000_000_000;

export interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  /** From values of the claims `roles`, `groups` and `entitlements` to roles. */
  readonly roles: Readonly<Record<string, string>>;
}

/** `expired`: it was good, so whoever holds it is no guesser. Times in milliseconds since the epoch. */
export type TokenVerdict =
  | { readonly kind: "known"; readonly principal: Principal; readonly expiresAt: number }
  | { readonly kind: "wrong"; readonly description: string }
  | { readonly kind: "expired"; readonly description: string }
  | { readonly kind: "unavailable"; readonly retryAfter: number; readonly description: string };

/** A reason that is ours to say. */
class Unacceptable extends Error {}

/** Verifies a token: header, signature, issuer, audience, times, then what it says of its holder. `now` is milliseconds since the epoch. */
export async function verifyToken(token: string, settings: TokenSettings, keys: IssuerKeys, now: number): Promise<TokenVerdict> {
  const { jwtVerify } = await import("jose");
  const { issuer, audience, roles } = settings;
  try {
    const { payload } = await jwtVerify(
      token,
      async (header, jws) => {
        refuseHeader(header);
        return await keys.find(header, jws);
      },
      {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        requiredClaims: ["exp", "sub"],
        clockTolerance: LEEWAY,
        currentDate: new Date(now),
      },
    );
    return { kind: "known", principal: readClaims(payload, roles, now), expiresAt: ((payload.exp ?? 0) + LEEWAY) * 1000 };
  } catch (error) {
    if (error instanceof KeysUnavailable) return { kind: "unavailable", retryAfter: error.retryAfter, description: error.message };
    if (error instanceof Unacceptable) return { kind: "wrong", description: error.message };
    const { code, claim } = error as { readonly code?: unknown; readonly claim?: unknown };
    if (code === "ERR_JWT_EXPIRED") return { kind: "expired", description: "the token has expired: get a new one" };
    return { kind: "wrong", description: explain(String(code), String(claim)) };
  }
}

function refuseHeader({ typ, crit }: CompactJWSHeaderParameters): void {
  // RFC 7515, 4.1.11: what is critical must be understood, and we understand no extension.
  if (crit !== undefined) throw new Unacceptable("the token has critical extensions (crit), which are not accepted");
  // RFC 9068, 4 and RFC 8725, 3.11: a token of another kind (an ID token's logout, a DPoP proof) is none for us.
  if (typ !== undefined && !/^(application\/)?(at\+jwt|jwt)$/i.test(typ))
    throw new Unacceptable("the token is of another kind (typ): an access token is at+jwt or JWT");
}

function readClaims(payload: JWTPayload, roles: TokenSettings["roles"], now: number): Principal {
  const { iat, exp = 0 } = payload;
  if (iat !== undefined && iat > now / 1000 + LEEWAY) throw new Unacceptable("the token was issued in the future (iat)");
  if (exp > LAST_SECOND) throw new Unacceptable("the token never expires (exp)");
  const principal = tokenPrincipal(payload, roles);
  if (typeof principal === "string") throw new Unacceptable(principal);
  return principal;
}

const CLAIMS: Readonly<Record<string, string>> = {
  iss: "the token is of another issuer (iss)",
  aud: "the token is for another audience (aud)",
  nbf: "the token is not valid yet (nbf)",
  exp: "the token has no expiry that can be read (exp)",
  sub: "the token names nobody (sub)",
};

/** Words for an error of jose, by its code; its own message may quote the token. */
function explain(code: string, claim: string): string {
  switch (code) {
    case "ERR_JWT_CLAIM_VALIDATION_FAILED":
      return CLAIMS[claim] ?? "a claim of the token is not acceptable";
    case "ERR_JOSE_ALG_NOT_ALLOWED":
      return "the token is signed with an algorithm that is not accepted";
    case "ERR_JWKS_NO_MATCHING_KEY":
    case "ERR_JWKS_MULTIPLE_MATCHING_KEYS":
      return "the token is signed with a key that the issuer doesn't have";
    case "ERR_JWS_SIGNATURE_VERIFICATION_FAILED":
      return "the signature of the token is wrong";
    default:
      return "the token can't be read";
  }
}
