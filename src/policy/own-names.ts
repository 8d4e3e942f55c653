/**
 * Every name under which a path of ours is found. What tools touch is judged by what it really is, so a path that leads through links must be known
 * as it really is too; and the links on the way lead to it, so whoever replaces one replaces what is there.
 */
import { readlinkSync } from "node:fs";
import { join, parse, resolve, sep } from "node:path";

/** Links that are followed at most, as by the kernel (path_resolution(7)). */
const MOST_LINKS = 40;

/** The absolute path as it was given, with each link on the way resolved in turn, and, last, as it really is. What isn't there yet is where it would be. */
export function ownNames(path: string): string[] {
  const names = new Set([path]);
  let { root: done } = parse(path);
  let left = partsOf(path);
  for (let links = 0; left.length > 0;) {
    const [next = "", ...rest] = left;
    const here = join(done, next);
    const name = join(here, ...rest);
    // Anew, so that the last one is the last in the list.
    names.delete(name);
    names.add(name);
    const target = links < MOST_LINKS ? targetOf(here) : undefined;
    if (target === undefined) {
      done = here;
      left = rest;
      continue;
    }
    links += 1;
    const behind = resolve(done, target);
    done = parse(behind).root;
    left = [...partsOf(behind), ...rest];
  }
  return [...names];
}

function partsOf(path: string): string[] {
  return path.slice(parse(path).root.length).split(sep).filter(Boolean);
}

/** Where a link leads; undefined for what is none. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // expected: no link, not there yet, or not ours to look at, and then it stays as it is named
  }
}
