/** The tokens: what tools see of an opened path, and the descriptor behind it, which they never see. */
import type { Stats } from "node:fs";
import { join, relative } from "node:path";
import type { Found, PathType } from "../types.ts";
import { Refusal } from "../types.ts";
import type { Pin } from "./platform.ts";
import type { Root } from "./roots.ts";
import type { Located } from "./walk-path.ts";

/** What stands behind a token. With `missing` names, `pin` and `stat` are the nearest directory that exists. */
export interface Held {
  readonly pin: Pin;
  readonly stat: Stats;
  readonly missing: readonly string[];
}

/** What a file is, from its mode bits. */
export function typeOf(stat: Stats): PathType {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "link" : "special";
}

/** The tokens of one call. A token that isn't from here opens nothing. */
export class HeldPaths {
  readonly #held = new Map<Found, Held>();

  /** Makes the token and takes over the descriptor. */
  hold({ pin, stat, root, missing }: Located): Found {
    const found = describe(pin, stat, root, missing);
    this.#held.set(found, { pin, stat, missing });
    return found;
  }

  /** The descriptor behind a token. A foreign or closed token is a mistake in a tool; it is refused, never opened anew by its path. */
  of(found: Found): Held {
    const held = this.#held.get(found);
    if (held === undefined) throw new Refusal("DENIED", "this path is not open any more", "repeat the call");
    return held;
  }

  /** Gives all descriptors back, through `close`. */
  clear(close: (fd: number) => void): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const { pin } of held) close(pin.fd);
  }
}

function describe(pin: Pin, stat: Stats, root: Root, missing: readonly string[]): Found {
  const there = missing.length === 0;
  const path = there ? pin.real : join(pin.real, ...missing);
  return Object.freeze({
    path,
    workspace: root.real,
    relative: relative(root.real, path),
    type: there ? typeOf(stat) : "absent",
    size: there ? stat.size : 0,
    mode: there ? stat.mode & 0o7777 : 0,
    links: there ? stat.nlink : 0,
    modified: there ? stat.mtimeMs : 0,
    created: there ? stat.birthtimeMs : 0,
    accessed: there ? stat.atimeMs : 0,
  } satisfies Found);
}
