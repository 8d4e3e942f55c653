/** Whom the server runs as, where that user is at home, and whether its clock can be right. */
import { statSync } from "node:fs";
import { ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import { spell } from "./spell.ts";
import type { Subject } from "./subject.ts";

export const userChecks: readonly Examination[] = [
  { id: "user", atStart: true, look: checkUser, remedy: "Start the server as a user that exists." },
  { id: "home", atStart: false, look: checkHome, remedy: "Set HOME to a directory of this user." },
  { id: "clock", atStart: true, look: checkClock, remedy: "Set the clock, best by NTP." },
];

function checkUser(): Finding {
  const uid = process.getuid?.();
  if (uid !== 0) return ok(uid === undefined ? "this user" : `uid ${uid}`);
  return warn(
    "the server runs as root: a mistake in it, or in the policy, is one with root's rights (commands run as `sandbox.user` all the same)",
    "Start it as an ordinary user that owns the workspace and the state directory.",
  );
}

function checkHome({ around: { home } }: Subject): Finding {
  if (home !== "" && statSync(home, { throwIfNoEntry: false })?.isDirectory()) return ok(home);
  return warn(
    home === "" ? "there is no home directory (HOME is not set)" : `the home directory ${home} isn't there`,
    "Set HOME to a directory of this user; or name the state with --state and policies with --policy, since none are found without a home.",
  );
}

/** Before the first release, and far enough after: certificates, expiries and retention go by the clock. */
const YEARS = [2026, 2100] as const;
/** A clock that is set right by NTP steps back by less (ms). */
const TOLERATED = 60_000;

async function checkClock(subject: Subject): Promise<Finding> {
  const now = subject.now();
  const time = new Date(now);
  const year = time.getUTCFullYear();
  if (year < YEARS[0] || year > YEARS[1])
    return warn(`the clock says ${time.toISOString()}: approvals, retention and TLS go by it`, "Set the clock, best by NTP.");
  const newest = (await subject.recent().catch(() => undefined))?.newest ?? now; // what is wrong with the audit is told there
  if (newest <= now + TOLERATED) return ok(time.toISOString());
  return warn(
    `the clock was set back: the audit has a record of ${new Date(newest).toISOString()}, ${spell(newest - now)} ahead of now`,
    "Set the clock, best by NTP. If it is right now, the records of the time ahead stay as they are, and approvals made then live longer.",
  );
}
