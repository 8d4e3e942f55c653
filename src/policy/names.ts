/** A path as rules look at it: whole, and relative to each workspace it is in; in both also in lower case. */
export interface PathView {
  readonly path: string;
  readonly lower: string;
  readonly within: readonly { readonly root: string; readonly path: string; readonly lower: string }[];
}

/** Gives other spellings under which some file system would open the same file (`.env.`, `git~1`). Pure; handed in by the caller. */
export type Equivalents = (path: string) => readonly string[];

/** Views of a path: the first is the path itself, the others its equivalent spellings, which only tighten. */
export function viewPath(real: string, workspaces: readonly string[], equivalents: Equivalents): readonly [PathView, ...PathView[]] {
  const path = withSlashes(real);
  const first = view(path, workspaces);
  const others = equivalents(path).filter((name) => name !== path);
  // Some file systems fold `\u017f` (long s) to `s`: upper case, then lower, folds as they do (git CVE-2014-9390 class).
  if (/[^\0-\x7f]/.test(path)) {
    const folded = path.toUpperCase().toLowerCase();
    if (folded !== first.lower) others.push(folded);
  }
  return others.length === 0 ? [first] : [first, ...others.map((name) => view(name, workspaces))];
}

/**
 * A path of Windows with the separators that rules are written with: told by its drive or share, because elsewhere a backslash is a letter like any
 * other and an absolute path starts with a slash.
 */
export function withSlashes(path: string): string {
  return /^(?:[A-Za-z]:|\\\\)/.test(path) ? path.replaceAll("\\", "/") : path;
}

function view(path: string, workspaces: readonly string[]): PathView {
  const lower = path.toLowerCase();
  const within: { root: string; path: string; lower: string }[] = [];
  for (const given of workspaces) {
    const root = withSlashes(given);
    if (isInside(path, root)) {
      const relative = relativeTo(root, path);
      within.push({ root, path: relative, lower: relative.toLowerCase() });
    }
  }
  return { path, lower, within };
}

/** A path inside of `root` as seen from there; both absolute and normal. The root of the file system brings its slash along. */
export function relativeTo(root: string, path: string): string {
  return path.slice(root === "/" ? 1 : root.length + 1);
}

/** Is `path` this directory or below it? Both absolute and normal. */
export function isInside(path: string, directory: string): boolean {
  return path.startsWith(directory) && (path.length === directory.length || path.charCodeAt(directory.length) === 47 || directory === "/");
}
