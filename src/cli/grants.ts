/** `portcullis approvals grants`: what was approved for a session, and how to take it back. */
import type { Command } from "commander";
import type { Books } from "./books.ts";
import { printTable } from "./table.ts";
import { withBooks } from "./with-books.ts";

interface Options {
  readonly state?: string;
  readonly json?: boolean;
  readonly session?: string;
  readonly all?: boolean;
}

/** Adds the command below `approvals`. */
export function grantCommands(approvals: Command): void {
  approvals
    .command("grants")
    .description("see and revoke what was approved for a session (approve_session)")
    .argument("[verb]", "list (default) or revoke")
    .argument("[number]", "the grant to revoke")
    .option("--session <id>", "those of this session")
    .option("--all", "revoke all of them")
    .option("--json", "one JSON object a line")
    .option("--state <dir>", "the state directory of the server")
    .addHelpText(
      "after",
      "\nExamples:\n  portcullis approvals grants\n  portcullis approvals grants revoke 3\n  portcullis approvals grants revoke --session sess_0123456789abcdef0123456789abcdef\n",
    )
    .action(async (verb: string | undefined, number: string | undefined, options: Options, command: Command) => {
      if (verb !== undefined && verb !== "list" && verb !== "revoke") command.error(`unknown verb \`${verb}\`: use list or revoke`);
      await withBooks(options, (books) => (verb === "revoke" ? revoke(books, number, options) : list(books, options)));
    });
}

/** The grants in force that the options name. */
function grantsOf(books: Books, { session }: Options) {
  return books.approvals.grants(books.now()).filter((grant) => session === undefined || grant.session === session);
}

function list(books: Books, options: Options): number {
  const rows = grantsOf(books, options).map((grant) => ({
    grant: grant.id,
    session: grant.session,
    principal: grant.principal,
    tool: grant.tool,
    title: grant.title,
    policy: grant.policy,
    given: new Date(grant.createdAt).toISOString(),
    expires: new Date(grant.expiresAt).toISOString(),
  }));
  if (options.json) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
  else {
    const short = rows.map((row) => ({ ...row, policy: row.policy.slice(0, 15) }));
    printTable(short, ["grant", "session", "tool", "title", "policy", "expires"], "no session has a grant");
    if (rows.length > 0) process.stdout.write("A grant counts under the policy it was given under and ends when that is replaced.\n");
  }
  return 0;
}

async function revoke(books: Books, number: string | undefined, options: Options): Promise<number> {
  const named = grantsOf(books, options).filter((grant) => number === undefined || String(grant.id) === number);
  if (number === undefined && options.session === undefined && options.all !== true) {
    process.stderr.write("portcullis: say which: the number of a grant, --session ID or --all (see portcullis approvals grants)\n");
    return 2;
  }
  if (named.length === 0) {
    process.stderr.write("portcullis: there is no such grant in force: see portcullis approvals grants\n");
    return 1;
  }
  for (const { id, session, principal, tool, title } of named) {
    books.approvals.revokeGrant(id);
    await books.record("approval", { event: "grant_revoked", session, principal, tool, channel: "cli", details: { grant: id, title } });
    process.stdout.write(`revoked ${id}: ${tool} in ${session} is asked about again\n`);
  }
  return 0;
}
