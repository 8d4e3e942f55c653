import { existsSync, readFileSync } from "node:fs";
import { profileOf, PROFILES, type KeyPath, type Reader, type Reading } from "./reader.ts";
import type { PolicyFile } from "./schema.ts";

/** A built-in profile as the build leaves it: read and checked already, with the positions of what decisions refer to. */
export interface CompiledProfile {
  readonly sha256: string;
  readonly settings: PolicyFile;
  /** `line:col` by path (`rules.3`, `approvals.mode`), two keys deep. */
  readonly positions: Readonly<Record<string, readonly [line: number, col: number]>>;
}

const fileOf = (name: string): URL => new URL(`./profiles/${name}.json`, import.meta.url);

/** Are there compiled profiles beside this module? Only in a bundle. */
export function hasCompiled(): boolean {
  return PROFILES.every((name) => existsSync(fileOf(name)));
}

/** Compiles what was read of a profile. */
export function compileProfile(reading: Reading): CompiledProfile {
  const { document } = reading;
  const value = document.value as Record<string, unknown>;
  const paths = Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...(typeof inner === "object" && inner !== null ? Object.keys(inner).map((next) => [key, next]) : []),
  ]);
  const positions = paths.map((path) => {
    const { line, col } = document.at(path.map((key) => (/^\d+$/.test(key) ? Number(key) : key)));
    return [path.join("."), [line, col]] as const;
  });
  return { sha256: document.sha256, settings: reading.settings(), positions: Object.fromEntries(positions) };
}

/** Reads compiled profiles and nothing else. */
export const readCompiled: Reader = (file) => {
  const name = profileOf(file);
  if (name === undefined) throw new Error(`${file} is not a built-in profile`);
  const { sha256, settings, positions } = JSON.parse(readFileSync(fileOf(name), "utf8")) as CompiledProfile;
  const at = (path: KeyPath): { line: number; col: number } => {
    for (let length = Math.min(2, path.length); length > 0; length -= 1) {
      const found = positions[path.slice(0, length).join(".")];
      if (found !== undefined) return { line: found[0], col: found[1] };
    }
    return { line: 1, col: 1 };
  };
  return {
    document: { file, sha256, value: settings, at, atKey: (path, key) => at([...path, key]) },
    settings: () => settings,
    soundRules: () => [],
  };
};
