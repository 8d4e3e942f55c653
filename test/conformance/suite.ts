/** Runs the official conformance suite against a server and reads what it found. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SUITE = join(import.meta.dirname, "..", "..", "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js");

/** The requirement sets, each with the protocol version that its scenarios speak. */
export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];

/** For each scenario the checks that did not succeed, sorted: failures, warnings, and what was skipped. */
export type Findings = Record<string, string[]>;

/** Runs everything that a revision requires, and what the suite runs along without scoring it. */
export async function runSuite(url: string, revision: Revision): Promise<Findings> {
  const results = mkdtempSync(join(tmpdir(), "portcullis-conformance-"));
  try {
    const args = [SUITE, "server", "--url", `${url}/mcp`, "--requirements", revision, "--output-dir", results];
    // It exits 1 as soon as a scenario fails; what it found is in its files.
    await new Promise<void>((resolve) => {
      execFile(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }, () => resolve());
    });
    return Object.fromEntries(readdirSync(results).map((directory) => readScenario(results, directory)));
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

/** A directory is named `server-SCENARIO-TIME`. */
function readScenario(results: string, directory: string): [string, string[]] {
  const name = /^server-(.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/.exec(directory)?.[1];
  if (name === undefined) throw new Error(`the suite wrote ${directory}, which is no scenario`);
  const checks = JSON.parse(readFileSync(join(results, directory, "checks.json"), "utf8")) as { id: string; status: string }[];
  const open = checks.filter(({ status }) => status !== "SUCCESS" && status !== "INFO").map(({ id }) => id);
  return [name, [...new Set(open)].sort()];
}
