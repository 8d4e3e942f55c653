import type { HttpHands, UrlEyes } from "../types.ts";
import { reopenedBy } from "./address.ts";
import type { FetchGrant } from "./fetch.ts";
import { openFetch } from "./fetch.ts";
import { openEyes, openLookup } from "./resolve.ts";

/** The `egress` part of the policy in force, as far as the door needs it; who may reach what is decided elsewhere. */
export interface EgressSettings {
  readonly allow: readonly string[];
  readonly dns: "system" | readonly string[];
  readonly redirects: number;
}

/** The one door out. Open a new one when the policy changes. */
export interface Egress {
  /** Eyes for one call; `signal` is the call's, with a Refusal as its reason. */
  eyes(signal: AbortSignal): UrlEyes;
  /** Hands for one call, over the eyes that judged it. */
  fetch(eyes: UrlEyes, grant: FetchGrant): HttpHands;
}

export function openEgress({ allow, dns, redirects }: EgressSettings): Egress {
  const reopened = reopenedBy(allow);
  const look = openLookup(dns);
  return {
    eyes: (signal) => openEyes(look, reopened, signal),
    fetch: (eyes, grant) => openFetch(eyes, redirects, reopened, grant),
  };
}
