/** The door to the network, and the secrets that go out through it. */
import { openSecrets, secretHeaders } from "../config/secrets.ts";
import type { Egress } from "../egress/door.ts";
import type { HeldSecret } from "../sanitize/held.ts";
import { compileHost } from "../policy/host-glob.ts";
import type { Policy } from "../policy/policy.ts";
import { Refusal } from "../types.ts";

/** What calls need of the network. */
export interface Network {
  /** The door as this policy sets it; opened at the first call that needs it, because most sessions never do. */
  door(policy: Policy): Promise<Egress>;
  /** Headers with the secrets that the policy sends to this host, read now. Refusal FAILED when one can't be had. */
  secrets(policy: Policy, host: string): Promise<Readonly<Record<string, string>>>;
  /** The secrets of the policy as far as they are known, to be found in answers. */
  held(policy: Policy): readonly HeldSecret[];
}

/** Opens nothing yet. `env` is the environment that `env:` names its variables in. */
export function openNetwork(env: Readonly<Record<string, string | undefined>>): Network {
  const sources = openSecrets(env);
  let opened: { readonly policy: Policy; readonly egress: Promise<Egress> } | undefined;
  return {
    door(policy) {
      if (opened?.policy !== policy) {
        const egress = import("../egress/door.ts").then(({ openEgress }) => openEgress(policy.settings.egress));
        opened = { policy, egress };
      }
      return opened.egress;
    },
    async secrets(policy, host) {
      const going = Object.entries(policy.settings.secrets).filter(([, { to = [] }]) => to.some((place) => goesTo(place, host)));
      const [first, second] = going;
      if (first === undefined) return {};
      if (second !== undefined)
        throw new Refusal("FAILED", `the policy sends several secrets to \`${host}\``, "name the host under one secret only (secrets.to)");
      return secretHeaders(first[0], await sources.read(first[0], first[1].from));
    },
    held: (policy) => sources.held(Object.entries(policy.settings.secrets).map(([name, { from }]) => ({ name, from }))),
  };
}

/** `host:` takes what `net.host` takes: whole labels. */
function goesTo(place: string, host: string): boolean {
  return place.startsWith("host:") && compileHost(place.slice("host:".length)).matches(host);
}
