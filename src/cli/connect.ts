/** `portcullis connect` and `disconnect`: our entry in a client's configuration. A person's commands: tools can't write these files. */
import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { Command } from "commander";
import type { Client, Words } from "../clients/clients.ts";
import type { Place } from "../clients/place.ts";
import { quoteWord } from "../compose/words.ts";
import { ConfigError } from "../config/error.ts";
import { loadConfig, surroundings } from "../config/load.ts";
import { defaultState, openState } from "../config/state.ts";
import { entryWords } from "./entry.ts";
import { placeOf } from "./place.ts";
import { packageVersion } from "./version.ts";

interface Options {
  readonly workspace?: readonly string[];
  readonly policy?: readonly string[];
  readonly profile?: string;
  readonly config?: string;
  readonly state?: string;
  readonly name: string;
  readonly file?: string;
  readonly write?: boolean;
  readonly docker?: boolean;
}

const CLIENT_IDS = "claude-desktop, claude-code, vscode, cursor, codex, gemini, windsurf, zed, goose or opencode";

/** Adds both commands. */
export function connectCommands(program: Command, collect: (value: string, before: readonly string[] | undefined) => string[]): void {
  program
    .command("connect")
    .description("show, or write, the entry that makes a client start this server")
    .argument("<client>", CLIENT_IDS)
    .option("--write", "put it into the client's file; the file as it was is kept beside it")
    .option("--docker", "start the server in a container")
    .option("--workspace <dir>", "a directory that tools may work in (repeat for more; default: the current directory)", collect)
    .option("--policy <file>", "a policy file (repeat for more layers)", collect)
    .option("--profile <name>", "built-in policy when no --policy is given: local, team or ci")
    .option("--config <file>", "a YAML file with what isn't policy")
    .option("--state <dir>", "where audit, approvals and keys live")
    .option("--name <name>", "what the client calls the server", "portcullis")
    .option("--file <file>", "another file of the client, such as a project's own")
    .addHelpText("after", "\nExample:\n  portcullis connect vscode --workspace ~/project --write\n")
    .action(connect);
  program
    .command("disconnect")
    .description("take our entry out of a client's file: byte for byte as before where nothing else has changed")
    .argument("<client>", CLIENT_IDS)
    .option("--name <name>", "what the client calls the server", "portcullis")
    .option("--file <file>", "another file of the client, such as a project's own")
    .addHelpText("after", "\nExample:\n  portcullis disconnect vscode\n")
    .action(disconnect);
}

async function connect(id: string, options: Options): Promise<void> {
  const client = await clientOf(id);
  checkName(options.name);
  const place = placeOf(surroundings());
  const { connectClient, fileOf, snippetOf } = await import("../clients/connect.ts");
  const file = options.file === undefined ? fileOf(client, needHome(place)) : resolve(options.file);
  const { words, state } = await serverWords(options, place);
  if (!options.write) {
    say(`${client.title} reads it from ${file}`);
    for (const line of otherPlaces(client, place)) say(line);
    say(`Put this there, or let it be put there: ${[...entryWords(), ...process.argv.slice(2), "--write"].map(quoteWord).join(" ")}\n`);
    process.stdout.write(await snippetOf(client, words, options.name));
  } else {
    if (options.docker) openState(state);
    const { path, did, backup } = await connectClient(client, file, options.name, words);
    const what = { made: "is new and has", added: "has", updated: "had an older entry; it has now", nothing: "has it already" }[did];
    say(did === "nothing" ? `${path} ${what}: nothing was written` : `${path} ${what} the server \`${options.name}\``);
    if (backup !== undefined) say(`the file as it was: ${backup}`);
    say(client.next);
  }
  if (options.docker)
    say(
      `Questions that the client can't put to you are answered with: docker exec -it ${options.name} portcullis approvals list --state /state`,
    );
}

async function disconnect(id: string, { name, file: named }: Pick<Options, "name" | "file">): Promise<void> {
  const client = await clientOf(id);
  checkName(name);
  const { disconnectClient, fileOf } = await import("../clients/connect.ts");
  const file = named === undefined ? fileOf(client, needHome(placeOf(surroundings()))) : resolve(named);
  const { path, did, left } = await disconnectClient(client, file, name);
  const what = {
    restored: "is what it was before, byte for byte",
    removed: `has no server \`${name}\` any more; what else has changed since is kept`,
    unmade: "was made for the entry and is removed",
    nothing: `has no server \`${name}\`: nothing was written`,
  }[did];
  say(`${path} ${what}`);
  for (const backup of left) say(`an earlier state is still in ${backup}`);
  if (did !== "nothing") say(client.next);
}

async function clientOf(id: string): Promise<Client> {
  const { CLIENTS } = await import("../clients/clients.ts");
  const client = CLIENTS.find((one) => one.id === id);
  if (client) return client;
  const { closestName } = await import("../config/closest.ts");
  const guess = closestName(
    id,
    CLIENTS.map((one) => one.id),
  );
  throw new ConfigError(`unknown client \`${id}\`${guess ? ` - did you mean ${guess}?` : ""}: use ${CLIENT_IDS}`);
}

/** Clients put the name in front of tool names, which may hold 64 characters in all. */
function checkName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(name))
    throw new ConfigError(`\`${name}\` can't name a server: use up to 32 letters, digits, _ and -`);
}

function needHome(place: Place): Place {
  if (place.home === "") throw new ConfigError("there is no home directory to look in: set HOME, or name the client's file with --file");
  return place;
}

/** Where the file is on the other systems, for who writes it down for others. */
function otherPlaces(client: Client, here: Place): string[] {
  const systems = [
    { title: "Linux", platform: "linux", home: "~" },
    { title: "macOS", platform: "darwin", home: "~" },
    { title: "Windows", platform: "win32", home: "%USERPROFILE%" },
  ] as const;
  return systems
    .filter(({ platform }) => platform !== here.platform)
    .map(({ title, ...place }) => `  on ${title}: ${client.files({ ...place, env: {}, there: () => false }).at(-1) ?? ""}`);
}

/** The words of the entry, and the state directory that they lead to. Paths are absolute; what the environment says here is said in words. */
async function serverWords(options: Options, place: Place): Promise<{ words: Words; state: string }> {
  const { dockerWords, localWords } = await import("../clients/words.ts");
  const around = surroundings();
  const all = await loadConfig(options, around);
  // What a config file says stays there: only flags and variables become words.
  const { config: _file, ...flags } = options;
  const said = await loadConfig(flags, { ...around, env: { ...around.env, PORTCULLIS_CONFIG: undefined } }, false);
  const workspaces = said.workspaces.length > 0 || all.file !== undefined ? said.workspaces : all.workspaces;
  const common = { workspaces, policies: said.policies, ...(said.profile === undefined ? {} : { profile: said.profile }) };
  if (options.docker) {
    if (all.file !== undefined)
      throw new ConfigError(
        "a config file names paths of this machine, which a container doesn't have: use --workspace, --policy and --state",
      );
    const ids = process.getuid && process.getgid ? `${process.getuid()}:${process.getgid()}` : undefined;
    const image = `portcullis:${packageVersion()}`;
    return {
      words: dockerWords(programPath("docker", place), image, options.name, ids, { ...common, state: all.state }),
      state: all.state,
    };
  }
  // A client's environment is not this one: a state directory that only this one leads to is named.
  const named = options.state ?? place.env.PORTCULLIS_STATE ?? (all.file === undefined && all.state !== defaultState({}, place.home));
  const places = { ...(all.file === undefined ? {} : { config: all.file }), ...(named ? { state: said.state } : {}) };
  return { words: localWords(entryWords(), { ...common, ...places }), state: all.state };
}

/** Desktop clients have a short PATH, so a program that is found here is named whole. */
function programPath(name: string, { env, platform }: Place): string {
  const file = platform === "win32" ? `${name}.exe` : name;
  const directory = (env.PATH ?? "").split(delimiter).find((candidate) => candidate !== "" && existsSync(join(candidate, file)));
  return directory === undefined ? name : resolve(directory, file);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
