import { chmodSync } from "node:fs";
import { join } from "node:path";
import { makeScratch } from "./scratch.ts";
import type { Scratch } from "./scratch.ts";

/**
 * A place for the socket of a command's way out, below `scratch`: a directory that the user whom commands run as can pass and not list. `path` doesn't
 * exist yet, and is short enough for a socket's name (unix(7): 108 bytes) where `scratch` is.
 */
export function makeSocketPlace(scratch: string): Scratch {
  const { path, remove } = makeScratch(scratch, "portcullis-net-");
  chmodSync(path, 0o711);
  return { path: join(path, "out"), remove };
}
