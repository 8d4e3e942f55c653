/** A small decider for tests: allow patterns with anything after, the secrets of the corpus, floor paths, and asking for the rest. */
import { analyse } from "../../src/shell/analyse.ts";
import type { Analysis } from "../../src/shell/analyse.ts";
import { fixedEyes } from "../../src/shell/eyes.ts";
import type { CommandResource, Effect, PathResource, Resource } from "../../src/types.ts";
import { strictest } from "../../src/types.ts";

export const where = { cwd: "/w", eyes: fixedEyes, home: "/home/user" };

const SECRET =
  /(^|\/)(\.env(\.(?!.*example$)[^/]*)?|[^/]*\.pem|id_(rsa|dsa|ecdsa|ed25519)[^/]*|\.npmrc|\.netrc|\.pypirc|\.git-credentials|[^/]*\.tfstate)$|(^|\/)(\.ssh|\.aws|\.kube|\.docker|secrets|\.config\/gcloud)(\/|$)/i;
const RUNS_LATER =
  /(^|\/)(\.git|\.gitmodules|\.gitattributes|\.vscode|\.idea|\.mcp\.json|\.cursor|\.claude|\.husky|\.envrc|\.yarnrc\.yml|\.bashrc|\.profile|\.zshrc)(\/|$)/i;
const GIT_CODE = /\/\.git\/(config|hooks|info\/attributes|modules)/;

/** `git diff *` allows the words git diff and anything after; without the star exactly these words. */
function covers(pattern: string, command: CommandResource): boolean {
  const open = pattern.endsWith("*");
  const literal = pattern.replace(/ ?\*$/, "").split(" ");
  if (command.argv.includes(null) || command.argv.length < literal.length || (!open && command.argv.length !== literal.length))
    return false;
  return literal.every((word, index) => word === command.argv[index]) && command.hazards.every(({ word }) => word < literal.length);
}

function decidePath({ op, path, by }: PathResource, trusted: boolean): Effect {
  if (path === null) return "ask";
  if (path !== "/w" && !path.startsWith("/w/")) return "deny";
  if (SECRET.test(path)) return "deny";
  if (op === "read" || op === "list") return "allow";
  if (by === "git" && /\/\.git(\/|$)/.test(path)) return GIT_CODE.test(path) ? "deny" : trusted ? "allow" : "ask";
  if (RUNS_LATER.test(path)) return "deny";
  return by !== undefined && trusted ? "allow" : "ask";
}

/** The effect over all resources. */
export function decide(resources: readonly Resource[], allow: readonly string[]): Effect {
  const trusted = resources.every((resource) => resource.kind !== "command" || allow.some((pattern) => covers(pattern, resource)));
  const effects = resources.map((resource): Effect => {
    if (resource.kind === "path") return decidePath(resource, trusted);
    if (resource.kind === "command") return trusted ? "allow" : "ask";
    return "ask";
  });
  return effects.reduce((all, one) => strictest(all, one) ?? one, "allow" as Effect);
}

/** Verdict and effect of a text under allow patterns. */
export function judge(text: string | readonly string[], allow: readonly string[]): { analysis: Analysis; effect: Effect } {
  const analysis = analyse(text, where);
  return { analysis, effect: analysis.verdict === "refused" ? "deny" : decide(analysis.resources, allow) };
}
