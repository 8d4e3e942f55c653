/** Room on a file system. */
import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";

/** Bytes that this user may still write where `path` is, or will be. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(nearest(path));
  return bavail * bsize;
}

/** The path, or the nearest directory above it that is there. */
export function nearest(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearest(dirname(path));
}
