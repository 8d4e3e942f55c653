/** Name servers. */
import { ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

export const networkChecks: readonly Examination[] = [
  { id: "dns", atStart: false, look: checkDns, remedy: "Correct `egress.dns` in the policy." },
];

/**
 * Asks what `egress.dns` names for a name that exists nowhere: a name server answers that by itself (RFC 6761, 6.4), so nobody outside hears of
 * it. What it shows is that one is configured and answers, not that the world behind it can be reached.
 */
async function checkDns(subject: Subject): Promise<Finding> {
  const { dns } = (await subject.policy()).settings.egress;
  const { askNameServers, NOWHERE } = await import("../../egress/name-server.ts");
  const { servers, answer } = await askNameServers(dns);
  const who = `${servers.join(", ")} (${dns === "system" ? "the system's" : "egress.dns"})`;
  if (answer === "none") return ok(`${who} answers`);
  if (answer === "some")
    return warn(`${who} has an address for ${NOWHERE}, which is none`, "Name a server in `egress.dns` that doesn't make up answers.");
  return warn(
    `${who} does not answer (${answer}): fetch can't look up names`,
    dns === "system" ? "Mend /etc/resolv.conf, or name servers in `egress.dns`." : "Correct `egress.dns` in the policy.",
  );
}
