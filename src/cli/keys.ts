/** `portcullis keys`: API keys for clients and approvers. */
import type { Command } from "commander";
import { printTable } from "./table.ts";
import type { Books } from "./books.ts";
import { withBooks } from "./with-books.ts";

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
    .option("--role <role>", "a role, such as approver (answers questions, reads /metrics)")
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
  keys
    .command("rotate-seal")
    .description("put a new key under approvals: every open question becomes void")
    .option("--state <dir>", "the state directory of the server")
    .addHelpText("after", "\nExample:\n  portcullis keys rotate-seal\n")
    .action(rotateSeal);
  return keys;
}

/** Running servers read the key at each question, so it works at once. */
async function rotateSeal(options: Options): Promise<void> {
  const [{ replaceKey }, { randomBytes }] = await Promise.all([import("../config/state.ts"), import("node:crypto")]);
  await withBooks(options, async (books) => {
    await books.record("approval", { event: "seal_rotated", channel: "cli" });
    replaceKey(books.directory, "seal.key", 32, randomBytes);
    const ended = books.approvals.voidOpen();
    process.stdout.write(
      `rotated the seal key: ${ended === 1 ? "1 open question is" : `${ended} open questions are`} void and will be asked anew\n`,
    );
    return 0;
  });
}

/** What a key and a role may be called. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

async function create(options: Options): Promise<void> {
  const name = options.name ?? "";
  const days = options.expires === undefined ? undefined : /^(\d{1,4})d$/.exec(options.expires)?.[1];
  const scopes = (options.scopes ?? "").split(",").filter(Boolean);
  const problem = !WORD.test(name)
    ? "a key's name is letters, digits, dot, dash and underscore, 64 at most"
    : options.expires !== undefined && (days === undefined || Number(days) < 1)
      ? "--expires takes days, like 30d"
      : scopes.some((scope) => !/^[\u0021\u0023-\u005b\u005d-\u007e]+$/.test(scope))
        ? "a scope is visible ASCII without quotes and backslashes (RFC 6749, 3.3)"
        : options.role !== undefined && !WORD.test(options.role)
          ? "a role is letters, digits, dot, dash and underscore, 64 at most"
          : undefined;
  if (problem !== undefined) {
    process.exitCode = fail(problem, 2);
    return;
  }
  await withBooks(
    options,
    async (books) => {
      const secret = await makeKey(books, {
        name,
        scopes,
        ...(options.role === undefined ? {} : { role: options.role }),
        ...(days === undefined ? {} : { expiresAt: books.now() + Number(days) * 86_400_000 }),
      });
      if (secret === undefined) return fail(`there is a key ${name} already: revoke doesn't free its name, choose another`, 1);
      process.stdout.write(`${secret}\n`);
      return 0;
    },
    true,
  );
}

/** Makes a key, on record before it is there; gives its secret, or undefined when the name is taken. */
export async function makeKey(books: Books, key: Parameters<Books["keys"]["create"]>[0]): Promise<string | undefined> {
  if (books.keys.list().some(({ name }) => name === key.name)) return undefined;
  await books.record("system", { event: "key_created", channel: "cli", details: key });
  return books.keys.create(key, books.now());
}

async function list(options: Options): Promise<void> {
  await withBooks(options, (books) => {
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
    return 0;
  });
}

async function revoke(name: string, options: Options): Promise<void> {
  await withBooks(options, async (books) => {
    if (!books.keys.revoke(name, books.now()))
      return fail(`there is no key ${JSON.stringify(name)} in force: keys list shows all of them`, 1);
    process.stdout.write(`revoked ${name}\n`);
    // What is ended stays ended, also where it can't be put on record: main.ts says what is wrong with that.
    await books.record("system", { event: "key_revoked", channel: "cli", details: { name } });
    return 0;
  });
}

/** Says what went wrong and gives the exit code. */
function fail(message: string, code: number): number {
  process.stderr.write(`portcullis: ${message}\n`);
  return code;
}
