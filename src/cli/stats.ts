/** `portcullis stats`: what the servers of a state directory have counted, for people who have no Prometheus. */
import { setTimeout } from "node:timers/promises";
import { openDatabase } from "../audit/database.ts";
import { parseSince } from "../audit/since.ts";
import { auditFiles } from "../audit/state.ts";
import { loadConfig, surroundings } from "../config/load.ts";
import { summarizeTally } from "../metrics/summary.ts";
import type { Summary } from "../metrics/summary.ts";
import { Tally } from "../metrics/tally.ts";
import { readTotals } from "../session/totals.ts";
import { Refusal } from "../types.ts";
import { printTable } from "./table.ts";

export interface StatsOptions {
  readonly state?: string;
  readonly since?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Milliseconds between two looks of `--watch`. */
const LOOK_EVERY = 2_000;
/** Rules that a table shows; JSON has all of them. */
const RULES_SHOWN = 10;
/** Moves to the top left corner and erases what is below. */
const CLEAR = "\u001b[H\u001b[J";

/** Prints the totals; with `watch` again and again until it is interrupted. */
export async function stats(options: StatsOptions): Promise<void> {
  const { state } = await loadConfig(options.state === undefined ? {} : { state: options.state }, surroundings(), false);
  const since = sinceOf(options.since);
  const show = (): void => {
    const summary = read(auditFiles(state).database, since);
    if (options.json) return void process.stdout.write(`${JSON.stringify(summary)}\n`);
    if (options.watch && process.stdout.isTTY) process.stdout.write(CLEAR);
    print(summary);
  };
  show();
  if (!options.watch) return;
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
  while (await isTime(interrupted.signal)) show();
}

/** Waits for the next look; false when the wait was interrupted. */
function isTime(signal: AbortSignal): Promise<boolean> {
  return setTimeout(LOOK_EVERY, true, { signal }).catch(() => false); // rejects for that alone
}

function sinceOf(text: string | undefined): number {
  const time = text === undefined ? 0 : parseSince(text, Date.now());
  if (time === undefined)
    throw new Refusal("INVALID_INPUT", `\`${text}\` is not a time`, "write 2026-11-20, 2026-11-20T08:00:00Z, or how long ago: 12h, 7d");
  return time;
}

function read(database: string, since: number): Summary {
  const db = openDatabase(database, { readonly: true });
  try {
    const tally = new Tally();
    tally.load(readTotals(db, since));
    return summarizeTally(tally);
  } finally {
    db.close();
  }
}

function print(summary: Summary): void {
  const { tools, refusals, rules, approvals, budgets, audit, sandboxKills, policyReloads, logLinesDropped } = summary;
  if (tools.length === 0)
    return void process.stdout.write("nothing was counted yet: servers write their numbers every minute and when they end\n");
  const tables: readonly (readonly [title: string, rows: Parameters<typeof printTable>[0], columns: readonly string[]])[] = [
    [
      "Calls (durations in milliseconds)",
      tools.map(({ dry_run: planned, ...tool }) => ({ ...tool, planned })),
      ["tool", "calls", "allow", "ask", "planned", "deny", "refused", "p50Ms", "p99Ms"],
    ],
    ["Refusals", refusals, ["code", "calls"]],
    ["Rules that decided most", rules.slice(0, RULES_SHOWN), ["rule", "effect", "calls"]],
    ["Approvals", approvals, ["answer", "calls"]],
    ["Commands that the sandbox ended", sandboxKills, ["reason", "commands"]],
    [
      "Budgets, the highest use",
      budgets.map(({ highest, ...budget }) => ({ ...budget, used: `${Math.round(highest * 100)} %` })),
      ["of", "counted", "used"],
    ],
    ["Audit records (milliseconds until durable)", audit, ["record", "count", "p50Ms", "p99Ms"]],
    ["Policy reloads", policyReloads, ["result", "reloads"]],
  ];
  for (const [title, rows, columns] of tables) {
    if (rows.length === 0) continue;
    process.stdout.write(`${title}\n`);
    printTable(rows, columns, "");
    process.stdout.write("\n");
  }
  if (logLinesDropped > 0)
    process.stdout.write(`${logLinesDropped} lines of the log were lost: portcullis doctor says whether it can be written now\n\n`);
  process.stdout.write("Servers write their numbers every minute and when they end.\n");
}
