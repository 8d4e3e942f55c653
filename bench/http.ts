/**
 * The HTTP side under load, beside `mcp-proxy` in front of the reference filesystem server: the same client, the same Node, the same files, in turns.
 * 1,000 sessions that read a file of their own, 200 calls at once, 20,000 calls a side and era; every answer is checked. `node bench/http.ts`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bounded, createClient } from "./http-client.ts";
import type { Era, RawClient } from "./http-client.ts";
import { processorMs, residentMiB, startOurs, startPeer } from "./http-servers.ts";
import type { Running } from "./http-servers.ts";
import { median, printFigure, printRow } from "./report.ts";

const SESSIONS = 1_000;
const AT_ONCE = 200;
/** Calls a side and turn, and turns. */
const CALLS = 5_000;
const TURNS = 4;

interface Side {
  readonly name: "ours" | "peer";
  readonly server: Running;
  readonly client: RawClient;
  sessions: string[];
}

interface Measured {
  readonly latencies: number[];
  /** Milliseconds of wall time by call, and of processor time of the server's processes; one for each turn. */
  readonly perCall: number[];
  readonly processor: number[];
  errors: number;
  firstError: string;
}

const root = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
const stops: (() => Promise<void>)[] = [];
try {
  const work = join(root, "work");
  mkdirSync(work);
  for (let i = 0; i < SESSIONS; i += 1) writeFileSync(fileOf(work, i), contentOf(i));
  const sides: Side[] = [];
  for (const name of ["ours", "peer"] as const) {
    const server = await (name === "ours" ? startOurs(root, work) : startPeer(root, work));
    stops.push(() => server.stop());
    const client = createClient(server, AT_ONCE);
    stops.push(() => client.close());
    sides.push({ name, server, client, sessions: [] });
  }
  console.log(`Node ${process.version}, ${SESSIONS} sessions, ${AT_ONCE} calls at once, ${CALLS * TURNS} calls a side and era`);
  const idle = await warm(sides, work);
  await openSessions(sides, idle);
  for (const era of ["2025-11-25", "2026-07-28"] as const) await load(sides, work, era);
  await endSessions(sides);
} finally {
  for (const stop of stops.toReversed()) await stop();
  rmSync(root, { recursive: true, force: true });
}

function fileOf(work: string, session: number): string {
  return join(work, `s${session}.txt`);
}

/** 1 KiB that names its session. */
function contentOf(session: number): string {
  return `${`session ${session} `.repeat(100).slice(0, 1023)}\n`;
}

/** Both have compiled what they need before anything is measured; the MiB that each holds then. */
async function warm(sides: readonly Side[], work: string): Promise<ReadonlyMap<Side, number>> {
  const held = new Map<Side, number>();
  for (const side of sides) {
    const session = await side.client.open();
    await bounded(AT_ONCE, 2_000, async () => void (await side.client.read(fileOf(work, 0), session)));
    await bounded(AT_ONCE, 2_000, async () => void (await side.client.read(fileOf(work, 0), undefined)));
    await side.client.end(session);
    held.set(side, residentMiB(side.server.pid));
  }
  return held;
}

async function openSessions(sides: readonly Side[], idle: ReadonlyMap<Side, number>): Promise<void> {
  const times: number[] = [];
  const grown: number[] = [];
  for (const side of sides) {
    const from = performance.now();
    await bounded(AT_ONCE, SESSIONS, async () => void side.sessions.push(await side.client.open()));
    times.push((performance.now() - from) / SESSIONS);
    grown.push(((residentMiB(side.server.pid) - (idle.get(side) ?? 0)) * 1024) / SESSIONS);
  }
  printRow("open a session", times[0] ?? 0, times[1] ?? 0, "ms");
  printRow("memory after warming up", ...both(sides, (side) => idle.get(side) ?? 0), "MiB");
  printRow("memory grown by a session", grown[0] ?? 0, grown[1] ?? 0, "KiB");
}

function both(sides: readonly Side[], of: (side: Side) => number): [number, number] {
  return [of(sides[0] as Side), of(sides[1] as Side)];
}

async function load(sides: readonly Side[], work: string, era: Era): Promise<void> {
  const measured = new Map<Side, Measured>();
  for (const side of sides) measured.set(side, { latencies: [], perCall: [], processor: [], errors: 0, firstError: "" });
  for (let turn = 1; turn <= TURNS; turn += 1) {
    for (const [side, figures] of measured) await callMany(side, figures, work, era);
    printRow(`${era}: memory after ${turn * CALLS} calls`, ...both(sides, ({ server }) => residentMiB(server.pid)), "MiB");
  }
  const figure = (of: (figures: Measured) => number) => both(sides, (side) => of(measured.get(side) as Measured));
  printRow(`${era}: time per call`, ...figure(({ perCall }) => median(perCall)), "ms", 0.75);
  printRow(`${era}: processor time per call`, ...figure(({ processor }) => median(processor)), "ms");
  printRow(`${era}: latency, median`, ...figure(({ latencies }) => median(latencies)), "ms");
  printRow(`${era}: latency, p99`, ...figure(({ latencies }) => percentile(latencies, 0.99)), "ms");
  for (const [{ name }, { errors, firstError }] of measured) {
    printFigure(`${era}: errors, ${name}`, errors, "", 0);
    if (errors > 0) console.log(`  the first: ${firstError}`);
  }
}

/** One turn. An answer that belongs to another session counts as an error. */
async function callMany({ client, server, sessions }: Side, figures: Measured, work: string, era: Era): Promise<void> {
  const used = processorMs(server.pid);
  const from = performance.now();
  await bounded(AT_ONCE, CALLS, async (index) => {
    const at = index % SESSIONS;
    const begun = performance.now();
    try {
      const text = await client.read(fileOf(work, at), era === "2025-11-25" ? sessions[at] : undefined);
      figures.latencies.push(performance.now() - begun);
      if (!text.includes(contentOf(at).trim())) throw new Error(`another file came: ${text.slice(0, 100)}`);
    } catch (error) {
      figures.errors += 1;
      figures.firstError ||= String(error);
    }
  });
  figures.perCall.push((performance.now() - from) / CALLS);
  figures.processor.push((processorMs(server.pid) - used) / CALLS);
}

async function endSessions(sides: readonly Side[]): Promise<void> {
  for (const { client, sessions } of sides)
    await bounded(AT_ONCE, sessions.length, async (index) => {
      const status = await client.end(sessions[index] ?? "");
      if (status !== 200) throw new Error(`DELETE: ${status}`);
    });
  printRow("memory after the sessions ended", ...both(sides, ({ server }) => residentMiB(server.pid)), "MiB");
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
