import type { Effect, Risk } from "../types.ts";
import type { Blame } from "./engine.ts";

/** Reason and remedy of a decision: one line each, nothing about places outside the workspaces. */
export function wordDecision(effect: Effect, blames: readonly Blame[], risk: Risk): { reason: string; remedy: string } {
  const first = blames[0];
  if (first === undefined) return { reason: "nothing allows it", remedy: "ask the policy's owner to add an allow rule" };
  const told = blames.slice(0, 3).map((blame) => clause(effect, blame, risk));
  const more = blames.length > 3 ? `; and ${blames.length - 3} more` : "";
  return { reason: `${[...new Set(told)].join("; ")}${more}`, remedy: first.remedy ?? remedyFor(effect, first) };
}

const VERBS: Readonly<Record<Effect, string>> = {
  allow: "allows it",
  ask: "asks a person first",
  dry_run: "only plans it",
  deny: "denies it",
};

function clause(effect: Effect, blame: Blame, risk: Risk): string {
  const { ref, reason, maybe } = blame;
  if (ref.layer === "floor") return reason ?? ref.id;
  if (ref.id === "default") return `no rule speaks of it, and the default ${VERBS[effect].replace(" it", "")} at ${risk} risk`;
  const setting = SETTINGS[ref.id];
  if (setting !== undefined) return reason === undefined ? setting : `${setting}: ${oneLine(reason)}`;
  const why = blame.why === undefined ? "" : `: ${oneLine(blame.why)}`;
  const unsure = maybe ? " (it may apply: a part is not known before it runs)" : "";
  return `rule "${ref.id}" ${VERBS[effect]}${unsure}${why}`;
}

const SETTINGS: Readonly<Record<string, string>> = {
  "approvals.mode": "the approval mode demands it",
  "shell.scripts": "the command is a script, which no rule can allow",
  "shell.opaque": "a part can't be read before it runs",
  "shell.wrappers": "the wrapper is let through",
  "egress.allow": "the host is on egress.allow",
  "egress.others": "no rule names this host",
  "limits.extensions": "files with this extension may not be written",
};

function remedyFor(effect: Effect, blame: Blame): string {
  switch (effect) {
    case "allow":
      return "none needed";
    case "ask":
      return blame.ref.id.startsWith("shell.") ? "split it into plain commands, or let a person approve it" : "a person must approve it";
    case "dry_run":
      return "read the plan; the approval mode or a rule keeps it from being done";
    case "deny":
      if (blame.ref.id === "default" || blame.ref.id === "egress.others") return "ask the policy's owner to add an allow rule for it";
      return `find another way, or ask the policy's owner about "${blame.ref.id}"`;
  }
}

/** A `why` may span lines in YAML; a reason is one line. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
