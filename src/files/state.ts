/** What a path holds, as one short string: a yes is bound to it, and a write looks again before it changes anything. */
import { createHash } from "node:crypto";
import { readlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Found } from "../types.ts";
import { openPlain } from "./find.ts";
import type { Held } from "./held.ts";
import { addressOf, closePin, isAt } from "./platform.ts";
import { hashFile } from "./read.ts";
import { stale } from "./refusals.ts";
import type { Root } from "./roots.ts";
import { listBelow } from "./tree.ts";

/** See `FileEyes.state`. A special file's state is its kind alone: it is never opened. */
export async function stateOf(roots: readonly Root[], found: Found, held: Held, signal: AbortSignal): Promise<string> {
  switch (found.type) {
    case "absent":
      return "absent";
    case "file":
      return hashFile(held, signal);
    case "link":
      return digest(readTarget(roots, held));
    case "special":
      return digest(`special ${held.stat.mode} ${held.stat.rdev}`);
    case "directory":
      return digest(JSON.stringify(listBelow(held.pin).map(({ path, type, size }) => [path.slice(found.path.length), type, size])));
  }
}

/** What the held link says. Node can't ask a descriptor for it, so it asks the name, and looks that it is still the same link. */
export function readTarget(roots: readonly Root[], held: Held): string {
  const parent = openPlain(roots, dirname(held.pin.real));
  if (parent === undefined) throw stale();
  try {
    const address = `${addressOf(parent.pin)}/${basename(held.pin.real)}`;
    const target = readlinkSync(address);
    if (!isAt(address, held.stat)) throw stale();
    return target;
  } finally {
    closePin(parent.pin.fd);
  }
}

function digest(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
