/**
 * Two floods against the built server, and what they leave: 10,000 `initialize` of one principal, and 10,000 connections that say nothing. Another
 * principal calls all the while; nothing may go wrong for it. Needs 10,100 file descriptors (`ulimit -n`). `node bench/http-floods.ts`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bounded, createClient, initialize } from "./http-client.ts";
import type { RawClient } from "./http-client.ts";
import { residentMiB, startOurs } from "./http-servers.ts";
import { median, printFigure } from "./report.ts";

const FLOOD = 10_000;
const AT_ONCE = 100;

const root = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
const work = join(root, "work");
mkdirSync(work);
const file = join(work, "a.txt");
writeFileSync(file, "x".repeat(1024));
const server = await startOurs(root, work, ["flood", "other"]);
const [flood, other] = server.keys.map((key) => createClient(server, AT_ONCE, `Bearer ${key}`)) as [RawClient, RawClient];
try {
  const session = await other.open();
  await calls(20_000);
  const before = residentMiB(server.pid);
  printFigure("memory before", before, "MiB");

  const sessions: string[] = [];
  let refused = 0;
  await beside("10,000 initialize", async () => {
    await bounded(AT_ONCE, FLOOD, async () => {
      const { status, session: opened } = await flood.post(initialize(1));
      if (status === 429) refused += 1;
      else if (opened !== undefined) sessions.push(opened);
      else throw new Error(`initialize: ${status}`);
    });
  });
  printFigure("sessions opened", sessions.length, "", 2_000);
  printFigure("refused with 429", refused, "");
  printFigure("memory grown by an idle session", ((residentMiB(server.pid) - before) * 1024) / sessions.length, "KiB");
  await bounded(AT_ONCE, sessions.length, async (n) => void (await flood.end(sessions[n] ?? "")));

  const sockets: Socket[] = [];
  await beside("10,000 idle connections", async () => {
    for (let n = 0; n < FLOOD; n += 1) {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1").on("error", () => undefined);
      sockets.push(socket);
      // In steps: the kernel drops what its backlog can't hold.
      if (n % 100 === 99) await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
    }
  });
  const fresh = createClient(server, 1, `Bearer ${server.keys[1]}`);
  await fresh.read(file, session);
  await fresh.close();
  printFigure("connections that are left", sockets.filter(({ readyState }) => readyState === "open").length, "", 4_096);
  printFigure("memory with them", residentMiB(server.pid), "MiB");
  for (const socket of sockets) socket.destroy();

  await calls(5_000);
  printFigure("memory after all of it", residentMiB(server.pid), "MiB");

  /** Runs a flood while the other principal goes on calling. */
  async function beside(title: string, run: () => Promise<void>): Promise<void> {
    const latencies: number[] = [];
    const flooding = new AbortController();
    const going = (async () => {
      while (!flooding.signal.aborted) {
        const from = performance.now();
        await other.read(file, session);
        latencies.push(performance.now() - from);
      }
    })();
    await run();
    flooding.abort();
    await going;
    printFigure(`${title}: calls of the other meanwhile`, latencies.length, "");
    printFigure(`${title}: their latency, median`, median(latencies), "ms");
  }

  async function calls(count: number): Promise<void> {
    await bounded(AT_ONCE, count, async (n) => void (await other.read(file, n % 2 === 0 ? session : undefined)));
  }
} finally {
  for (const client of [flood, other]) await client.close();
  await server.stop();
  rmSync(root, { recursive: true, force: true });
}
