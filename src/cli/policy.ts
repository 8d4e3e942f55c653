import type { Command } from "commander";
import type { Query } from "../types.ts";
import { Refusal } from "../types.ts";
import { hashPolicy, runInlineTests } from "../policy/check.ts";
import { diffPolicies } from "../policy/diff.ts";
import { describeExplanation, explainDecision, explainRefusal, type Explanation } from "../policy/explain.ts";
import type { FixedEyes } from "../policy/inline-tests.ts";
import type { Equivalents } from "../policy/names.ts";
import type { Policy } from "../policy/policy.ts";
import { formatProblem, PolicyError } from "../policy/problems.ts";
import { policyJsonSchema } from "../policy/schema.ts";

/** One call as `policy explain` reads it. */
export interface ExplainedCall {
  readonly tool: string;
  readonly args: Record<string, unknown>;
  /** Who makes it, as `as` of an inline test. */
  readonly as?: Record<string, unknown>;
}

/** What the policy commands need from the rest of the program. */
export interface PolicyCommandDeps {
  readonly out: (line: string) => void;
  readonly error: (line: string) => void;
  /** Sets the exit code: 0 done, 1 the check found something, 2 bad usage or policy. */
  readonly exit: (code: 0 | 1 | 2) => void;
  readonly readLines: () => AsyncIterable<string>;
  /** Writes a new file; throws when it exists. */
  readonly writeNew: (file: string, text: string) => void;
  /** Loads as `serve` would with these flags; throws PolicyError. */
  readonly load: (flags: { policy: string[]; profile?: string; workspace: string[] }) => Promise<Policy>;
  /** Makes the query of a call through the eyes, and says how a command was read: nothing is executed. Throws Refusal. */
  readonly prepareQuery: (
    policy: Policy,
    call: ExplainedCall,
    workspaces: readonly string[],
  ) => Promise<{ readonly query: Query; readonly reading?: object }>;
  /** Remembers that the user trusts a project's policy with this hash. */
  readonly trust: (file: string, sha256: string) => Promise<void>;
  readonly facts: { equivalents: Equivalents; eyes: FixedEyes };
}

/** Registers `portcullis policy check|test|explain|schema|init|trust|diff`. */
export function policyCommands(program: Command, deps: PolicyCommandDeps): Command {
  const policy = program.command("policy").description("check, test, explain and trust policies");
  const guarded =
    <T extends unknown[]>(work: (...args: T) => void | Promise<void>) =>
    async (...args: T): Promise<void> => {
      try {
        await work(...args);
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        for (const problem of error.problems) deps.error(formatProblem(problem));
        deps.exit(2);
      }
    };

  policy
    .command("check")
    .description("load each file as the user's policy: errors as file:line:col, findings as warnings")
    .argument("<files...>")
    .addHelpText("after", "\nExample:\n  portcullis policy check policy.yaml")
    .action((files: string[]) => checkFiles(files, deps));

  policy
    .command("test")
    .description("run the inline tests of files or built-in profiles (profile:local)")
    .argument("<files...>")
    .addHelpText("after", "\nExample:\n  portcullis policy test policy.yaml profile:ci")
    .action(guarded((files: string[]) => testFiles(files, deps)));

  policy
    .command("explain")
    .description("decide a call without doing it")
    .option("--policy <file>", "policy in force, may be repeated", collect, [])
    .option("--profile <name>", "built-in profile when no --policy is given")
    .option("--workspace <dir>", "workspace, may be repeated", collect, [])
    .option("--tool <name>", "tool of the call")
    .option("--args <json>", "its arguments", "{}")
    .option("--batch", 'one {"tool":..., "args":..., "as"?:...} a line from stdin, one decision a line')
    .option("--json", "machine-readable")
    .addHelpText("after", `\nExample:\n  portcullis policy explain --json --tool read_text_file --args '{"path":".env"}'`)
    .action(guarded((flags: ExplainFlags) => explainCalls(flags, deps)));

  policy
    .command("schema")
    .description("print the JSON Schema of a policy file, for editors")
    .addHelpText("after", "\nExample:\n  portcullis policy schema > policy.schema.json")
    .action(() => deps.out(JSON.stringify(policyJsonSchema(), null, 2)));

  policy
    .command("init")
    .description("write a first policy that extends a built-in profile")
    .argument("[file]", "where to", "policy.yaml")
    .option("--profile <name>", "local, team or ci", "local")
    .addHelpText("after", "\nExample:\n  portcullis policy init policy.yaml --profile team")
    .action((file: string, flags: { profile: string }) => initFile(file, flags.profile, deps));

  policy
    .command("trust")
    .description("let a project's policy widen, as long as its content stays the same")
    .argument("<file>")
    .addHelpText("after", "\nExample:\n  portcullis policy trust .portcullis.yaml")
    .action(
      guarded(async (file: string) => {
        const sha256 = hashPolicy(file);
        await deps.trust(file, sha256);
        deps.out(`trusted ${file} with sha256:${sha256}`);
      }),
    );

  policy
    .command("diff")
    .description("what changes from one policy to another: rules, settings, decisions of their tests; exit 1 when anything does")
    .argument("<before>")
    .argument("<after>")
    .addHelpText("after", "\nExample:\n  portcullis policy diff policy.yaml policy.new.yaml")
    .action(
      guarded((before: string, after: string) => {
        const lines = diffPolicies(before, after, deps.facts);
        for (const line of lines) deps.out(line);
        deps.exit(lines.length === 0 ? 0 : 1);
      }),
    );
  return policy;
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** All files are checked, so that every problem of every file shows at once. */
async function checkFiles(files: readonly string[], deps: PolicyCommandDeps): Promise<void> {
  let bad = false;
  for (const file of files) {
    try {
      const { warnings } = await deps.load({ policy: [file], workspace: [] });
      for (const warning of warnings) deps.error(`${formatProblem(warning)} (warning)`);
      deps.out(`${file}: ok`);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      bad = true;
      for (const problem of error.problems) deps.error(formatProblem(problem));
    }
  }
  deps.exit(bad ? 2 : 0);
}

function testFiles(files: readonly string[], deps: PolicyCommandDeps): void {
  let failed = 0;
  for (const file of files) {
    const { count, problems } = runInlineTests(file, deps.facts);
    for (const problem of problems) deps.error(formatProblem(problem));
    deps.out(`${file}: ${count - problems.length} of ${count} tests passed`);
    failed += problems.length;
  }
  deps.exit(failed === 0 ? 0 : 1);
}

interface ExplainFlags {
  readonly policy: string[];
  readonly profile?: string;
  readonly workspace: string[];
  readonly tool?: string;
  readonly args: string;
  readonly batch?: boolean;
  readonly json?: boolean;
}

async function explainCalls(flags: ExplainFlags, deps: PolicyCommandDeps): Promise<void> {
  if ((flags.tool === undefined) === (flags.batch === undefined)) {
    deps.error("give either --tool with --args, or --batch");
    return deps.exit(2);
  }
  const policy = await deps.load({
    policy: flags.policy,
    workspace: flags.workspace,
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
  });
  const explain = async (line: string, number: number): Promise<void> => {
    const call = readCall(line);
    if (typeof call === "string") {
      deps.error(`line ${number}: ${call}`);
      deps.exit(2);
    }
    const explanation =
      typeof call === "string"
        ? explainRefusal(new Refusal("INVALID_INPUT", call, "mend the line"))
        : await explainOne(policy, call, flags, deps);
    deps.out(flags.json === true || flags.batch === true ? JSON.stringify(explanation) : describeExplanation(explanation));
  };
  if (flags.batch === undefined) return explain(`{"tool":${JSON.stringify(flags.tool)},"args":${flags.args}}`, 1);
  let number = 0;
  for await (const line of deps.readLines()) {
    number++;
    if (line.trim() !== "") await explain(line, number);
  }
}

async function explainOne(
  policy: Policy,
  call: ExplainedCall,
  flags: ExplainFlags,
  deps: PolicyCommandDeps,
): Promise<Explanation & { readonly reading?: object }> {
  try {
    const { query, reading } = await deps.prepareQuery(policy, call, flags.workspace);
    return { ...explainDecision(policy.decide(query), query), ...(reading ? { reading } : {}) };
  } catch (error) {
    if (error instanceof Refusal) return explainRefusal(error);
    throw error;
  }
}

/** The call of a line, or what is wrong with it. */
function readCall(line: string): ExplainedCall | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is not JSON - write one object a line";
  }
  if (!isObject(value)) return 'is not an object - write {"tool":..., "args":...}';
  const { tool, args = {}, as } = value;
  if (typeof tool !== "string" || tool === "") return 'names no tool - write {"tool":..., "args":...}';
  if (!isObject(args) || (as !== undefined && !isObject(as))) return "has args or as that are no objects";
  return { tool, args, ...(as === undefined ? {} : { as }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function initFile(file: string, profile: string, deps: PolicyCommandDeps): void {
  if (!["local", "team", "ci"].includes(profile)) {
    deps.error(`no built-in profile "${profile}" - use local, team or ci`);
    return deps.exit(2);
  }
  const text = [
    "# yaml-language-server: $schema=./policy.schema.json",
    "# Check with: portcullis policy check " + file,
    "version: 1",
    `name: my-${profile}`,
    `extends: [${profile}]`,
    "rules: []",
    "tests:",
    '  - { path: "README.md", op: read, expect: allow }',
    '  - { path: ".env", op: read, expect: deny, rule: secrets }',
    "",
  ].join("\n");
  try {
    deps.writeNew(file, text);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    deps.error(`${file} can't be written (${String(error.code)}) - name a new file in a directory of yours`);
    return deps.exit(2);
  }
  deps.out(`wrote ${file} - use it with: portcullis serve --policy ${file}`);
}
