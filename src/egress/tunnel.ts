import { connect, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as after } from "node:timers/promises";
import { Refusal } from "../types.ts";
import { classify } from "./address.ts";
import { readClientHello } from "./client-hello.ts";
import { pinned } from "./dial.ts";
import type { Exchange } from "./proxy.ts";

/** Time to connect, and for the client to say hello (ms). */
const PATIENCE = 10_000;

/**
 * Answers a CONNECT and carries TLS. The connection stands before the client hears 200, so a dead host is told; but not a byte of the
 * client's goes over before its hello has named the CONNECT host.
 */
export async function tunnel(exchange: Exchange, client: Duplex, head: Buffer): Promise<void> {
  const { target, signal } = exchange;
  const far = await dial(exchange);
  try {
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    const hello = await readHello(client, head, target.host, signal);
    if (!exchange.count("sent", hello.length)) throw spentAll();
    far.write(hello);
    await carry(exchange, client, far);
  } catch (error) {
    client.destroy(); // after the 200 there is no way to say more
    throw error;
  } finally {
    far.destroy();
  }
}

async function dial({ target, addresses, idle, signal }: Exchange): Promise<ReturnType<typeof connect>> {
  const far = connect({ host: target.host, port: target.port, lookup: pinned(addresses), allowHalfOpen: true, signal });
  far.setTimeout(Math.min(PATIENCE, idle), () => far.destroy(new Error("no connection in time")));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  far.once("connect", resolve);
  far.once("error", reject);
  try {
    await promise;
    if (!addresses.includes(classify(far.remoteAddress ?? "").address)) throw new Error("connected to an address that was not judged");
  } catch (error) {
    far.destroy();
    throw new Refusal("FAILED", `no connection with \`${target.host}\``, "check host and port, or try again later", error);
  }
  far.setTimeout(idle, () => far.destroy());
  return far;
}

/** The client's first bytes, once they are a whole hello for this host; a literal has no name to say (RFC 6066, 3). */
async function readHello(client: Duplex, head: Buffer, host: string, signal: AbortSignal): Promise<Buffer> {
  let bytes = head;
  const late = new AbortController();
  const patience = after(PATIENCE, undefined, { signal: AbortSignal.any([signal, late.signal]) }).then(
    () => client.destroy(),
    () => undefined, // the hello came, or the command ended
  );
  try {
    for (;;) {
      const hello = readClientHello(bytes);
      if (hello.kind === "other")
        throw new Refusal("DENIED", `the tunnel to \`${host}\` began with ${hello.why}`, "only TLS goes through CONNECT");
      if (hello.kind === "hello") {
        const expected = isIP(host) === 0 ? host : undefined;
        if (hello.serverName?.toLowerCase() === expected) return bytes;
        throw new Refusal("DENIED", `the TLS server name is not the CONNECT host \`${host}\``, "connect to the host that TLS names");
      }
      const chunk = await nextChunk(client);
      if (!chunk) throw new Refusal("FAILED", `the tunnel to \`${host}\` ended before TLS began`, "try again");
      bytes = Buffer.concat([bytes, chunk]);
    }
  } finally {
    late.abort();
    await patience;
  }
}

async function nextChunk(client: Duplex): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const data = (chunk: Buffer): void => {
    client.pause();
    resolve(chunk);
  };
  const end = (): void => resolve(undefined);
  client.once("data", data).once("end", end).once("close", end);
  client.resume();
  try {
    return await promise;
  } finally {
    client.off("data", data).off("end", end).off("close", end);
  }
}

/** Carries both ways until both have ended, or the command has spent its bytes. Either side may end its half first. */
async function carry({ count }: Exchange, client: Duplex, far: Duplex): Promise<void> {
  const metered = (direction: "sent" | "received") =>
    async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        if (!count(direction, chunk.length)) throw spentAll();
        yield chunk;
      }
    };
  await Promise.all([pipeline(client, metered("sent"), far), pipeline(far, metered("received"), client)]);
}

/** The refusal of a command that has used up its traffic. */
export function spentAll(): Refusal {
  return new Refusal("BUDGET_EXHAUSTED", "the command has used up its traffic", "raise the limit, or fetch less");
}
