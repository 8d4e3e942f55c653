/** What reading one command found: claims about the world, hazards, and commands inside it. */
import type { PathOp, UrlResource, Word } from "../types.ts";

/** A path as the program is given it; made real by the eyes later. `base`: a directory other than the current one, as written. */
export interface PathClaim {
  readonly op: PathOp;
  readonly path: Word;
  readonly base?: Word;
  readonly by?: "git" | "entry";
}

/** A command that this command runs, as a slice of or beside its own words. */
interface InnerCommand {
  readonly words: readonly Word[];
  /** Index of the outer word that names the program, where the printer can put an absolute path. */
  readonly at?: number;
  /** Directory it runs in, as written, when not the outer one's. */
  readonly base?: Word;
  /** Its standard input is empty or unknown rather than the outer one's. */
  readonly ownInput?: true;
  /** Names of the environment variables set for it. */
  readonly environment?: readonly string[];
}

/** A word that is a shell text of its own (`sh -c TEXT`). */
export interface InnerText {
  readonly word: number;
  readonly posix: boolean;
}

/** An option as it was found. */
interface SeenOption {
  /** As the table names it; `null` when not known before it runs. */
  readonly name: Word;
  readonly word: number;
  readonly value?: Word;
}

export interface Operand {
  readonly word: number;
  readonly text: Word;
}

/** Everything found so far, and the means to add to it. Word numbers count from the program name, 0. */
export interface View {
  readonly words: readonly Word[];
  readonly seen: SeenOption[];
  readonly operands: Operand[];
  readonly paths: PathClaim[];
  readonly urls: UrlResource[];
  readonly hazards: { readonly word: number; readonly reason: string }[];
  readonly opaque: string[];
  readonly inner: InnerCommand[];
  readonly texts: InnerText[];
  /** Directory that all paths start at, as written, when the program was told to change to one. */
  base: Word | undefined;
  /** The word that names the innermost subcommand, or the program itself, 0. */
  subcommand: number;
  /** Reads standard input. */
  input: boolean;
  /** The program's own standard input comes from a command that lists paths below these, ended by NUL. */
  readonly feed: readonly Word[] | null;
  set: "read-basic" | "git-read" | null;
}

/** An empty view of a command. */
export function createView(words: readonly Word[], feed: readonly Word[] | null): View {
  return {
    words,
    seen: [],
    operands: [],
    paths: [],
    urls: [],
    hazards: [],
    opaque: [],
    inner: [],
    texts: [],
    base: undefined,
    subcommand: 0,
    input: false,
    feed,
    set: null,
  };
}

/** Was any of these options used? */
export function uses(view: View, ...names: string[]): boolean {
  return view.seen.some(({ name }) => name !== null && names.includes(name));
}

/** The values given to any of these options. */
export function valuesOf(view: View, ...names: string[]): Word[] {
  return view.seen.flatMap(({ name, value }) => (name !== null && names.includes(name) && value !== undefined ? [value] : []));
}
