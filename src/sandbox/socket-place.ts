import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * A place for the socket of a command's way out, below `scratch`: a directory that the user whom commands run as can pass and not list. `path` doesn't
 * exist yet, and is short enough for a socket's name (unix(7): 108 bytes) where `scratch` is.
 */
export function makeSocketPlace(scratch: string): { readonly path: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(scratch, "portcullis-net-"));
  chmodSync(directory, 0o711);
  return { path: join(directory, "out"), remove: () => rmSync(directory, { recursive: true, force: true }) };
}
