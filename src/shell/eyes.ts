/** What the analysis may look at while it reads a command: it changes nothing, and runs nothing. */
import { posix } from "node:path";

export interface ShellEyes {
  /**
   * The real absolute path of `path`, taken from the absolute directory `base`: links inside the workspace are followed, names that don't
   * exist stay; outside the workspace it is lexical. Never throws.
   */
  readonly resolve: (path: string, base: string) => string;
  /**
   * The names that bash would put in place of a glob `pattern` (quoted characters stand behind a backslash) in the directory `cwd`: sorted,
   * without hidden ones unless the pattern has the dot, at most 1,000. Empty when nothing matches, null when it can't or may not say.
   */
  readonly glob: (pattern: string, cwd: string) => readonly string[] | null;
}

/** Eyes that see nothing: for the tests of policies, where the workspace is /w and no file exists. */
export const fixedEyes: ShellEyes = {
  resolve: (path, base) => posix.resolve(base, path),
  glob: () => [],
};
