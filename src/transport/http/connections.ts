/** Open connections, counted. At the limit the one that has done nothing for longest makes room; one that works is never cut off for another. */
import type { EventEmitter } from "node:events";

/** However many descriptors there are: at this number a flood of idle connections is no harm yet, and no client is short of them. */
const MOST = 4_096;

/**
 * How many connections there may be at once: half of what the process may have open (`ulimit -n`), so that calls can still open files and start
 * commands when the other half is gone.
 */
export function mostConnections(): number {
  // Else Node looks up the names of all that we are connected to.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { readonly userLimits?: { readonly open_files?: { readonly soft: unknown } } };
  const limit = userLimits?.open_files?.soft;
  return typeof limit === "number" ? Math.min(MOST, Math.floor(limit / 2)) : MOST;
}

interface Connection extends EventEmitter {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  destroy(): unknown;
}

/** The other end, which is the same for a TLS connection and the plain one that carries it. */
const endOf = ({ remoteAddress = "", remotePort = 0 }: Connection): string => `${remoteAddress} ${remotePort}`;

export class Connections {
  readonly #most: number;
  /** By their other ends. */
  readonly #all = new Map<string, Connection>();
  /** Without a request, in the order in which they became so. */
  readonly #idle = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  add(connection: Connection): void {
    const end = endOf(connection);
    this.#all.set(end, connection);
    this.#idle.add(end);
    connection.once("close", () => {
      if (this.#all.get(end) !== connection) return;
      this.#all.delete(end);
      this.#idle.delete(end);
    });
    if (this.#all.size <= this.#most) return;
    const [longest = end] = this.#idle;
    this.#all.get(longest)?.destroy();
  }

  /** A request came on it, and is over when its response is closed. */
  busy(connection: Connection, response: EventEmitter): void {
    const end = endOf(connection);
    this.#idle.delete(end);
    response.once("close", () => {
      if (this.#all.has(end)) this.#idle.add(end);
    });
  }

  /** Ends all of them. */
  destroy(): void {
    for (const connection of this.#all.values()) connection.destroy();
  }

  isIdle(connection: Connection): boolean {
    return this.#idle.has(endOf(connection));
  }
}
