/** Adds to the programs of a command what they must not run without, before it is printed. */
import type { Analysis } from "./analyse.ts";
import type { Plan, PlannedWord } from "./plan.ts";

/** Gives an argv with what must be in it, or the very same one. */
type Harden = (argv: readonly string[]) => readonly string[];

/** A simple command with every argv in it hardened: behind wrappers and in the text of `sh -c` too. A script stays as it is. */
export function hardenCommand(analysis: Analysis, harden: Harden): Analysis {
  return analysis.plan === undefined ? analysis : { ...analysis, plan: hardenPlan(analysis.plan, harden) };
}

function hardenPlan(plan: Plan, harden: Harden): Plan {
  return plan.map((list) => ({
    ...list,
    pipelines: list.pipelines.map((pipeline) => ({
      ...pipeline,
      commands: pipeline.commands.map((command) =>
        command.kind === "run" ? { ...command, words: hardenWords(command.words, harden) } : command,
      ),
    })),
  }));
}

/** From the last program on, because an inner argv is the end of the outer one. */
function hardenWords(words: readonly PlannedWord[], harden: Harden): readonly PlannedWord[] {
  return words.reduceRight<readonly PlannedWord[]>((after, word) => {
    if (word.nested !== undefined) return [{ ...word, nested: hardenPlan(word.nested, harden) }, ...after];
    if (word.program !== true) return [word, ...after];
    const argv = [word.text, ...after.map(({ text }) => text)];
    const hardened = harden(argv);
    return hardened === argv ? [word, ...after] : [word, ...hardened.slice(1).map((text) => ({ text }))];
  }, []);
}
