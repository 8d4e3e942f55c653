/** The refusals of the file door, in one place so that the words for "outside" are always the same. */
import { Refusal } from "../types.ts";

/** One answer for everything outside, whether it exists or not: the words carry no information (CVE-2025-53109 and its like). */
export function outside(): Refusal {
  return new Refusal("DENIED", "the path is outside the workspaces", "use a path below a directory that list_allowed_directories names");
}

/** Nothing there, or something on the way that is not a directory. */
export function notFound(reason = "no such file or directory"): Refusal {
  return new Refusal("NOT_FOUND", reason, "check the path with list_directory or search_files");
}

/** It is not what it was when it was judged. */
export function stale(): Refusal {
  return new Refusal(
    "STALE_APPROVAL",
    "the path changed after it was checked; nothing was changed",
    "look at it again and repeat the call",
  );
}

/** A system error with code `code`? */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

const REASONS: Record<string, readonly [Refusal["code"], string, string]> = {
  ENOENT: ["NOT_FOUND", "no such file or directory", "check the path with list_directory or search_files"],
  ENOTDIR: ["NOT_FOUND", "a part of the path is not a directory", "check the path with list_directory"],
  ENAMETOOLONG: ["INVALID_INPUT", "a name in the path is too long for the file system", "use a shorter name"],
  EACCES: ["FAILED", "the system's permissions do not allow it", "ask the owner of the file to change its mode"],
  EPERM: ["FAILED", "the system's permissions do not allow it", "ask the owner of the file to change its mode"],
  EROFS: ["FAILED", "the file system is read-only", "write below another directory"],
  ENOSPC: ["FAILED", "the disk is full; nothing was changed", "free some space and repeat the call"],
  EDQUOT: ["FAILED", "the disk quota is used up; nothing was changed", "free some space and repeat the call"],
  EFBIG: [
    "FAILED",
    "the file would be larger than the system allows; nothing was changed",
    "write less, or raise the file size limit (ulimit -f)",
  ],
  EIO: ["FAILED", "the disk reports an input/output error", "check the disk, then repeat the call"],
  ENOTEMPTY: ["FAILED", "the directory is not empty", "delete it with recursive, or empty it first"],
  EEXIST: ["FAILED", "there is already something at the path; nothing was changed", "choose another path, or delete what is there first"],
  EISDIR: ["INVALID_INPUT", "the path is a directory", "use list_directory for directories"],
  ELOOP: ["INVALID_INPUT", "too many symbolic links on the way", "use the path of the file itself"],
  EMFILE: ["FAILED", "too many open files", "repeat the call with fewer paths"],
  ENFILE: ["FAILED", "too many open files", "repeat the call with fewer paths"],
  EXDEV: ["FAILED", "source and destination are on different file systems", "copy it, then delete the source"],
  ETXTBSY: ["FAILED", "the file is a running program", "stop the program first"],
  EBUSY: ["FAILED", "the path is in use by the system", "repeat the call later"],
};

/** A system error as a refusal: words that are safe to show, the error itself only as cause. Refusals pass as they are. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const known = REASONS[code];
  if (known === undefined) return new Refusal("FAILED", "the file operation failed", "see the server's log for the cause", error);
  return new Refusal(known[0], known[1], known[2], error);
}
