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
  destroy(): unknown;
}

export class Connections {
  readonly #most: number;
  readonly #all = new Set<Connection>();
  /** Without a request, in the order in which they became so. */
  readonly #idle = new Set<Connection>();

  constructor(most: number) {
    this.#most = most;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    this.#idle.add(connection);
    connection.once("close", () => {
      this.#all.delete(connection);
      this.#idle.delete(connection);
    });
    if (this.#all.size <= this.#most) return;
    const [longest] = this.#idle;
    (longest ?? connection).destroy();
  }

  /** A request came on it, and is over when its response is closed. */
  busy(connection: Connection, response: EventEmitter): void {
    this.#idle.delete(connection);
    response.once("close", () => {
      if (this.#all.has(connection)) this.#idle.add(connection);
    });
  }
}
