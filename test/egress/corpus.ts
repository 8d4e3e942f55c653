import { readFileSync } from "node:fs";
import type { Script } from "./dns-server.ts";

/** A row of test/cases/urls.jsonl. `redirects` are the answers on the way, by status and Location. */
export interface Row {
  readonly id: string;
  readonly area: string;
  readonly input: string;
  readonly expect: string;
  readonly why: string;
  readonly profile: "allowlist" | "public";
  readonly dns?: Script;
  readonly redirects?: readonly (readonly [number, string])[];
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The pairs keep synthetic secrets from looking real to scanners. */
const join = (line: string): string => line.replaceAll(/\\u27e[67]/g, "").replace(/[\u27e6\u27e7]/g, "");

export function loadRows(): Row[] {
  return readFileSync(new URL("../cases/urls.jsonl", import.meta.url), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(join(line)) as Row);
}

/** What the scripted name server says to all rows together. */
export function scriptOf(rows: readonly Row[]): Script {
  return Object.assign({}, ...rows.map((row) => row.dns ?? {})) as Script;
}

/** Hosts of the profile `allowlist`. */
export const LISTED = ["example.com", "api.github.com", "registry.example.org", "docs.python.org"];

/** Rows whose verdict may go either way before anything is sent; what they ask beyond it is shown against real servers in fetch.test.ts. */
export const EITHER = /^(deny-or-|allow-or-|no-follow|timeout)/;
