/** `portcullis sessions`: who is at work, and the switch that stops them. */
import type { Command } from "commander";
import { EVERY_SESSION as EVERY } from "../session/pauses.ts";
import type { SessionRecord } from "../session/sessions.ts";
import type { Books } from "./books.ts";
import { Refusal } from "../types.ts";
import { printTable } from "./table.ts";
import { withBooks } from "./with-books.ts";

interface Options {
  readonly state?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly reason?: string;
}

/** A listing shows so many sessions, those that were active last. */
const SHOWN = 50;

/** Adds the command and its verbs. */
export function sessionCommands(program: Command): void {
  const sessions = program.command("sessions").description("see, pause and resume sessions");
  const verb = (name: string, description: string, example: string) =>
    sessions
      .command(name)
      .description(description)
      .option("--state <dir>", "the state directory of the server")
      .addHelpText("after", `\nExample:\n  portcullis sessions ${example}\n`);
  verb("list", `the ${SHOWN} sessions that were active last`, "list")
    .option("--json", "one JSON object a line")
    .action((options: Options) => withBooks(options, (books) => list(books, options)));
  verb("show", "one session with its open questions and grants", "show sess_0123456789abcdef0123456789abcdef")
    .argument("<id>")
    .option("--json", "as JSON")
    .action((id: string, options: Options) => withBooks(options, (books) => show(books, id, options)));
  verb("pause", "refuse the calls of a session, and stop those that run", "pause --all --reason 'looking into it'")
    .argument("[id]")
    .option("--all", "every session, also one that begins later: the kill switch")
    .option("--reason <text>", "told to the caller", "a person paused it")
    .action((id: string | undefined, options: Options) => withBooks(options, (books) => pause(books, id, options)));
  verb("resume", "let a paused session go on", "resume --all")
    .argument("[id]")
    .option("--all", "end every pause")
    .action((id: string | undefined, options: Options) => withBooks(options, (books) => resume(books, id, options)));
}

function describe(session: SessionRecord, pauses: ReadonlyMap<string, string>) {
  const paused = pauses.get(EVERY) ?? pauses.get(session.id);
  const { createdAt, activeAt, endedAt, ...rest } = session;
  return {
    ...rest,
    status: endedAt !== null ? "ended" : paused === undefined ? "open" : "paused",
    created: new Date(createdAt).toISOString(),
    lastActive: new Date(activeAt).toISOString(),
    ended: endedAt === null ? null : new Date(endedAt).toISOString(),
    paused: endedAt === null ? (paused ?? null) : null,
  };
}

function list(books: Books, options: Options): number {
  const pauses = books.pauses.read();
  const rows = books.sessions.list(SHOWN).map((session) => describe(session, pauses));
  if (options.json) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
  else {
    printTable(rows, ["id", "status", "client", "profile", "mode", "calls", "refused", "lastActive"], "there was no session yet");
    const all = pauses.get(EVERY);
    if (all !== undefined) process.stdout.write(`every session is paused, also new ones: ${JSON.stringify(all)}\n`);
  }
  return 0;
}

function show(books: Books, id: string, options: Options): number {
  const session = find(books, id);
  if (!session) return 1;
  const now = books.now();
  const row = {
    ...describe(session, books.pauses.read()),
    questions: books.approvals.list(now).flatMap((question) => (question.session === id ? question.id : [])),
    grants: books.approvals.grants(now).flatMap((grant) => (grant.session === id ? grant.id : [])),
  };
  if (options.json) process.stdout.write(`${JSON.stringify(row)}\n`);
  else
    printTable(
      Object.entries(row).map(([field, value]) => ({ field, value: Array.isArray(value) ? value.join(", ") : value })),
      ["field", "value"],
      "",
    );
  return 0;
}

async function pause(books: Books, id: string | undefined, options: Options): Promise<number> {
  const session = named(id, options);
  if (session === undefined) return 2;
  if (session !== EVERY && !find(books, session)) return 1;
  // The switch first, its record second: a full disk or a broken log must not keep anybody from stopping.
  books.insist(() => books.pauses.pause(session, options.reason ?? "", books.now()));
  process.stdout.write(`paused ${session === EVERY ? "every session, also new ones" : session}: calls are refused within a second\n`);
  try {
    await books.record("session", { event: "paused", session, channel: "cli", details: { reason: options.reason } });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`portcullis: the pause holds, but it is not on record: ${error.message}: ${error.remedy}\n`);
  }
  return 0;
}

async function resume(books: Books, id: string | undefined, options: Options): Promise<number> {
  const session = named(id, options);
  if (session === undefined) return 2;
  const pauses = books.pauses.read();
  if (session === EVERY ? pauses.size === 0 : !pauses.has(session)) {
    process.stderr.write(
      `portcullis: ${session === EVERY ? "no session is paused" : `${session} is not paused by itself`}${pauses.has(EVERY) ? ": all are, end that with portcullis sessions resume --all" : ""}\n`,
    );
    return 1;
  }
  await books.record("session", { event: "resumed", session, channel: "cli" });
  books.pauses.resume(session);
  const still = session !== EVERY && pauses.has(EVERY);
  process.stdout.write(
    `resumed ${session === EVERY ? "every session" : session}${still ? "; all sessions are still paused: portcullis sessions resume --all" : ""}\n`,
  );
  return 0;
}

/** The session that is meant; undefined, and said, when that isn't clear. */
function named(id: string | undefined, options: Options): string | undefined {
  if ((id === undefined) === (options.all === true)) return options.all === true ? EVERY : id;
  process.stderr.write("portcullis: name one session, or --all (see portcullis sessions list)\n");
  return undefined;
}

function find(books: Books, id: string): SessionRecord | undefined {
  const session = books.sessions.find(id);
  if (!session)
    process.stderr.write(`portcullis: there is no session ${JSON.stringify(id)} in this state directory: see portcullis sessions list\n`);
  return session;
}
