/** Searching by name: the walk by descriptors, and the caller's globs. As fast as ripgrep here, and it sees empty directories too. */
import { join } from "node:path";
import type { NameHits, NameSearch } from "../types.ts";
import { compileGlob } from "./glob.ts";
import type { Held } from "./held.ts";
import { listUnignored } from "./ripgrep.ts";
import { leaveOut, walkNames } from "./walk.ts";
import type { Grant } from "./work.ts";

/** See `FileHands.searchNames`. */
export async function searchNames(held: Held, grant: Grant, search: NameSearch): Promise<NameHits> {
  const matches = compileGlob(search.pattern);
  const excludes = (search.excludePatterns ?? []).map(compileGlob);
  const exclude = (relative: string): boolean => /(?:^|\/)\.git$/.test(relative) || excludes.some((matchesToo) => matchesToo(relative));
  const unignored = search.respectGitignore === true ? await listUnignored(held.pin, grant.signal) : undefined;
  const paths: string[] = [];
  const whole = await walkNames(held.pin, grant, { maxDepth: Infinity, leaveOut: leaveOut(exclude, unignored) }, (relative, type) => {
    if (!matches(relative)) return true;
    const path = join(held.pin.real, relative);
    // A name is a hit of a search only where its content could be read: secrets are not even pointed at.
    if (!grant.admits(path, type === "directory" ? "list" : "read")) return true;
    if (paths.length === search.maxResults) return false;
    paths.push(path);
    return true;
  });
  return { paths, truncated: !whole };
}
