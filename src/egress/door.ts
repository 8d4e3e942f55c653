import type { HttpHands, UrlEyes } from "../types.ts";
import { reopenedBy } from "./address.ts";
import type { Bridge } from "./bridge.ts";
import { bridgeTo } from "./bridge.ts";
import type { FetchGrant } from "./fetch.ts";
import type { ProxyGrant } from "./proxy.ts";
import { openEyes, openLookup } from "./resolve.ts";

/** The `egress` part of the policy in force, as far as the door needs it; who may reach what is decided elsewhere. */
export interface EgressSettings {
  readonly allow: readonly string[];
  readonly dns: "system" | readonly string[];
  readonly redirects: number;
}

/** The way out of one command, for as long as it runs. */
export interface CommandDoor {
  readonly bridge: Bridge;
  close(): Promise<void>;
}

/** The one door out. Open a new one when the policy changes. */
export interface Egress {
  /** Eyes for one call; `signal` is the call's, with a Refusal as its reason. */
  eyes(signal: AbortSignal): UrlEyes;
  /** Hands for one call, over the eyes that judged it. */
  fetch(eyes: UrlEyes, grant: FetchGrant): HttpHands;
  /**
   * Opens the proxy of one command. `socket` is a path that doesn't exist yet (under 100 bytes) in a directory that the sandbox's user can pass
   * (0711); `token` at least 128 random bits in hex. Rejects with the system's error when it can't listen there.
   */
  command(eyes: UrlEyes, socket: string, token: string, grant: ProxyGrant): Promise<CommandDoor>;
}

export function openEgress({ allow, dns, redirects }: EgressSettings): Egress {
  const reopened = reopenedBy(allow);
  const look = openLookup(dns);
  return {
    eyes: (signal) => openEyes(look, reopened, signal),
    fetch: (eyes, grant) => ({
      async fetch(request) {
        const { fetchPage } = await import("./fetch.ts"); // both load on first use: start-up pays for neither
        return fetchPage(eyes, redirects, reopened, grant, request);
      },
    }),
    async command(eyes, socket, token, grant) {
      const { CommandProxy } = await import("./proxy.ts");
      const proxy = new CommandProxy(eyes, reopened, token, grant);
      await proxy.listen(socket);
      return { bridge: bridgeTo(socket, token, process.execPath), close: async () => proxy.close() };
    },
  };
}
