/** What an analysis has found so far: the resources of a call, and how each command was read. */
import type { CommandResource, Resource, Word } from "../types.ts";
import type { ShellEyes } from "./eyes.ts";
import type { PathClaim, View } from "./view.ts";

/** One command, for `explain`: word by word what is literal. */
export interface CommandView {
  readonly words: readonly { readonly text: Word; readonly literal: boolean }[];
  readonly cwd: string | null;
  readonly wrappers: readonly string[];
  /** Does a table know the program? */
  readonly known: boolean;
}

export interface Findings {
  readonly eyes: ShellEyes;
  readonly home: string | undefined;
  readonly resources: Resource[];
  readonly commands: CommandView[];
  /** Resources that were added, to add each once. */
  readonly seen: Set<string>;
  /** Why the whole can't be known before it runs, when a text inside it can't. */
  script: string | null;
}

/** Files that hold nothing and keep nothing (null(4), random(4), full(4)), and a program's own streams. */
const HARMLESS = /^\/dev\/(null|zero|full|u?random|std(in|out|err)|fd\/[0-2])$/;

function add(findings: Findings, resource: Resource, key: string): void {
  if (findings.seen.has(key)) return;
  findings.seen.add(key);
  findings.resources.push(resource);
}

export function addOpaque(findings: Findings, reason: string, script = false): void {
  add(findings, { kind: "opaque", reason, script }, `o${reason}`);
}

/** Adds a path as a resource, made real from the directory it is taken from. */
export function addPath(findings: Findings, claim: PathClaim, cwd: string | null, base: Word | undefined): void {
  const { op, path: given, by } = claim;
  if (given === "" || (given !== null && HARMLESS.test(given) && op !== "delete")) return;
  const from = claim.base === undefined ? base : claim.base;
  const start = from === undefined ? cwd : resolveWord(findings, from, cwd);
  const path = resolveWord(findings, given, start);
  add(findings, by === undefined ? { kind: "path", op, path } : { kind: "path", op, path, by }, `p${op}${by ?? ""} ${path ?? ""}`);
}

/** A word as a real path; null when it or its directory is not known. */
export function resolveWord(findings: Findings, word: Word, cwd: string | null): string | null {
  if (word === null) return null;
  if (cwd !== null) return findings.eyes.resolve(word, cwd);
  return word.startsWith("/") ? findings.eyes.resolve(word, "/") : null;
}

/** Adds a command and everything its table said about it, but not the commands inside it. */
export function addCommand(
  findings: Findings,
  words: readonly Word[],
  cwd: string | null,
  wrappers: readonly string[],
  view: View | null,
): void {
  const isLook =
    view !== null &&
    view.set !== null &&
    view.hazards.length === 0 &&
    view.urls.length === 0 &&
    view.opaque.length === 0 &&
    view.texts.length === 0 &&
    view.paths.every(({ op }) => op === "read" || op === "list") &&
    !words.includes(null) &&
    words[0]?.includes("/") === false;
  const resource: CommandResource = {
    kind: "command",
    argv: words,
    cwd,
    ...(view === null ? {} : { options: view.seen.map(({ name }) => name) }),
    sets: isLook && view.set !== null ? [view.set] : [],
    hazards: view?.hazards ?? [],
    wrappers,
  };
  findings.resources.push(resource);
  findings.commands.push({ words: words.map((text) => ({ text, literal: text !== null })), cwd, wrappers, known: view !== null });
  if (view === null) return;
  for (const claim of view.paths) addPath(findings, claim, cwd, view.base);
  for (const url of view.urls) add(findings, url, `u${url.method} ${url.scheme}://${url.host}:${url.port}`);
  for (const reason of view.opaque) addOpaque(findings, reason);
}
