/** The sandbox, tried live. */
import { ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

export const sandboxChecks: readonly Examination[] = [
  { id: "sandbox", atStart: true, look: checkSandbox, remedy: "Correct the policy first." },
];

/** A server without a sandbox works, but offers no commands: that is worth a warning, never silence. */
async function checkSandbox(subject: Subject): Promise<Finding> {
  const { user } = (await subject.policy()).settings.sandbox;
  const { probe, path } = await subject.machine();
  const { backend, reason, checks } = probe;
  if (backend === "off") return warn(reason, "Set sandbox.backend to auto in the policy.");
  if (backend === "none") return warn(`commands are not offered: ${reason}`, mendSandbox(reason, user));
  const who = process.getuid?.() === 0 ? `commands run as ${user}` : "commands run as this user";
  const tried = checks.filter((check) => check.ok).map(({ id }) => id);
  return ok(`${reason} (${[...new Set(tried)].join(", ")}); ${who}, with the programs of ${path.join(":")}`);
}

function mendSandbox(reason: string, user: string): string {
  if (reason.includes("can't reach"))
    return `Serve a workspace outside of private directories, or open the way to it for ${user} (chmod o+x on each directory above it, chmod -R o+rX on itself), or start the server as the workspace's owner.`;
  if (reason.includes("no sandbox for")) return "Connect the client with --docker, or do without commands.";
  if (reason.includes("there is no user") || reason.includes("never run as root"))
    return "Set sandbox.user in the policy to an existing user that is not root.";
  if (reason.includes("bwrap is not installed")) return "Install bubblewrap: sudo apt-get install bubblewrap";
  return "Let this user make user namespaces (in a container: its seccomp profile; on Ubuntu: an AppArmor profile for bwrap), or install util-linux 2.41 or newer for the landlock backend.";
}
