/** `portcullis approvals`: a person answers what was parked. */
import type { Command } from "commander";
import { createInterface } from "node:readline/promises";
import type { Books } from "./books.ts";
import { grantCommands } from "./grants.ts";
import { printTable } from "./table.ts";
import { withBooks } from "./with-books.ts";

interface Options {
  readonly state?: string;
  readonly json?: boolean;
  readonly key?: string;
}

/** Adds the command and its verbs. */
export function approvalCommands(program: Command): void {
  const approvals = program.command("approvals").description("see and answer what waits for a person");
  const verb = (name: string, description: string, example: string) =>
    approvals
      .command(name)
      .description(description)
      .option("--state <dir>", "the state directory of the server")
      .addHelpText("after", `\nExample:\n  portcullis approvals ${example}\n`);

  verb("list", "what waits for an answer", "list")
    .option("--json", "one JSON object a line")
    .action((options: Options) => withQuestions(options, (books) => list(books, options)));
  verb("show", "one question with all that would happen", "show apr_0123456789abcdef0123456789abcdef")
    .argument("<id>")
    .option("--json", "as JSON")
    .action((id: string, options: Options) => withQuestions(options, (books) => show(books, id, options)));
  verb(
    "approve",
    "say yes; asks to type yes at a terminal, or takes the key of an approver",
    "approve apr_0123456789abcdef0123456789abcdef",
  )
    .argument("<id>")
    .option("--key <key>", "a key with the role approver, where there is no terminal")
    .action((id: string, options: Options) => withQuestions(options, (books) => answer(books, id, "approved", options)));
  verb("deny", "say no", "deny apr_0123456789abcdef0123456789abcdef")
    .argument("<id>")
    .option("--key <key>", "a key with the role approver, where there is no terminal")
    .action((id: string, options: Options) => withQuestions(options, (books) => answer(books, id, "denied", options)));
  grantCommands(approvals);
}

/** Questions that have expired are closed on the way. */
function withQuestions(options: Options, use: (books: Books) => number | Promise<number>): Promise<void> {
  return withBooks(options, (books) => {
    books.approvals.expire(books.now());
    return use(books);
  });
}

function list(books: Books, options: Options): number {
  const rows = books.approvals.list(books.now()).map((row) => ({
    id: row.id,
    tool: row.tool,
    title: row.title,
    principal: row.principal,
    session: row.session,
    asked: new Date(row.createdAt).toISOString(),
    expires: new Date(row.expiresAt).toISOString(),
  }));
  if (options.json) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
  else printGrouped(rows);
  return 0;
}

/** A flood of one session's questions stands together under its count, so that those of another can't get lost in it. */
function printGrouped(rows: readonly (Readonly<Record<string, string>> & { readonly session: string })[]): void {
  const groups = Map.groupBy(rows, ({ session }) => session);
  if (groups.size === 0) printTable([], [], "nothing waits for an answer");
  for (const [session, questions] of groups) {
    process.stdout.write(`${session}: ${questions.length} ${questions.length === 1 ? "question" : "questions"}\n`);
    printTable(questions, ["id", "tool", "title", "asked", "expires"], "");
  }
}

function show(books: Books, id: string, options: Options): number {
  const row = find(books, id);
  if (!row) return 1;
  if (options.json) process.stdout.write(`${JSON.stringify(row)}\n`);
  else process.stdout.write(`${row.preview || row.title}\n\nstatus: ${row.status}, expires ${new Date(row.expiresAt).toISOString()}\n`);
  return 0;
}

async function answer(books: Books, id: string, status: "approved" | "denied", options: Options): Promise<number> {
  const row = find(books, id);
  if (!row) return 1;
  if (row.status !== "pending" || row.expiresAt <= books.now()) {
    process.stderr.write(
      `portcullis: ${id} is ${row.status === "pending" ? "expired" : row.status}: there is nothing to answer any more\n`,
    );
    return 1;
  }
  const channel = await identify(books, row, status, options);
  if (channel === undefined) return 1;
  // On record first: an answer that can't be recorded is not given.
  await books.record("approval", {
    event: status,
    details: { approval: id },
    callId: row.callId,
    session: row.session,
    principal: row.principal,
    tool: row.tool,
    channel,
  });
  if (!books.approvals.transition(id, "pending", status, channel)) {
    process.stderr.write(`portcullis: ${id} was answered by somebody else meanwhile\n`);
    return 1;
  }
  process.stdout.write(`${status} ${id}: ${status === "approved" ? "the identical call goes through once" : "the call will be told so"}\n`);
  return 0;
}

/** Who answers: a person who types yes at a terminal, or the holder of an approver's key. Gives the channel for the record. */
async function identify(
  books: Books,
  asked: { readonly principal: string; readonly preview: string; readonly title: string },
  status: "approved" | "denied",
  options: Options,
): Promise<string | undefined> {
  if (options.key !== undefined) {
    const key = books.keys.read().find(options.key, books.now());
    if (key?.role === "approver" && status === "approved" && asked.principal === `key:${key.name}`) {
      process.stderr.write("portcullis: this key made the call itself: somebody else has to approve it\n");
      return undefined;
    }
    if (key?.role === "approver") return `cli:key:${key.name}`;
    process.stderr.write(
      "portcullis: the key is not that of an approver, or no longer in force: make one with: portcullis keys create --name NAME --role approver\n",
    );
    return undefined;
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    process.stderr.write(
      "portcullis: there is no terminal to ask at: use --key with the key of an approver (portcullis keys create --name NAME --role approver)\n",
    );
    return undefined;
  }
  process.stdout.write(`${asked.preview || asked.title}\n\n`);
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const word = await lines.question(`Type yes to ${status === "approved" ? "approve" : "deny"} it: `);
    if (word.trim() === "yes") return "cli";
  } finally {
    lines.close();
  }
  process.stderr.write("portcullis: nothing was answered\n");
  return undefined;
}

function find(books: Books, id: string) {
  const row = books.approvals.find(id);
  if (!row)
    process.stderr.write(`portcullis: there is no question ${JSON.stringify(id)} in this state directory: see portcullis approvals list\n`);
  return row;
}
