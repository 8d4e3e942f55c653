/** The policy as it would be in force: it loads, its own tests pass, nothing in it is in vain; and the secrets that it names are there. */
import { haveSecret } from "../../config/secrets.ts";
import { formatProblem } from "../../policy/problems.ts";
import { ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

const CORRECT = "Correct the lines that are named; see docs/policy.md.";

export const policyChecks: readonly Examination[] = [
  { id: "policy", atStart: false, look: checkPolicy, remedy: CORRECT },
  { id: "reload", atStart: false, look: checkReload, remedy: CORRECT },
  { id: "secrets", atStart: true, look: checkSecrets, remedy: CORRECT },
];

async function checkPolicy(subject: Subject): Promise<Finding> {
  const { layers, digest, warnings } = await subject.policy();
  const described = layers.map(({ name, file, rules, trusted }) => `${name}: ${file} (${rules} rules${trusted ? "" : ", not trusted"})`);
  const message = `${described.join("; ")}; ${digest.slice(0, 19)}`;
  return warnings.length === 0 ? ok(message) : warn(`${message}; ${warnings.map(formatProblem).join("; ")}`, CORRECT);
}

/** A bad reload keeps the last good policy, and the audit remembers it; nobody may be looking at the log. */
async function checkReload(subject: Subject): Promise<Finding> {
  const last = (await subject.recent())?.policyEvent;
  if (last === undefined) return ok("no server has loaded a policy lately");
  const when = new Date(last.time).toISOString();
  if (last.event !== "rejected") return ok(`the last policy was taken up at ${when}`);
  return warn(
    `at ${when} a server rejected the changed policy and kept the one before`,
    "Correct the policy: a running server takes it up by itself, another one when it starts.",
  );
}

/** Names and kinds of source only: a command may hold its secret, and a value is nobody's business here. */
async function checkSecrets(subject: Subject): Promise<Finding> {
  const [{ settings }, { env }] = [await subject.policy(), await subject.config()];
  const named = Object.entries(settings.secrets).map(([name, { from }]) => {
    const kind = from.slice(0, from.indexOf(":"));
    const there = haveSecret(from, env);
    return { there, text: `${name} (${kind}): ${there ? (kind === "command" ? "asked at use" : "there") : "missing"}` };
  });
  const message = named.length === 0 ? "the policy names none" : named.map(({ text }) => text).join("; ");
  if (named.every(({ there }) => there)) return ok(message);
  const remedy = "Set the variable or write the file that the policy names (secrets.from); calls that need a missing secret are refused.";
  return warn(message, remedy);
}
