/** Who calls over HTTP, put together: the keys of the main database, the issuer of the configuration, and the door its documents come through. */
import type { Config } from "../config/load.ts";
import { readKeySet } from "../config/key-set.ts";
import type { FetchDocument } from "../identity/discovery.ts";
import { openIdentity } from "../identity/identity.ts";
import type { Policy } from "../policy/policy.ts";
import type { HttpHop, Identity } from "../types.ts";
import type { Shelf } from "./shelf.ts";

/** Milliseconds and bytes of one document. */
const LIMITS = { timeout: 5_000, bytes: 256 * 1024 };

export interface CallersDeps {
  readonly auth: Config["auth"];
  readonly shelf: Shelf;
  readonly policy: () => Policy;
  /** A request to the issuer was sent; for the record. */
  readonly record: (hop: HttpHop) => void;
  readonly report: (error: unknown) => void;
  /** Milliseconds since the epoch, and monotonic ones. */
  readonly now: () => number;
  readonly clock: () => number;
}

/** Who calls, and whether anybody could: there is an issuer, or a key in force. */
export interface Callers extends Identity {
  exist(): boolean;
}

/** Opens nothing yet: the database is read at the first key, the issuer asked at the first token. */
export function openCallers({ auth, shelf, policy, record, report, now, clock }: CallersDeps): Callers {
  const identity = openIdentity({
    readKeys: () => shelf.use(({ keys }) => keys.read()),
    issuer: auth,
    fetch: documentsOf(auth?.jwks ?? auth?.issuer, policy, record),
    scopes: () => policy().scopes,
    report,
    now,
    clock,
  });
  return { ...identity, exist: () => auth !== undefined || shelf.use(({ keys }) => keys.anyInForce(now())) };
}

/** A file is read, everything else comes through the door. */
function documentsOf(home: string | undefined, policy: () => Policy, record: (hop: HttpHop) => void): FetchDocument {
  return home === undefined || /^https?:/.test(home) ? issuerDoor(home, policy, record) : readKeySet;
}

/**
 * The egress door for documents of the issuer: only the origin that the operator wrote down, no redirects, and private addresses only where
 * `egress.allow` lists them literally. Other rules of the policy are about callers; these requests are nobody's call.
 */
function issuerDoor(home: string | undefined, policy: () => Policy, record: (hop: HttpHop) => void): FetchDocument {
  const origin = home && new URL(home).origin;
  return async (url) => {
    if (new URL(url).origin !== origin)
      throw new Error("the issuer keeps its keys at another origin: set auth.jwks to their URL if that is right");
    const { openEgress } = await import("../egress/door.ts");
    const egress = openEgress({ ...policy().settings.egress, redirects: 0 });
    const { signal } = new AbortController();
    const eyes = egress.eyes(signal);
    const grant = { decide: () => ({ effect: "allow", rules: [] }) as const, secrets: async () => ({}), record, limits: LIMITS, signal };
    const target = eyes.parse(url);
    const page = await egress.fetch(eyes, grant).fetch({ target, method: "GET", headers: { accept: "application/json" }, raw: true });
    if (page.cut === "size") throw new Error(`a document of the issuer has more than ${LIMITS.bytes} bytes`);
    if (page.cut === "time") throw new Error(`a document of the issuer did not come within ${LIMITS.timeout} ms`);
    return page.status === 200 ? parseJson(page.text) : undefined;
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // expected of an issuer's answer: whoever reads it says what is wrong
  }
}
