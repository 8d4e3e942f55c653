import type { Problem } from "./problems.ts";
import type { PolicyFile, RuleSource } from "./schema.ts";

/** A place in a parsed file: keys and indexes from the top. */
export type KeyPath = readonly PropertyKey[];

/** A policy as it was read, with its positions: every later complaint names line and column. */
export interface PolicyDocument {
  readonly file: string;
  /** `sha256` in hex of the bytes read. */
  readonly sha256: string;
  readonly value: unknown;
  /** Position of the value at `path`, or of its nearest ancestor that exists. */
  at(path: KeyPath): Pick<Problem, "line" | "col">;
  /** Position of the key `key` of the map at `path`. */
  atKey(path: KeyPath, key: string): Pick<Problem, "line" | "col">;
}

/** A file that was read: its document, and its settings once they are held against the schema (throws PolicyError). */
export interface Reading {
  readonly document: PolicyDocument;
  settings(): PolicyFile;
  /** The rules that pass by themselves where the file as a whole doesn't: their own mistakes are worth telling too. */
  soundRules(): readonly { readonly index: number; readonly source: RuleSource }[];
}

/** Reads a policy file or `profile:NAME`, its inline tests only if asked. Throws PolicyError. */
export type Reader = (file: string, tests: boolean) => Reading;

export const PROFILES = ["local", "team", "ci"] as const;
export type ProfileName = (typeof PROFILES)[number];

/** The built-in profile that `file` names, if it does. */
export function profileOf(file: string): ProfileName | undefined {
  return PROFILES.find((name) => file === `profile:${name}`);
}
