/** The clients of this machine: which of them start this server, and whether what they start works. */
import { existsSync } from "node:fs";
import { CLIENTS } from "../../clients/clients.ts";
import type { Client, Entry, Words } from "../../clients/clients.ts";
import { entriesOf } from "../../clients/connect.ts";
import type { Place } from "../../clients/place.ts";
import { tryEntry } from "../../clients/try-entry.ts";
import { quoteWord } from "../../compose/words.ts";
import { Refusal } from "../../types.ts";
import { entryWords } from "../entry.ts";
import { placeOf } from "../place.ts";
import { fail, ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";

export const clientChecks: readonly Examination[] = [
  {
    id: "clients",
    atStart: false,
    look: ({ around }) => checkClients(placeOf(around), entryWords()),
    remedy: "Connect the client anew: portcullis connect CLIENT --write",
  },
];

/** Milliseconds in which a server must answer; a container takes some. */
const PATIENCE = 10_000;

/** What a desktop session gives to what it starts: little, and nothing of a shell's. */
const GIVEN = ["HOME", "USERPROFILE", "SystemRoot", "APPDATA", "LOCALAPPDATA", "TEMP"];
const SHORT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** Starts every entry of ours as its client would. `self` are the words that start our commands. */
export async function checkClients(place: Place, self: readonly string[], patience = PATIENCE): Promise<Finding> {
  const found = (await Promise.all(CLIENTS.map((client) => examineClient(client, place, self, patience)))).flat();
  const worst = (["fail", "warn"] as const).find((status) => found.some((one) => one.status === status)) ?? "ok";
  if (found.length === 0) return ok(`no client starts this server yet (${command(self, "connect", "CLIENT")} shows how)`);
  const shown = found.filter(({ status }) => status === worst);
  return {
    status: worst,
    message: shown.map(({ message }) => message).join("; "),
    remedy: [...new Set(shown.map(({ remedy }) => remedy))].join(" "),
  };
}

async function examineClient(client: Client, place: Place, self: readonly string[], patience: number): Promise<Finding[]> {
  const files = client.files(place).filter((file) => place.there(file));
  const found = await Promise.all(files.map(async (file) => examineFile(client, file, place, self, patience)));
  return found.flat();
}

async function examineFile(client: Client, file: string, place: Place, self: readonly string[], patience: number): Promise<Finding[]> {
  try {
    const entries = await entriesOf(client, file);
    return await Promise.all(
      entries.map(async ({ name, words, entry }): Promise<Finding> => {
        const { ok: answers, message } = await tryEntry(words, { cwd: "/", env: environmentOf(entry, place), timeout: patience });
        const told = `${client.title}: \`${name}\` in ${file}: ${message}`;
        return answers ? ok(told) : fail(told, mend(client, name, words, self));
      }),
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [warn(`${client.title}: ${error.message}`, "Mend the file, or the client reads none of its servers.")];
  }
}

function environmentOf(entry: Entry, { env }: Place): Record<string, string> {
  const own = ["env", "envs", "environment"].flatMap((key) => Object.entries((entry[key] as object | undefined) ?? {}));
  const given = GIVEN.map((name) => [name, env[name]]);
  return Object.fromEntries(
    [["PATH", process.platform === "win32" ? (env.PATH ?? "") : SHORT_PATH], ...given, ...own].filter(
      ([, value]) => typeof value === "string",
    ),
  );
}

/** The command that writes the entry anew, with what it said as far as that is still there. */
function mend({ id }: Client, name: string, words: Words, self: readonly string[]): string {
  const said = words.slice(words.indexOf("serve") + 1);
  const inContainer = words.includes("run");
  const kept = inContainer
    ? ["--docker"]
    : said.map((word, index) => (said[index - 1] === "--workspace" && !existsSync(word) ? "DIR" : word));
  const named = name === "portcullis" ? [] : ["--name", name];
  const run = command(self, "connect", id, ...kept, ...named, "--write");
  return inContainer ? `See that the container engine runs and has the image; then, in the project: ${run}` : run;
}

function command(self: readonly string[], ...words: string[]): string {
  return [...self, ...words].map(quoteWord).join(" ");
}
