/** What an operation of the door works with, and the check that comes before each of them. */
import type { Found, PathOp } from "../types.ts";
import { Refusal } from "../types.ts";
import type { Held, HeldPaths } from "./held.ts";
import type { Root } from "./roots.ts";

/** What was decided for one call. */
export interface Grant {
  /** Was this operation decided for exactly this token? */
  readonly granted: (found: Found, op: PathOp) => boolean;
  /** May this real path below a granted directory be touched like this? Filters listings and searches, refuses moves, copies and deletes. */
  readonly admits: (path: string, op: PathOp) => boolean;
  readonly signal: AbortSignal;
  /** Bytes that one read returns, and one write takes, at most. */
  readonly limits: { readonly read: number; readonly write: number };
}

/** Random bytes, for the names of temporary files. */
export type Random = (size: number) => Uint8Array;

/** Everything an operation needs. */
export interface Work {
  readonly roots: readonly Root[];
  readonly held: HeldPaths;
  readonly grant: Grant;
  readonly random: Random;
}

/** The descriptor behind a token, when every one of `ops` was granted for it. */
export function open(work: Work, found: Found, ...ops: readonly PathOp[]): Held {
  checkSignal(work.grant.signal);
  for (const op of ops) {
    if (!work.grant.granted(found, op))
      throw new Refusal("DENIED", `this path was not decided for ${op}`, "repeat the call; if it happens again, report it as a fault");
  }
  return work.held.of(found);
}

/** Stops work that was cancelled. */
export function checkSignal(signal: AbortSignal): void {
  if (signal.aborted) throw new Refusal("CANCELLED", "the call was cancelled", "repeat it if it is still wanted");
}

/** A refusal for what is not a regular file. */
export function needFile(found: Found): void {
  if (found.type === "file") return;
  if (found.type === "directory") throw new Refusal("INVALID_INPUT", "the path is a directory", "use list_directory for directories");
  if (found.type === "absent")
    throw new Refusal("NOT_FOUND", "no such file or directory", "check the path with list_directory or search_files");
  throw new Refusal("DENIED", "the path is not a regular file", "only regular files can be read, written and copied");
}

/** A refusal for what is not a directory. */
export function needDirectory(found: Found): void {
  if (found.type === "directory") return;
  if (found.type === "absent")
    throw new Refusal("NOT_FOUND", "no such file or directory", "check the path with list_directory or search_files");
  throw new Refusal("INVALID_INPUT", "the path is not a directory", "give the path of a directory");
}

/** Refuses a change of a directory for one thing below it that may not be touched. */
export function refuseUnless(work: Work, path: string, ...ops: readonly PathOp[]): void {
  checkSignal(work.grant.signal);
  for (const op of ops) {
    if (work.grant.admits(path, op)) continue;
    throw new Refusal(
      "DENIED",
      `something below the directory may not be touched (${op})`,
      "name the files one by one, or leave the directory where it is",
    );
  }
}
