import { lstatSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Files that other programs read as instructions, wherever they lie (lower case). */
const FILES = new Set(
  [
    ".portcullis.yaml .gitattributes .gitmodules .envrc .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .mcp.json opencode.json opencode.jsonc .pre-commit-config.yaml lefthook.yml .vimrc .exrc .nvimrc",
  ]
    .concat(
      ".gdbinit .lldbinit .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout",
    )
    .concat(".kshrc .cshrc .tcshrc .login .inputrc .xprofile .xinitrc .pythonrc sitecustomize.py usercustomize.py")
    .flatMap((line) => line.split(" ")),
);
/** Directories of which every file is read so. */
const DIRECTORIES = new Set([
  ".husky",
  ".claude",
  ".cursor",
  ".vscode",
  ".idea",
  ".codex",
  ".gemini",
  ".zed",
  ".opencode",
  ".devin",
  ".devcontainer",
]);
/** A file made while the clock stood still for the directory's time stamp could be missed later: such a directory is read again (git's "racy" entries). */
const COARSE = 50;

/** What lies where in a directory tree, as far as running code later goes. */
type Place = "plain" | "sensitive" | "git";

interface Known {
  /** Time of the last change when it was read, or 0 to read it again. */
  readonly changed: number;
  /** As its parent saw it; and as it turned out to be: a bare repository may lie anywhere. */
  readonly asked: Place;
  readonly place: Place;
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/**
 * An index of a workspace that finds, after a command, the files that make programs run code later and were made or changed since `since` (in
 * milliseconds, the file system's clock). Time of change (ctime) is what counts: a command can't set it. Unchanged directories are looked at but not
 * read again: about 3 us each, so 5,000 directories cost 15 ms. Nothing is opened, only names are read.
 */
export function createSensitiveIndex(root: string, now: () => number): { readonly changedSince: (since: number) => Promise<string[]> } {
  let known = new Map<string, Known>();
  return {
    async changedSince(since) {
      const recent = (path: string): boolean => changeOf(path) >= since - COARSE;
      const seen = new Map<string, Known>();
      const found: string[] = [];
      const queue: [path: string, place: Place, moved: boolean][] = [[root, "plain", false]];
      for (let steps = 0, next = queue.pop(); next !== undefined; next = queue.pop()) {
        // big trees: let the server do other work in between
        if (++steps % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
        const [path, asked, moved] = next;
        const entry = look(known.get(path), path, asked, now());
        if (entry === undefined) continue;
        seen.set(path, entry);
        for (const name of entry.files) if (moved || recent(join(path, name))) found.push(join(path, name));
        for (const name of entry.directories) {
          const child = join(path, name);
          const place = placeOf(entry.place, name);
          // a directory that was moved here whole brings files with old times along
          queue.push([child, place, moved || (place !== "plain" && !known.has(child) && recent(child))]);
        }
      }
      known = seen;
      return found.sort();
    },
  };
}

function look(before: Known | undefined, path: string, asked: Place, now: number): Known | undefined {
  const changed = changeOf(path);
  if (before !== undefined && before.changed === changed && before.asked === asked) return before;
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    const names = new Set(entries.map((entry) => entry.name));
    const place = asked === "plain" && ["HEAD", "objects", "refs"].every((name) => names.has(name)) ? "git" : asked;
    return {
      changed: now - changed < COARSE ? 0 : changed,
      asked,
      place,
      directories: entries.filter((one) => one.isDirectory() && enters(place, one.name)).map((one) => one.name),
      files: entries.filter((one) => !one.isDirectory() && isSensitive(place, path, one.name)).map((one) => one.name),
    };
  } catch {
    return undefined; // gone, or not ours to read: then it is not ours to watch
  }
}

/** Inside a `.git` only what is code: the object store alone has 256 directories. */
function enters(place: Place, name: string): boolean {
  return place !== "git" || !["objects", "refs", "logs", "lfs"].includes(name);
}

function placeOf(parent: Place, name: string): Place {
  if (name === ".git") return "git";
  if (parent === "git") return name === "hooks" ? "sensitive" : "git";
  return parent === "sensitive" || DIRECTORIES.has(name.toLowerCase()) ? "sensitive" : "plain";
}

function isSensitive(place: Place, directory: string, name: string): boolean {
  if (place === "sensitive") return true;
  if (place === "git") return name === "config" || name === "config.worktree" || (name === "attributes" && basename(directory) === "info");
  return FILES.has(name.toLowerCase()) || name === ".git";
}

function changeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0;
}
