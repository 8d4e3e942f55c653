/** The way out of one command whose network is `allowlist`: the egress door's proxy, judged by the policy as a fetch would be. */
import { tmpdir } from "node:os";
import type { ProxyRecord } from "../egress/proxy.ts";
import type { Policy } from "../policy/policy.ts";
import type { WayOut } from "../sandbox/request.ts";
import type { Effect, Query, UrlResource } from "../types.ts";
import type { Network } from "./network.ts";

/** Bytes of all the traffic of a command, and time without any (ms). */
const LIMITS = { bytes: 256 * 1024 * 1024, idle: 60_000 };

/** Opens the way; `close` ends everything under way and removes the socket. */
export async function openWayOut(
  network: Network,
  policy: Policy,
  about: {
    readonly query: Query;
    readonly random: (size: number) => Buffer;
    readonly record: (record: ProxyRecord) => Promise<void>;
    /** Closing failed, which no command hears of. */
    readonly fault: (error: unknown) => void;
  },
): Promise<{ readonly wayOut: WayOut; readonly close: () => void }> {
  const { query, random, record, fault } = about;
  const [egress, { makeSocketPlace }] = await Promise.all([network.door(policy), import("../sandbox/socket-place.ts")]);
  const ended = new AbortController();
  const place = makeSocketPlace(tmpdir());
  const token = random(16).toString("hex");
  try {
    const door = await egress.command(egress.eyes(ended.signal), place.path, token, {
      decide: decideFor(policy, query),
      record,
      limits: LIMITS,
    });
    const close = (): void => {
      if (ended.signal.aborted) return;
      ended.abort();
      door.close().finally(place.remove).catch(fault);
    };
    return { wayOut: door.bridge, close };
  } catch (error) {
    place.remove();
    throw error;
  }
}

/**
 * What goes through a tunnel can't be seen, so a tunnel is judged as the GET that `egress.allow` and `net` rules speak of (POLICY: by sandboxed
 * commands what may be reached without asking). Nobody can be asked meanwhile: only `allow` goes on.
 */
function decideFor(policy: Policy, query: Query): (url: UrlResource) => Effect {
  return (url) => {
    const resource = url.method === "CONNECT" ? { ...url, method: "GET" } : url;
    return policy.decide({ ...query, resources: [resource] }).effect;
  };
}
