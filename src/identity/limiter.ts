/** Failures by address: who presents ten wrong credentials within a minute is shut out for five. */
import ipaddr from "ipaddr.js";

const FAILURES = 10;
/** Milliseconds. */
const WINDOW = 60_000;
const BLOCK = 300_000;
/** Addresses in each of the two tables. */
const MOST = 50_000;

/**
 * Both tables are in the order in which their entries end, so that what is over lies in front. Those that are shut out have a table of their own, which
 * takes nobody more when it is full: however many addresses an attacker has, nobody gets out early.
 */
export class FailureLimiter {
  /** When the last failures were, by address, the address that failed last at the end. */
  readonly #failing = new Map<string, number[]>();
  /** Until when it is shut out, by address. */
  readonly #blocked = new Map<string, number>();
  readonly #clock: () => number;

  /** `clock` gives monotonic milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Whole seconds for which nothing is taken from this address any more; 0 when it is free. */
  secondsLeft(from: string): number {
    const now = this.#clock();
    const blocked = this.#current(now);
    if (blocked.size === 0) return 0;
    const until = blocked.get(networkOf(from));
    return until === undefined ? 0 : Math.ceil((until - now) / 1000);
  }

  /** A wrong credential came from this address. */
  fail(from: string): void {
    const now = this.#clock();
    const network = networkOf(from);
    const blocked = this.#current(now);
    if (blocked.has(network)) return; // came in before it was shut out
    dropWhile(this.#failing, (times) => (times.at(-1) ?? 0) <= now - WINDOW);
    const times = [...(this.#failing.get(network) ?? []).filter((time) => time > now - WINDOW), now].slice(-FAILURES);
    this.#failing.delete(network);
    if (times.length >= FAILURES && blocked.size < MOST) {
      blocked.set(network, now + BLOCK);
      return;
    }
    if (this.#failing.size >= MOST) dropFirst(this.#failing);
    this.#failing.set(network, times);
  }

  /** Those that are shut out now. */
  #current(now: number): Map<string, number> {
    dropWhile(this.#blocked, (until) => until <= now);
    return this.#blocked;
  }

  /** Entries held, of both tables. */
  get size(): number {
    return this.#failing.size + this.#blocked.size;
  }
}

function dropWhile<T>(table: Map<string, T>, over: (value: T) => boolean): void {
  for (const [network, value] of table) {
    if (!over(value)) return;
    table.delete(network);
  }
}

function dropFirst(table: Map<string, unknown>): void {
  for (const network of table.keys()) {
    table.delete(network);
    return;
  }
}

/** One subscriber's network: an IPv4 address (also one written as IPv6), or the /64 that an IPv6 address is chosen from. */
function networkOf(from: string): string {
  if (!ipaddr.isValid(from)) return from.slice(0, 64);
  const address = ipaddr.process(from);
  return address.kind() === "ipv4" ? address.toString() : (address as ipaddr.IPv6).parts.slice(0, 4).join(":");
}
