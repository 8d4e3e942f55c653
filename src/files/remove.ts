/** Making and deleting directories, deleting files: by the opened parent, links never followed. */
import { mkdirSync, rmdirSync, unlinkSync } from "node:fs";
import type { ChangeOptions, Found } from "../types.ts";
import { Refusal } from "../types.ts";
import { openPlace, syncDirectory } from "./place.ts";
import { stale } from "./refusals.ts";
import { isBelow } from "./roots.ts";
import { stateOf } from "./state.ts";
import { empty, listBelow } from "./tree.ts";
import type { Work } from "./work.ts";
import { open, refuseUnless } from "./work.ts";

/** See `FileHands.makeDirectory`. */
export async function makeDirectory(work: Work, found: Found, options: ChangeOptions): Promise<void> {
  const held = open(work, found, "write");
  if (found.type === "directory") return;
  if (found.type !== "absent") throw new Refusal("FAILED", "there is already a file at the path", "choose another path");
  const place = openPlace(work, found, held);
  try {
    place.check();
    mkdirSync(place.address);
    await syncDirectory(place.parent, options.durability);
  } catch (error) {
    place.undo();
    throw error;
  } finally {
    place.close();
  }
}

/** See `FileHands.remove`. Everything below is looked at before anything is deleted. */
export async function remove(work: Work, found: Found, options: ChangeOptions & { readonly recursive: boolean }): Promise<void> {
  const held = open(work, found, "delete");
  if (found.type === "absent")
    throw new Refusal("NOT_FOUND", "no such file or directory", "check the path with list_directory or search_files");
  refuseRoots(work, found);
  if (options.expected !== undefined && (await stateOf(work.roots, found, held, work.grant.signal)) !== options.expected) throw stale();
  const place = openPlace(work, found, held);
  try {
    place.check();
    if (found.type !== "directory") unlinkSync(place.address);
    else {
      if (options.recursive) {
        for (const { path } of listBelow(held.pin)) refuseUnless(work, path, "delete");
        empty(held.pin, (path) => refuseUnless(work, path, "delete"));
      }
      place.check();
      rmdirSync(place.address);
    }
    await syncDirectory(place.parent, options.durability);
  } finally {
    place.close();
  }
}

/** A workspace, or what holds one, is never deleted or moved. */
export function refuseRoots(work: Work, found: Found): void {
  if (!work.roots.some((root) => isBelow(root.real, found.path))) return;
  throw new Refusal("DENIED", "a workspace itself can't be deleted or moved", "name what is inside it");
}
