/** How much a workspace holds. Only sizes are looked at, and links are not followed, so nothing that is found here is told to anybody. */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "./refusals.ts";

/** Files that are looked at side by side. */
const AT_ONCE = 64;

/** Bytes of all regular files below the directories, as their sizes say; what vanishes meanwhile or can't be read counts nothing. */
export async function measure(directories: readonly string[]): Promise<number> {
  let bytes = 0;
  const left = [...directories];
  for (let directory = left.pop(); directory !== undefined; directory = left.pop()) {
    const here = directory;
    const entries = await readdir(here, { withFileTypes: true }).catch(ignoreGone);
    const files: string[] = [];
    for (const entry of entries ?? []) {
      if (entry.isDirectory()) left.push(join(here, entry.name));
      else if (entry.isFile()) files.push(join(here, entry.name));
    }
    while (files.length > 0) {
      const stats = await Promise.all(files.splice(0, AT_ONCE).map((file) => lstat(file).catch(ignoreGone)));
      for (const stat of stats) bytes += stat?.size ?? 0;
    }
  }
  return bytes;
}

function ignoreGone(error: unknown): undefined {
  if (hasCode(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) return undefined;
  throw error;
}
