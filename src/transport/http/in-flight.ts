/**
 * What one principal has us hold in memory just now: bodies on their way in and being worked on, and answers that it doesn't read. Whoever has too much
 * waiting gets no more until some of it is gone; others don't notice.
 */
import type { ServerResponse } from "node:http";

/** Bytes: six of the largest messages, and more than anybody leaves unread who reads at all. */
const MOST_OF_ONE = 64 * 1024 * 1024;

type Outgoing = Pick<ServerResponse, "writableLength" | "once">;

export class InFlight {
  /** By principal: the bytes that came of each request's body, by the response that is still open. */
  readonly #requests = new Map<string, Map<Outgoing, number>>();

  /** A request has come, and is over when its response is closed. Gives what counts the bytes of its body: false when they are too many. */
  begin(principal: string, outgoing: Outgoing): (bytes: number) => boolean {
    const own = this.#requests.get(principal) ?? new Map<Outgoing, number>();
    this.#requests.set(principal, own.set(outgoing, 0));
    outgoing.once("close", () => {
      own.delete(outgoing);
      if (own.size === 0 && this.#requests.get(principal) === own) this.#requests.delete(principal);
    });
    return (bytes) => {
      own.set(outgoing, (own.get(outgoing) ?? 0) + bytes);
      let held = 0;
      for (const [{ writableLength }, body] of own) held += body + writableLength;
      return held <= MOST_OF_ONE;
    };
  }
}
