/** Puts our entry into a client's file, finds it there, and takes it out again. */
import { Refusal } from "../types.ts";
import type { Client, Entry, Words } from "./clients.ts";
import { backupsOf, dropBackup, forgetMade, readClientFile, replaceClientFile, unmake, wasMade } from "./file.ts";
import type { ClientFile } from "./file.ts";
import { editEntry, sectionOf } from "./format.ts";
import type { Format } from "./format.ts";
import type { Place } from "./place.ts";
import { isOurs } from "./words.ts";

/** Which file of a client is meant. */
export function fileOf(client: Client, place: Place): string {
  const files = client.files(place);
  return files.find((file) => place.there(file)) ?? (files.at(-1) as string);
}

/** The whole file that an entry makes when nothing else is in it: to show, or to copy from. */
export async function snippetOf(client: Client, words: Words, name: string): Promise<string> {
  return (await formatOf(client)).insert("", client.sections.at(-1) ?? [], name, client.entry(words, name));
}

/** What `connect` did. `backup` is where the file as it was is kept. */
export interface Connected {
  readonly path: string;
  readonly did: "made" | "added" | "updated" | "nothing";
  readonly backup?: string;
}

/** Puts the entry in. An entry of ours is brought up to date and keeps what a person added to it; another server of that name is refused. */
export async function connectClient(client: Client, path: string, name: string, words: Words): Promise<Connected> {
  const found = await look(client, path, name);
  const { file, format, section, text, old } = found;
  if (old !== undefined && !isOurs(client.words(old)))
    throw new Refusal(
      "FAILED",
      `\`${name}\` in ${path} is another server (${client.words(old)[0] ?? "it starts no program"})`,
      "choose another name with --name, or remove that one first; nothing was written",
    );
  const origin = originOf(found, name);
  const entry = { ...old, ...client.entry(words, name) };
  const after = editEntry(format, origin?.text ?? text, section, name, entry);
  if (after === file.text) return { path: file.path, did: "nothing" };
  const backup = replaceClientFile(file, after, origin === undefined);
  return {
    path: file.path,
    did: file.text === undefined ? "made" : old === undefined ? "added" : "updated",
    ...(backup === undefined ? {} : { backup }),
  };
}

/** What `disconnect` did. `left` are backups of earlier times that are still there. */
export interface Disconnected {
  readonly path: string;
  readonly did: "restored" | "removed" | "unmade" | "nothing";
  readonly left: readonly string[];
}

/** Takes the entry out. Where nothing else has changed the file is what it was, byte for byte; otherwise only the entry goes. */
export async function disconnectClient(client: Client, path: string, name: string): Promise<Disconnected> {
  const found = await look(client, path, name);
  const { file, format, section, text, old } = found;
  if (old === undefined) return { path: file.path, did: "nothing", left: [] };
  if (!isOurs(client.words(old)))
    throw new Refusal("FAILED", `\`${name}\` in ${path} is another server`, "name ours with --name; nothing was written");
  const origin = originOf(found, name);
  if (origin && origin.backup === undefined) {
    const left = backupsOf(file.path);
    unmake(file.path);
    return { path: file.path, did: "unmade", left };
  }
  replaceClientFile(file, origin?.text ?? editEntry(format, text, section, name, undefined, madeSection(found)), false);
  if (origin?.backup !== undefined) dropBackup(origin.backup);
  forgetMade(file.path);
  return { path: file.path, did: origin ? "restored" : "removed", left: backupsOf(file.path) };
}

/** Every entry in a client's file that starts our server. */
export async function entriesOf(
  client: Client,
  path: string,
): Promise<{ readonly name: string; readonly words: Words; readonly entry: Entry }[]> {
  const { format, text } = await open(client, path);
  const value = parseAt(path, format, text);
  return client.sections.flatMap((section) =>
    Object.entries(sectionOf(value, section) ?? {}).flatMap(([name, entry]) => {
      const words = isEntry(entry) ? client.words(entry) : [];
      return isEntry(entry) && isOurs(words) ? [{ name, words, entry }] : [];
    }),
  );
}

interface Found {
  readonly file: ClientFile;
  readonly format: Format;
  readonly section: readonly string[];
  readonly text: string;
  /** The entry of that name; undefined when there is none. */
  readonly old: Entry | undefined;
}

async function look(client: Client, path: string, name: string): Promise<Found> {
  const { file, format, text } = await open(client, path);
  const value = parseAt(path, format, text);
  const section = client.sections.find((keys) => isSection(sectionOf(value, keys))) ?? client.sections.at(-1) ?? [];
  const servers = sectionOf(value, section) ?? {};
  const old = Object.hasOwn(servers, name) ? servers[name] : undefined;
  return { file, format, section, text, old: old === undefined ? undefined : isEntry(old) ? old : {} };
}

/** A server may itself be called as a section is. */
function isSection(servers: Readonly<Record<string, unknown>> | undefined): boolean {
  return servers !== undefined && typeof servers.type !== "string";
}

async function open(client: Client, path: string): Promise<{ file: ClientFile; format: Format; text: string }> {
  const file = readClientFile(path);
  return { file, format: await formatOf(client), text: file.text ?? "" };
}

function parseAt(path: string, format: Format, text: string): unknown {
  try {
    return format.parse(text);
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(error.code, `${path}:${error.message}`, error.remedy, error);
    // what the parser itself gives up on: aliases of aliases, a nesting without end
    const remedy = "mend the file first, then try again; nothing was written";
    throw new Refusal("INVALID_INPUT", `${path} can't be read (${(error as Error).message})`, remedy, error);
  }
}

function isEntry(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The file before our entry, when the entry is all that has changed since: from a backup, or nothing where we made the file. */
function originOf(
  { file, format, section, text, old }: Found,
  name: string,
): { readonly text: string; readonly backup?: string } | undefined {
  if (old === undefined || file.text === undefined) return undefined;
  const fits = (before: string): boolean => {
    try {
      return sectionOf(format.parse(before), section)?.[name] === undefined && editEntry(format, before, section, name, old) === text;
    } catch {
      return false; // not a file of this format: whatever it is, it isn't where this one came from
    }
  };
  for (const backup of backupsOf(file.path)) {
    const before = readClientFile(backup);
    if (before.text !== undefined && before.mark === file.mark && fits(before.text)) return { text: before.text, backup };
  }
  return wasMade(file.path) && fits("") ? { text: "" } : undefined;
}

/** Did the section come with our entry? Then it goes with it. */
function madeSection({ file, format, section }: Found): boolean {
  if (wasMade(file.path)) return true;
  const [backup] = backupsOf(file.path);
  if (backup === undefined) return false;
  try {
    return sectionOf(format.parse(readClientFile(backup).text ?? ""), section) === undefined;
  } catch {
    return false;
  }
}

/** The parsers are loaded by those who edit. */
async function formatOf({ format }: Client): Promise<Format> {
  switch (format) {
    case "json":
      return (await import("./json.ts")).json;
    case "toml":
      return (await import("./toml.ts")).toml;
    case "yaml":
      return (await import("./yaml.ts")).yaml;
  }
}
