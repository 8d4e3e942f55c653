import type { Query } from "../types.ts";
import { buildEngine } from "./build-engine.ts";
import { buildLayer } from "./build-layer.ts";
import { decide } from "./decide.ts";
import type { Engine } from "./engine.ts";
import { judgeTest, testQuery, TEST_WORKSPACE, type FixedEyes } from "./inline-tests.ts";
import { lintRules } from "./lint.ts";
import type { Equivalents } from "./names.ts";
import type { Problem } from "./problems.ts";
import { unmet } from "./require.ts";
import { riskTable } from "./risk.ts";
import { combineSettings } from "./settings.ts";
import type { Unit } from "./unit.ts";

/** What checking a file must know; see load.ts. */
interface CheckFacts {
  readonly equivalents: Equivalents;
  readonly eyes?: FixedEyes;
  readonly haveSecret: (source: string) => boolean;
  readonly isSigned?: (directory: string, keys: readonly string[]) => boolean;
}

interface Finding {
  /** These refuse the file. */
  readonly problems: readonly Problem[];
  /** Lint, and unmet requirements under `mode: warn`. */
  readonly warnings: readonly Problem[];
}

type Place = Pick<Problem, "file" | "line" | "col">;

/**
 * Holds a file against its own tests and requirements: it alone above the floor, so that the outcome doesn't hang on the machine. Built-in
 * profiles are tested by the test suite and by `policy test` instead, because that costs time at every start.
 */
export function checkUnit(unit: Unit, facts: CheckFacts): Finding {
  const { document, settings, rules } = unit;
  const at = (path: readonly PropertyKey[]): Place => ({ file: document.file, ...document.at(path) });
  const warnings = lintRules(rules).filter((warning) => !warning.file.startsWith("profile:"));
  if (document.file.startsWith("profile:")) return { problems: [], warnings: [] };
  const engine = aloneEngine(unit, facts.equivalents);
  const problems = [...unreadable(unit, facts), ...runTests(unit, engine, facts.eyes)];
  for (const [index, need] of (settings.require ?? []).entries()) {
    const message = unmet(need, settings, {
      haveSecret: facts.haveSecret,
      isSigned: facts.isSigned ?? (() => false),
      effectOf: (resources) => decide(engine, { ...COMMAND, resources }).effect,
    });
    if (message !== undefined) (settings.mode === "warn" ? warnings : problems).push({ ...at(["require", index]), message });
  }
  return { problems, warnings };
}

/** Runs the inline tests of a file. */
export function testUnit(unit: Unit, facts: Pick<CheckFacts, "equivalents" | "eyes">): readonly Problem[] {
  return runTests(unit, aloneEngine(unit, facts.equivalents), facts.eyes);
}

const COMMAND: Query = {
  principal: { id: "test", scopes: [] },
  session: "test",
  tool: "run_command",
  risk: "high",
  args: {},
  resources: [],
  workspaces: [TEST_WORKSPACE],
  transport: "stdio",
  interactive: true,
  labels: [],
};

/** An engine of one file, enforced, trusted and at home in the workspace of the tests. */
export function aloneEngine(unit: Unit, equivalents: Equivalents): Engine {
  const rules = unit.rules.map((rule) => ({ ...rule, base: undefined }));
  const layer = buildLayer("user", { ...unit, rules }, { enforced: true, trusted: true });
  return buildEngine([layer], {
    protectedPaths: [],
    wrappers: combineSettings([layer]).shell.wrappers,
    equivalents,
    digests: [unit.sha256],
  });
}

function runTests(unit: Unit, engine: Engine, eyes: FixedEyes | undefined): Problem[] {
  const riskOf = riskTable(engine.layers);
  return (unit.settings.tests ?? []).flatMap((test, index): Problem[] => {
    const place: Place = { file: unit.document.file, ...unit.document.at(["tests", index]) };
    try {
      const message = judgeTest(test, decide(engine, testQuery(test, riskOf, eyes)));
      return message === undefined ? [] : [{ ...place, message }];
    } catch (error) {
      return [{ ...place, message: `the test can't be run: ${(error as Error).message} - mend the test` }];
    }
  });
}

/** Without the shell analysis rules on commands would never fire, so they are refused. */
function unreadable(unit: Unit, facts: CheckFacts): Problem[] {
  if (facts.eyes !== undefined) return [];
  return unit.rules
    .filter((rule) => rule.kind === "command" && !rule.ref.file.startsWith("profile:"))
    .map((rule) => ({
      file: rule.ref.file,
      line: rule.ref.line,
      col: 1,
      message: `rule "${rule.ref.id}" speaks of commands, which can't be read here - drop it`,
    }));
}
