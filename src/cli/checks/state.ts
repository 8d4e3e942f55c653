/** The state directory: whose it is, who else could see into it, and how much room it has. Modes are mended on the spot; nothing is made. */
import { accessSync, constants, existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { quoteWord } from "../../compose/words.ts";
import { openState } from "../../config/state.ts";
import { fail, ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import { freeBytes, nearest } from "./free.ts";
import { spellSize } from "./spell.ts";
import type { Subject } from "./subject.ts";

export const stateChecks: readonly Examination[] = [
  { id: "state", atStart: true, look: checkState, remedy: "Choose another directory with --state, or run as its owner." },
  { id: "space", atStart: true, look: checkSpace, remedy: "Choose another directory with --state." },
];

async function checkState(subject: Subject): Promise<Finding> {
  const { state } = await subject.config();
  if (!existsSync(state)) {
    const above = nearest(state);
    const usable = statSync(above).isDirectory() && mayWrite(above);
    if (usable) return ok(`${state} is made when the server starts`);
    return fail(`the state directory ${state} can't be made: ${above} is not writable`, "Name one that can be made with --state.");
  }
  const { mended } = openState(state);
  const foreign = readdirSync(state).filter((name) => isForeign(join(state, name)));
  if (foreign.length === 0) return ok([state, ...mended].join("; "));
  return warn(
    [`${foreign.join(", ")} in ${state} belong to another user`, ...mended].join("; "),
    `Another user has run a command of portcullis here. Give them to the server's user: chown -R ${process.getuid?.()} ${quoteWord(state)}`,
  );
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false; // that is the question
  }
}

function isForeign(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && process.getuid !== undefined && found.uid !== process.getuid();
}

/** Bytes below which a server soon stands still: SQLite's log alone may grow to 16 MiB, and the ballast must fit too. */
const LEAST = 64 * 1024 ** 2;
const LITTLE = 1024 ** 3;

async function checkSpace(subject: Subject): Promise<Finding> {
  const { state } = await subject.config();
  const free = freeBytes(state);
  const message = `${spellSize(free)} are free where the state is`;
  const remedy =
    "Free space there, shorten `audit.retain` in the policy, or move the state with --state: when it is full every call is refused.";
  if (free < LEAST) return fail(message, remedy);
  return free < LITTLE ? warn(message, remedy) : ok(message);
}
