/** Reading a path as it was written: what is refused before the disk is touched, and its parts. */
import { isAbsolute, parse } from "node:path";
import { Refusal } from "../types.ts";

/** PATH_MAX of Linux, in bytes. */
const LONGEST = 4096;
const WINDOWS = process.platform === "win32";
const SEPARATOR = WINDOWS ? /[\\/]+/ : /\/+/;
/** C0, DEL and C1: they forge log lines and hide in approvals, and NUL ends a C string early. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Throws INVALID_INPUT for a path that is no path. Everything else stays literal: `~`, `$HOME`, `file://` and `%2e` are plain names. */
export function checkPathText(path: string, windows = WINDOWS): void {
  if (path === "") throw new Refusal("INVALID_INPUT", "the path is empty", "give a path; `.` is the first workspace");
  if (CONTROL.test(path)) throw new Refusal("INVALID_INPUT", "the path holds a control character", "remove it from the path");
  if (!path.isWellFormed()) throw new Refusal("INVALID_INPUT", "the path is not valid Unicode", "remove the lone surrogate from the path");
  // `file:name` is another content of the same file, and `D:name` starts at wherever D: is just now
  if (windows && path.replace(/^[A-Za-z]:(?=[\\/])/, "").includes(":"))
    throw new Refusal("INVALID_INPUT", "the path holds a colon, which names a stream or a drive", "use the file's own name");
  if (Buffer.byteLength(path) > LONGEST)
    throw new Refusal("INVALID_INPUT", `the path is longer than ${LONGEST} bytes`, "use a shorter path");
}

/** Parts of a path. `base` is `/` (or `C:\`) for an absolute one; a last empty name says that the path ended in a separator. */
export function splitPath(path: string): { base: string | undefined; names: string[] } {
  const base = isAbsolute(path) ? parse(path).root : undefined;
  const rest = base === undefined ? path : path.slice(base.length);
  return { base, names: rest === "" ? [] : rest.split(SEPARATOR) };
}

/** True when the kernel reads this relative path as written: no empty name, `.` or `..` anywhere. */
export function isPlain(relative: string, windows = WINDOWS): boolean {
  return windows ? !/(?:^|[\\/])\.{0,2}(?:[\\/]|$)/.test(relative) : !/(?:^|\/)\.{0,2}(?:\/|$)/.test(relative);
}
