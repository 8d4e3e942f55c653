/** What was configured beside the policy: flags, variables and file, the workspaces, the log. */
import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { quoteWord } from "../../compose/words.ts";
import { tryLog } from "../../log/try-log.ts";
import { ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import { freeBytes } from "./free.ts";
import { spellSize } from "./spell.ts";
import type { Subject } from "./subject.ts";

export const configChecks: readonly Examination[] = [
  { id: "config", atStart: false, look: checkConfig, remedy: "Correct the flag, the variable or the line that is named." },
  { id: "workspace", atStart: true, look: checkWorkspaces, remedy: "Name a directory that this user can read with --workspace." },
  { id: "log", atStart: true, look: checkLog, remedy: "Name another file with --log-file, or mend its directory." },
];

async function checkConfig(subject: Subject): Promise<Finding> {
  const config = await subject.config();
  if (config.warnings.length > 0) return warn(config.warnings.join("; "), "Rename or unset the variable.");
  return ok(config.file ?? "flags and environment only");
}

async function checkWorkspaces(subject: Subject): Promise<Finding> {
  const workspaces = await subject.workspaces();
  for (const workspace of workspaces) accessSync(workspace, constants.R_OK | constants.X_OK);
  const fixed = workspaces.filter((workspace) => !isWritable(workspace));
  if (fixed.length > 0)
    return warn(
      `${fixed.join(", ")} can't be written by this user: reads, searches and commands work, every change is refused`,
      "If that isn't meant, mount it writable, or start the server as its owner.",
    );
  const wide = workspaces.filter((workspace) => workspace === "/" || workspace === subject.around.home);
  if (wide.length === 0) return ok(workspaces.join(", "));
  return warn(`${wide.join(", ")} hands over far more than a project`, "Name the project's own directory with --workspace.");
}

/** False on a read-only mount too, even for root. */
function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Below this much free space (bytes) a log soon stops. */
const LOG_SPACE = 64 * 1024 ** 2;

/** A log that can't be written stops nothing (lines go to stderr, or are lost), so that is a warning. */
async function checkLog(subject: Subject): Promise<Finding> {
  const { file } = (await subject.config()).log;
  if (file === undefined) return ok("the log goes to stderr");
  const directory = dirname(file);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    return warn(
      `the log's directory ${directory} isn't there`,
      `Make it: mkdir -p ${quoteWord(directory)} (then start the server again), or name another file with --log-file.`,
    );
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory()) return warn(`the log ${file} is a directory`, "Name another file with --log-file.");
  try {
    tryLog(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what = found === undefined ? "written" : "written or put aside";
    return warn(`the log ${file} can't be ${what} (${code})`, "Let the server's user write there, or name another file with --log-file.");
  }
  const free = freeBytes(directory);
  if (free < LOG_SPACE)
    return warn(`${spellSize(free)} are free where the log ${file} is`, "Free space there, or name another file with --log-file.");
  return ok(file);
}
