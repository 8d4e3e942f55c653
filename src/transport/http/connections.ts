/** Open connections, counted. At the limit the one that has done nothing for longest makes room; one that works is never cut off for another. */
import type { EventEmitter } from "node:events";

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
