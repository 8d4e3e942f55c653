/** From decided resources to what hands may touch. */
import type { Found, PathOp, Resource } from "../types.ts";

/** The words of the file door's grant. */
export interface FileGrant {
  readonly granted: (found: Found, op: PathOp) => boolean;
  readonly admits: (path: string, op: PathOp) => boolean;
}

/**
 * What hands may do with files: exactly the decided paths and operations, and below a directory what `admits` lets through. Reading and listing
 * there is judged as it comes up; writing and deleting must have been among the resources, because a yes was given for those and no others.
 */
export function grantFiles(resources: readonly Resource[], admits: (path: string, op: PathOp) => boolean): FileGrant {
  const decided = new Set(resources.map((resource) => (resource.kind === "path" ? `${resource.op} ${resource.path}` : "")));
  const has = (path: string, op: PathOp) => decided.has(`${op} ${path}`);
  return {
    granted: (found, op) => has(found.path, op),
    admits: (path, op) => has(path, op) || ((op === "read" || op === "list") && admits(path, op)),
  };
}

/** What a preview may look at: reads that the policy allows, nothing else. */
export function grantPreview(admits: (path: string, op: PathOp) => boolean): FileGrant {
  return {
    granted: (found, op) => op === "read" && admits(found.path, "read"),
    admits: (path, op) => op === "read" && admits(path, "read"),
  };
}
