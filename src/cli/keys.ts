/** `portcullis keys`: API keys for clients and approvers. */
import type { Command } from "commander";
import { printTable } from "./table.ts";

interface Options {
  readonly state?: string;
  readonly name?: string;
  readonly scopes?: string;
  readonly role?: string;
  readonly expires?: string;
  readonly json?: boolean;
}

/** Adds the command and its verbs; gives it back for verbs of other rooms. */
export function keyCommands(program: Command): Command {
  const keys = program.command("keys").description("make, list and revoke API keys");
  keys
    .command("create")
    .description("make a key; it is printed once and stored only as a hash")
    .requiredOption("--name <name>", "what the key is called in policies and records")
    .option("--scopes <list>", "scopes, separated by commas")
    .option("--role <role>", "a role, such as approver")
    .option("--expires <days>", "days until it ends, like 30d")
    .option("--state <dir>", "the state directory of the server")
    .addHelpText("after", "\nExample:\n  portcullis keys create --name ci --scopes repo:read\n")
    .action(create);
  keys
    .command("list")
    .description("list the keys, never their secrets")
    .option("--json", "one JSON object a line")
    .option("--state <dir>", "the state directory of the server")
    .addHelpText("after", "\nExample:\n  portcullis keys list\n")
    .action(list);
  keys
    .command("revoke")
    .description("end a key now")
    .argument("<name>")
    .option("--state <dir>", "the state directory of the server")
    .addHelpText("after", "\nExample:\n  portcullis keys revoke ci\n")
    .action(revoke);
  return keys;
}

async function create(options: Options): Promise<void> {
  const name = options.name ?? "";
  const days = options.expires === undefined ? undefined : /^(\d{1,4})d$/.exec(options.expires)?.[1];
  const scopes = (options.scopes ?? "").split(",").filter(Boolean);
  const problem = !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)
    ? "a key's name is letters, digits, dot, dash and underscore, 64 at most"
    : options.expires !== undefined && (days === undefined || Number(days) < 1)
      ? "--expires takes days, like 30d"
      : scopes.some((scope) => !/^[\u0021\u0023-\u005b\u005d-\u007e]+$/.test(scope))
        ? "a scope is visible ASCII without quotes and backslashes (RFC 6749, 3.3)"
        : undefined;
  if (problem !== undefined) return fail(problem, 2);
  const books = await (await import("./books.ts")).openBooks(options.state);
  try {
    const now = books.now();
    const secret = books.keys.create(
      {
        name,
        scopes,
        ...(options.role === undefined ? {} : { role: options.role }),
        ...(days === undefined ? {} : { expiresAt: now + Number(days) * 86_400_000 }),
      },
      now,
    );
    if (secret === undefined) return fail(`there is a key ${name} already: revoke doesn't free its name, choose another`, 1);
    process.stdout.write(`${secret}\n`);
  } finally {
    books.close();
  }
}

async function list(options: Options): Promise<void> {
  const books = await (await import("./books.ts")).openBooks(options.state);
  try {
    const rows = books.keys.list().map((key) => ({
      name: key.name,
      role: key.role,
      scopes: key.scopes.join(","),
      created: new Date(key.createdAt).toISOString(),
      expires: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
      revoked: key.revokedAt === null ? null : new Date(key.revokedAt).toISOString(),
    }));
    if (options.json) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
    else printTable(rows, ["name", "role", "scopes", "created", "expires", "revoked"], "there are no keys");
  } finally {
    books.close();
  }
}

async function revoke(name: string, options: Options): Promise<void> {
  const books = await (await import("./books.ts")).openBooks(options.state);
  try {
    if (!books.keys.revoke(name, books.now())) return fail(`there is no key ${JSON.stringify(name)} in force`, 1);
    process.stdout.write(`revoked ${name}\n`);
  } finally {
    books.close();
  }
}

function fail(message: string, code: number): void {
  process.stderr.write(`portcullis: ${message}\n`);
  process.exitCode = code;
}
