/** Copying a judged file, link or directory under a new name into an opened directory, and taking a failed copy away again. */
import { createHash } from "node:crypto";
import { closeSync, constants, fchmodSync, mkdirSync, openSync, rmdirSync, symlinkSync, unlinkSync, writeSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Durability } from "../types.ts";
import { Refusal } from "../types.ts";
import { locate } from "./find.ts";
import type { Held } from "./held.ts";
import { syncDirectory, syncFile } from "./place.ts";
import type { Pin } from "./platform.ts";
import { addressOf, closePin, CREATE, openPinned, pinAt } from "./platform.ts";
import { chunksOf } from "./read.ts";
import { hasCode } from "./refusals.ts";
import { readTarget } from "./state.ts";
import { empty, inChild, namesIn } from "./tree.ts";
import type { Work } from "./work.ts";
import { refuseUnless } from "./work.ts";

/** A link that was copied: the directory it is in now, and what it says. */
interface CopiedLink {
  readonly directory: string;
  readonly target: string;
}

/**
 * Copies `source` to `name` in `parent`, with modes. Links are copied as links; one that would lead out of the workspaces from its new
 * place is refused. The caller takes a failed copy away (`removeCopy`).
 */
export async function copyInto(work: Work, source: Held, parent: Pin, name: string, durability: Durability): Promise<void> {
  const links: CopiedLink[] = [];
  await copyThing(work, source, parent, name, durability, links);
  // Only now: a link may lead to something that was copied after it.
  for (const link of links) checkTarget(work, link);
}

async function copyThing(work: Work, source: Held, parent: Pin, name: string, durability: Durability, links: CopiedLink[]): Promise<void> {
  const address = `${addressOf(parent)}/${name}`;
  if (source.stat.isFile()) return copyFile(work, source, address, durability);
  if (source.stat.isSymbolicLink()) {
    const target = readTarget(work.roots, source);
    symlinkSync(target, address);
    links.push({ directory: parent.real, target });
    return;
  }
  if (!source.stat.isDirectory())
    throw new Refusal("DENIED", "there is something below the directory that is not a regular file", "copy the files one by one");
  mkdirSync(address, 0o700);
  const made = pinAt(address);
  try {
    const pin = { fd: made.fd, real: join(parent.real, name) };
    for (const entry of namesIn(source.pin)) {
      refuseUnless(work, join(source.pin.real, entry.name), "read");
      const child = pinAt(`${addressOf(source.pin)}/${entry.name}`);
      try {
        await copyThing(
          work,
          { pin: { fd: child.fd, real: join(source.pin.real, entry.name) }, stat: child.stat, missing: [] },
          pin,
          entry.name,
          durability,
          links,
        );
      } finally {
        closePin(child.fd);
      }
    }
    setMode(pin, source.stat.mode);
    await syncDirectory(pin, durability);
  } finally {
    closePin(made.fd);
  }
}

/** Copies the bytes, then reads them again: a move across file systems deletes the original after this. */
async function copyFile(work: Work, source: Held, address: string, durability: Durability): Promise<void> {
  const to = openSync(address, CREATE, 0o600);
  try {
    const from = openPinned(source.pin, constants.O_RDONLY);
    const hash = createHash("sha256");
    try {
      for await (const chunk of chunksOf(from, work.grant.signal)) {
        hash.update(chunk);
        for (let done = 0; done < chunk.length;) done += writeSync(to, chunk, done);
      }
    } finally {
      closeSync(from);
    }
    fchmodSync(to, source.stat.mode & 0o777);
    await syncFile(to, durability);
    const again = createHash("sha256");
    for await (const chunk of chunksOf(to, work.grant.signal)) again.update(chunk);
    if (again.digest("hex") !== hash.digest("hex"))
      throw new Refusal("FAILED", "the copy differs from the original; nothing was changed", "check the disk, then repeat the call");
  } finally {
    closeSync(to);
  }
}

function setMode(directory: Pin, mode: number): void {
  const fd = openPinned(directory, constants.O_RDONLY);
  try {
    fchmodSync(fd, mode & 0o777);
  } finally {
    closeSync(fd);
  }
}

/** Throws unless the link leads somewhere inside, be it to nothing. */
function checkTarget(work: Work, { directory, target }: CopiedLink): void {
  closePin(locate(work.roots, isAbsolute(target) ? target : `${directory}/${target}`, true).pin.fd);
}

/** Removes what a failed copy or write left under its temporary name. */
export function removeCopy(parent: Pin, name: string): void {
  const address = `${addressOf(parent)}/${name}`;
  try {
    if (inChild(parent, name, (child) => empty(child, () => undefined) ?? true) === true) rmdirSync(address);
    else unlinkSync(address);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error; // expected: nothing was made yet
  }
}
