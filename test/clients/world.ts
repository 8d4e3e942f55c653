/** A throw-away home for clients: files as a person has them, and what is there as bytes. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { CLIENTS } from "../../src/clients/clients.ts";
import type { Client } from "../../src/clients/clients.ts";
import type { Place } from "../../src/clients/place.ts";

export interface Home {
  readonly path: string;
  readonly place: Place;
  put(path: string, content: string | Uint8Array): string;
  /** Every file and directory below, by its relative path; files with their bytes in hexadecimal. */
  all(): Record<string, string>;
  remove(): void;
}

export function createHome(): Home {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-clients-")));
  return {
    path,
    place: { platform: "linux", env: {}, home: path, there: existsSync },
    put(file, content) {
      const full = resolve(path, file);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
      return full;
    },
    all: () =>
      Object.fromEntries(
        readdirSync(path, { recursive: true, withFileTypes: true })
          .map((entry) => ({ entry, full: join(entry.parentPath, entry.name) }))
          .map(({ entry, full }) => [relative(path, full), entry.isFile() ? readFileSync(full, "hex") : "directory"])
          .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
      ),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export function clientOf(id: string): Client {
  const client = CLIENTS.find((one) => one.id === id);
  if (!client) throw new Error(`no client ${id}`);
  return client;
}

/** What a person has of each client: realistic files, each with its own peculiarities. */
export const EXAMPLES: readonly (readonly [id: string, file: string])[] = [
  ["claude-desktop", "claude-desktop.json"],
  ["claude-code", "claude-code.json"],
  ["vscode", "vscode.json"],
  ["cursor", "cursor.json"],
  ["codex", "codex.toml"],
  ["gemini", "gemini.json"],
  ["windsurf", "windsurf.json"],
  ["zed", "zed.json"],
  ["goose", "goose.yaml"],
  ["opencode", "opencode.jsonc"],
];

export function example(file: string): string {
  return readFileSync(join(import.meta.dirname, "files", file), "utf8");
}
