/** What a policy lets happen that few mean to: told by asking it, as a call would, so that it doesn't matter which of its lines say so. */
import { join } from "node:path";
import { localPrincipal } from "../../compose/serving.ts";
import type { Policy } from "../../policy/policy.ts";
import type { Decision, Query, Resource, Risk } from "../../types.ts";
import { ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

export const riskChecks: readonly Examination[] = [{ id: "risks", atStart: true, look: checkRisks, remedy: "Correct the policy first." }];

interface Hazard {
  readonly says: string;
  readonly mend: string;
}

async function checkRisks(subject: Subject): Promise<Finding> {
  const [policy, workspaces] = [await subject.policy(), await subject.workspaces()];
  const ask = asker(policy, workspaces);
  const hazards = [...settingHazards(policy), ...ruleHazards(ask), ...sanitizeHazards(ask)];
  if (hazards.length === 0) return ok("nothing of high risk happens unasked, credentials stay denied, answers are checked");
  return warn(hazards.map(({ says }) => says).join("; "), [...new Set(hazards.map(({ mend }) => mend))].join(" "));
}

/** Tries calls on the policy. `place` is a directory in a workspace. */
interface Asker {
  readonly place: string;
  readonly decide: (tool: string, risk: Risk, resource: Resource) => Decision;
}

function asker(policy: Policy, workspaces: readonly string[]): Asker {
  const principal = localPrincipal();
  const [place = "/"] = workspaces;
  const call = { principal, session: "doctor", args: {}, workspaces: [place], transport: "stdio", interactive: true, labels: [] } as const;
  return { place, decide: (tool, risk, resource) => policy.decide({ ...call, tool, risk, resources: [resource] } satisfies Query) };
}

function settingHazards({ settings, layers }: Policy): Hazard[] {
  const { approvals, sandbox } = settings;
  return [
    ...(sandbox.backend === "off"
      ? [{ says: "commands run unconfined (sandbox.backend: off)", mend: "Set sandbox.backend to auto." }]
      : []),
    ...(approvals.mode === "auto-approve"
      ? [{ says: "nobody is asked about what no rule names (approvals.mode: auto-approve)", mend: "Set approvals.mode to approve-writes." }]
      : []),
    ...layers
      .filter(({ mode }) => mode === "warn")
      .map(({ file }) => ({ says: `${file} is in mode warn: it changes nothing`, mend: "Set mode to enforce." })),
  ];
}

/** Any command, any file, any host: names that no sensible rule has in mind. */
function ruleHazards({ place, decide }: Asker): Hazard[] {
  const command: Resource = { kind: "command", argv: ["some-program"], cwd: place, options: [], sets: [], hazards: [], wrappers: [] };
  const file: Resource = { kind: "path", op: "delete", path: join(place, "some-directory", "some-file"), type: "file", links: 1 };
  const addresses = [{ address: "93.184.216.34", kind: "public" }];
  const url: Resource = { kind: "url", method: "GET", scheme: "https", host: "some-host.com", port: 443, addresses };
  const broad = [
    ["any command runs", decide("run_command", "high", command)],
    ["any file can be deleted", decide("delete_path", "high", file)],
    ["any host, such as some-host.com, can be fetched from", decide("fetch", "medium", url)],
  ] as const;
  const credentials = [".env", ".ssh/id_ed25519", "server.pem"].filter(
    (path) =>
      decide("read_text_file", "low", { kind: "path", op: "read", path: join(place, path), type: "file", links: 1 }).effect === "allow",
  );
  return [
    ...broad
      .filter(([, { effect }]) => effect === "allow")
      .map(([what, { rules }]) => ({
        says: `${what} unasked (by ${rules.map(({ id }) => id).join(", ")})`,
        mend: "Name in allow rules what may go unasked, and nothing broader.",
      })),
    ...(credentials.length === 0
      ? []
      : [
          { says: `credentials may be read (${credentials.join(", ")})`, mend: "Write `extends: [local]`, which denies credential files." },
        ]),
  ];
}

/** Answers that nobody looks through for secrets and instructions. */
function sanitizeHazards({ place, decide }: Asker): Hazard[] {
  const path: Resource = { kind: "path", op: "read", path: join(place, "some-file"), type: "file", links: 1 };
  const unchecked = [
    ["read_text_file", decide("read_text_file", "low", path)],
    ["run_command", decide("run_command", "high", { kind: "call", tool: "run_command" })],
    ["fetch", decide("fetch", "medium", { kind: "call", tool: "fetch" })],
  ] as const;
  const off = unchecked.filter(([, { obligations }]) => obligations.sanitize === "off").map(([tool]) => tool);
  return off.length === 0
    ? []
    : [{ says: `answers of ${off.join(", ")} are not checked (sanitize: off)`, mend: "Set sanitize to standard." }];
}
