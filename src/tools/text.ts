/** Words that several file tools share: what is the matter with a path, and bytes as text. */
import { Refusal } from "../types.ts";
import type { Found } from "../types.ts";

/** Throws unless the path is a regular file. */
export function requireFile(found: Found): void {
  if (found.type === "absent") throw notFound();
  if (found.type === "directory") throw new Refusal("INVALID_INPUT", "this is a directory, not a file", "List it with list_directory.");
  if (found.type !== "file") throw specialFile();
}

/** Throws unless the path is a directory. */
export function requireDirectory(found: Found): void {
  if (found.type === "absent") throw notFound();
  if (found.type !== "directory")
    throw new Refusal("INVALID_INPUT", "this is not a directory", "Name the directory it is in, or read it with read_text_file.");
}

/** Throws unless there is something at the path. */
export function requireSomething(found: Found): void {
  if (found.type === "absent") throw notFound();
}

function notFound(): Refusal {
  return new Refusal(
    "NOT_FOUND",
    "there is no such file or directory in the workspace",
    "Look around with list_directory or search_files.",
  );
}

function specialFile(): Refusal {
  return new Refusal("DENIED", "this is a device, a pipe, a socket or a link, which file tools don't open", "Name a regular file.");
}

/** UTF-8 text; bytes that aren't text become U+FFFD (the sanitizer flags it), a byte order mark is dropped. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
