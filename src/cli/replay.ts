/** `portcullis policy replay`: the recorded calls under another policy. */
import type { Command } from "commander";
import type { Redecided } from "../audit/replay.ts";
import { run, timeOf, withDatabase } from "./audit.ts";
import type { AuditCommandDeps, CommonOptions } from "./audit.ts";
import { escapeControls } from "./table.ts";

/** What `policy replay` needs besides: the decisions of a policy file. */
export interface ReplayDeps extends AuditCommandDeps {
  /** Loads a policy as `serve --policy` would. Throws a Refusal, or prints its own errors and throws one. */
  readonly loadDecider: (policyFile: string) => Promise<(query: object) => Redecided>;
}

/** Adds `policy replay`. */
export function replayCommand(policy: Command, deps: ReplayDeps): void {
  policy
    .command("replay")
    .description("decide recorded calls anew with another policy and list what changes; exit 1 when it lets more through")
    .requiredOption("--policy <file>", "the policy to try")
    .option("--since <time>", "calls of this time and later: 2026-11-20, 30m, 12h, 7d")
    .option("--state <dir>", "the state directory of the server")
    .option("--json", "one difference a line, as JSON")
    .addHelpText("after", "\nExample:\n  portcullis policy replay --policy stricter.yaml --since 7d\n")
    .action((options: CommonOptions & { policy: string; since?: string }) => run(deps, () => replay(deps, options)));
}

async function replay(deps: ReplayDeps, options: CommonOptions & { policy: string; since?: string }): Promise<number> {
  const since = timeOf(options.since, deps.now()) ?? 0;
  const decide = await deps.loadDecider(options.policy);
  const { replayCalls } = await import("../audit/replay.ts");
  const count = { calls: 0, looser: 0, stricter: 0, "not decidable": 0 };
  await withDatabase(deps, options, async (db) => {
    for (const difference of replayCalls(db, { since, decide, onCall: () => (count.calls += 1) })) {
      const { seq, callId, tool, summary, was, now, rules } = difference;
      count[now === "not decidable" ? now : difference.looser ? "looser" : "stricter"] += 1;
      const words = `${seq}  ${callId}  ${tool}  ${was} -> ${now}  ${rules.join(",")}  "${summary}"`;
      await deps.out(options.json ? `${JSON.stringify(difference)}\n` : `${escapeControls(words)}\n`);
    }
  });
  const summary = Object.entries(count).map(([name, n]) => `${n} ${name}`);
  deps.err(`${summary.join(", ")}\n`);
  return count.looser > 0 ? 1 : 0;
}
