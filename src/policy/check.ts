import type { Equivalents } from "./names.ts";
import type { FixedEyes } from "./inline-tests.ts";
import { testUnit } from "./check-unit.ts";
import type { Problem } from "./problems.ts";
import { unitOptions } from "./load.ts";
import { readFile } from "./read-file.ts";
import { loadUnit } from "./unit.ts";

/**
 * Runs the inline tests of one file or built-in profile (`profile:local`): how many there are and those that fail. Throws PolicyError when
 * the file can't be loaded at all.
 */
export function runInlineTests(
  file: string,
  facts: { equivalents: Equivalents; eyes?: FixedEyes },
): { count: number; problems: readonly Problem[] } {
  const unit = loadUnit(file, { reader: readFile, layer: "user", tests: true });
  return { count: unit.settings.tests?.length ?? 0, problems: testUnit(unit, facts) };
}

/** The hash by which a user trusts a project's policy: over the file and all it extends. Throws PolicyError. */
export function hashPolicy(file: string): string {
  return loadUnit(file, unitOptions("project", file, readFile)).sha256;
}
