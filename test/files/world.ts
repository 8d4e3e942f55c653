/** A small world for the file door: a workspace, a directory outside of it, and hands that were granted everything unless told otherwise. */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Door, Grant, OpenEyes } from "../../src/files/door.ts";
import { openDoor } from "../../src/files/door.ts";
import { Refusal } from "../../src/types.ts";
import type { FileHands } from "../../src/types.ts";

export interface World {
  /** Everything is below this. */
  readonly parent: string;
  readonly root: string;
  readonly out: string;
  readonly door: Door;
  /** Opens eyes and hands for one use, closes them after it. */
  use<T>(work: (eyes: OpenEyes, hands: FileHands) => T | Promise<T>, grant?: Partial<Grant>): Promise<T>;
  write(path: string, content?: string | Uint8Array): void;
  link(path: string, target: string): void;
  close(): void;
}

export const GRANT_ALL: Grant = {
  granted: () => true,
  admits: () => true,
  signal: new AbortController().signal,
  limits: { read: 1024 * 1024, write: 1024 * 1024 },
};

/** Makes `root` and `out` side by side; `more` are further workspaces, by name beside them. */
export function makeWorld(more: readonly string[] = [], at: string = tmpdir()): World {
  const parent = realpathSync(mkdtempSync(join(at, "portcullis-files-")));
  const root = join(parent, "root");
  const out = join(parent, "out");
  for (const directory of [root, out, ...more.map((name) => join(parent, name))]) mkdirSync(directory);
  const door = openDoor({ workspaces: [root, ...more.map((name) => join(parent, name))], random: (size) => randomBytes(size) });
  return {
    parent,
    root,
    out,
    door,
    async use(work, grant = {}) {
      const eyes = door.eyes(grant.signal ?? GRANT_ALL.signal);
      try {
        return await work(eyes, eyes.hands({ ...GRANT_ALL, ...grant }));
      } finally {
        eyes.close();
      }
    },
    write(path, content = "ok") {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
    link(path, target) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      symlinkSync(target, join(root, path));
    },
    close() {
      door.close();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

/** What a refusal says, as one comparable object; anything else that is thrown goes on. */
export async function refusalOf(work: () => unknown): Promise<{ code: string; reason: string; remedy: string } | { done: unknown }> {
  try {
    return { done: await work() };
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, reason: error.message, remedy: error.remedy };
    throw error;
  }
}
