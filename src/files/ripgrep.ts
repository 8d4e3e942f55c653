/** ripgrep, started in an opened directory with a fixed command line. It only finds: nothing that it prints is told. */
import { spawn } from "node:child_process";
import { Refusal } from "../types.ts";
import type { Pin } from "./platform.ts";
import { addressOf } from "./platform.ts";
import { checkSignal } from "./work.ts";

/** No configuration, no preprocessor, no links, hidden files but `.git`; ignore files only as asked. */
const FIXED = [
  "--no-config",
  "--hidden",
  "--no-follow",
  "--no-messages",
  "--color=never",
  "--null",
  "--no-ignore-global",
  "--no-ignore-dot",
  "--no-require-git",
];

/** Where ripgrep searches: in a directory, or in one opened file, given as its standard input. */
export type SearchedThing = { readonly directory: Pin } | { readonly file: number };

/**
 * Runs ripgrep and hands over what it prints as it comes; `take` says `false` to end it. Cancelling kills it. What ripgrep says of a
 * wrong pattern becomes INVALID_INPUT.
 */
export async function runRipgrep(
  thing: SearchedThing,
  args: readonly string[],
  respectGitignore: boolean,
  signal: AbortSignal,
  take: (chunk: Buffer) => boolean,
): Promise<void> {
  checkSignal(signal);
  const { rgPath } = await import("@vscode/ripgrep");
  const inDirectory = "directory" in thing;
  const argv = [...FIXED, ...(respectGitignore ? [] : ["--no-ignore"]), ...args, inDirectory ? "./" : "-"];
  const child = spawn(rgPath, argv, {
    env: {},
    stdio: [inDirectory ? "ignore" : thing.file, "pipe", "pipe"],
    // libuv changes directory after fork, so /proc/self is the child, which has the descriptor until exec.
    ...(inDirectory ? { cwd: addressOf(thing.directory) } : {}),
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", kill, { once: true });
  let told = "";
  let failure: unknown;
  let enough = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    if (enough || failure !== undefined) return;
    try {
      enough = !take(chunk);
    } catch (error) {
      failure = error;
    }
    if (enough || failure !== undefined) kill();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (told.length < 4096) told += text;
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    checkSignal(signal);
    if (failure !== undefined) throw failure;
    if (code === 2 && told !== "")
      throw new Refusal(
        "INVALID_INPUT",
        `the search pattern was not understood: ${lastWord(told)}`,
        "correct the pattern, or search for it literally",
      );
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("FAILED", "the search program did not run", "check that @vscode/ripgrep is installed for this platform", error);
  } finally {
    kill();
    signal.removeEventListener("abort", kill);
  }
}

/** The line of ripgrep's message that says what is wrong. */
function lastWord(told: string): string {
  const lines = told.trim().split("\n");
  const line = lines.findLast((candidate) => candidate.startsWith("error:")) ?? lines[0] ?? "";
  return line.replace(/^(?:rg|error): /, "").slice(0, 300);
}

/** Relative paths of the files below that `.gitignore` files leave, and of the directories that lead to them. */
export async function listUnignored(directory: Pin, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  let rest = "";
  const decoder = new TextDecoder();
  await runRipgrep({ directory }, ["--files", "--glob=!.git"], true, signal, (chunk) => {
    const paths = (rest + decoder.decode(chunk, { stream: true })).split("\0");
    rest = paths.pop() ?? "";
    for (const path of paths) addWithParents(names, path.replace(/^\.\//, ""));
    return true;
  });
  return names;
}

function addWithParents(names: Set<string>, path: string): void {
  for (let at = path; at !== "" && !names.has(at); at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) names.add(at);
}
