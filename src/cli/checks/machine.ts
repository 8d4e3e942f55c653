/** What has to be installed: Node, SQLite, ripgrep. Each is loaded by its own check, so that a broken one is told and ends nothing. */
import { accessSync, constants } from "node:fs";
import { fail, ok } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

const AGAIN = "Install portcullis again with npm, for this machine and Node, and without --omit=optional.";

export const machineChecks: readonly Examination[] = [
  { id: "node", atStart: false, look: () => checkNode(process.versions.node), remedy: AGAIN },
  { id: "sqlite", atStart: false, look: checkSqlite, remedy: AGAIN },
  { id: "ripgrep", atStart: false, look: checkRipgrep, remedy: AGAIN },
];

/** The oldest Node that package.json allows. */
function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return ok(`Node ${version}`);
  return fail(`Node ${version} is older than 22.19`, "Install Node 22.19 or newer.");
}

/** SQLite is a native module of its own package: it may be missing for this machine, built for another Node, or too old. */
async function checkSqlite(subject: Subject): Promise<Finding> {
  return ok(`SQLite ${await subject.sqlite()}`);
}

async function checkRipgrep(): Promise<Finding> {
  const { rgPath } = await import("@vscode/ripgrep");
  accessSync(rgPath, constants.X_OK);
  return ok(rgPath);
}
