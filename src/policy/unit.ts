import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { RuleRef } from "../types.ts";
import { compileEgress, type EgressEntry } from "./egress-list.ts";
import type { LayerName } from "./layer.ts";
import { extendSettings, replaceById } from "./merge.ts";
import { PolicyError, suggest, type Problem } from "./problems.ts";
import { compileRule, compileTool, type Rule } from "./rule.ts";
import { checkRule } from "./rule-check.ts";
import { PROFILES, type PolicyDocument, type Reader, type Reading } from "./reader.ts";
import type { PolicyFile, RuleSource } from "./schema.ts";

/** One policy file with everything it extends, compiled. */
export interface Unit {
  readonly document: PolicyDocument;
  /** Settings with those of extended files; rules are in `rules`. */
  readonly settings: PolicyFile;
  readonly rules: readonly Rule[];
  readonly egress: readonly EgressEntry[];
  /** Every file read, itself first; built-in profiles are `profile:NAME`. */
  readonly files: readonly string[];
  /** sha256 in hex over the bytes of all files read (of one file: its own). */
  readonly sha256: string;
  /** Where a setting stands, in whichever file says it. */
  ref(path: readonly string[], effect: RuleRef["effect"]): RuleRef;
}

export interface UnitOptions {
  readonly reader: Reader;
  readonly layer: LayerName;
  /** A project's file may extend only built-in profiles and files beside or below it. */
  readonly within?: string;
  readonly base?: string;
  /** Read the inline tests of a built-in profile too. */
  readonly tests?: boolean;
}

/** Reads, validates and compiles a policy file or `profile:NAME`. Throws PolicyError with all problems of the first file that has any. */
export function loadUnit(file: string, options: UnitOptions, chain: readonly string[] = []): Unit {
  const reading = options.reader(file, options.tests === true);
  const { document } = reading;
  const problems: Problem[] = [];
  const report: At = (path, message) => problems.push({ file, ...document.at(path), message });
  const own = validate(reading, options, report, problems);
  const parents = (own.extends ?? []).flatMap((name, index) => {
    const parent = resolveParent(file, name, options);
    if ("problem" in parent) report(["extends", index], parent.problem);
    else if ([...chain, file].includes(parent.file)) report(["extends", index], `extends itself through \`${name}\` - break the circle`);
    else if (!parent.file.startsWith("profile:") && !existsSync(parent.file))
      report(["extends", index], `\`${name}\` does not exist - check the path`);
    else return [loadUnit(parent.file, options, [...chain, file])];
    return [];
  });
  const sources = (own.rules ?? []).map((source, index) => ({ source, index }));
  const rules = compileRules(sources, own.mode === "warn", document, options, report);
  const egress = (own.egress?.allow ?? []).flatMap((text, index) => attempt(() => compileEgress(text), ["egress", "allow", index], report));
  checkSettings(own, report);
  if (problems.length > 0) throw new PolicyError(inOrder(problems));
  const inherited = parents.reduce<PolicyFile>((merged, parent) => extendSettings(merged, parent.settings), { version: 1 });
  const settings = extendSettings({ ...inherited, tests: [] }, own);
  const hashes = [document.sha256, ...parents.map((parent) => parent.sha256)];
  return {
    document,
    settings,
    rules: replaceById([...parents.flatMap((parent) => parent.rules), ...rules]),
    egress: own.egress?.allow === undefined ? parents.flatMap((parent) => parent.egress) : egress,
    files: [file, ...parents.flatMap((parent) => parent.files)],
    sha256: hashes.length === 1 ? document.sha256 : createHash("sha256").update(hashes.join("\n")).digest("hex"),
    ref(path, effect) {
      if (says(document.value, path)) {
        return { id: path.join("."), layer: options.layer, file, line: document.at(path).line, effect };
      }
      const parent = parents.findLast((one) => says(one.settings, path));
      return parent?.ref(path, effect) ?? { id: path.join("."), layer: "default", file: "built-in", line: 1, effect };
    },
  };
}

function says(value: unknown, path: readonly string[]): boolean {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return false;
    here = (here as Record<string, unknown>)[key];
  }
  return here !== undefined;
}

function resolveParent(file: string, name: string, options: UnitOptions): { file: string } | { problem: string } {
  const looksLikeFile = /[/.]/.test(name);
  if (!looksLikeFile) {
    return PROFILES.some((one) => one === name)
      ? { file: `profile:${name}` }
      : { problem: `no built-in profile \`${name}\`${suggest(name, PROFILES)}` };
  }
  if (file.startsWith("profile:")) return { problem: "a built-in profile extends no files" };
  const parent = resolve(dirname(file), name);
  if (options.within === undefined) return { file: parent };
  const below = relative(options.within, parent);
  const outside = isAbsolute(below) || below === ".." || below.startsWith(`..${sep}`);
  return outside ? { problem: "a project's policy can't extend a file outside of the project - copy its rules" } : { file: parent };
}

type At = (path: readonly PropertyKey[], message: string) => void;

function attempt<T>(compile: () => T, path: readonly PropertyKey[], report: At): T[] {
  try {
    return [compile()];
  } catch (error) {
    report(path, (error as Error).message);
    return [];
  }
}

type Sources = readonly { index: number; source: RuleSource }[];

function compileRules(sources: Sources, warn: boolean, document: PolicyDocument, options: UnitOptions, report: At): Rule[] {
  const ids = new Map<string, number>();
  return sources.map(({ source, index }) => {
    const { line } = document.at(["rules", index]);
    const first = ids.get(source.id);
    if (first !== undefined)
      report(["rules", index, "id"], `the id "${source.id}" is taken by the rule at line ${first} - give each its own`);
    else ids.set(source.id, line);
    const here: At = (path, message) => report(["rules", index, ...path], message);
    checkRule(source, here);
    const ref: RuleRef = { id: source.id, layer: options.layer, file: document.file, line, effect: source.effect };
    return compileRule(source, ref, { warn, base: options.base }, here);
  });
}

/** The schema first; where it fails, the mistakes that compiling finds in sound rules are told along with it. */
function validate(reading: Reading, options: UnitOptions, report: At, problems: readonly Problem[]): PolicyFile {
  try {
    return reading.settings();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    compileRules(reading.soundRules(), false, reading.document, options, report);
    throw new PolicyError(inOrder([...error.problems, ...problems]));
  }
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.col - b.col);
}

/** Patterns and pairs in the settings that the schema alone can't judge. */
function checkSettings(own: PolicyFile, report: At): void {
  const globs: [readonly string[], readonly string[]][] = [
    [["risk"], Object.keys(own.risk ?? {})],
    [["limits", "rate"], Object.keys(own.limits?.rate ?? {})],
    [["sanitize"], typeof own.sanitize === "object" ? Object.keys(own.sanitize) : []],
  ];
  for (const [path, names] of globs) for (const name of names) attempt(() => compileTool(name), [...path, name], report);
  for (const [name, upstream] of Object.entries(own.upstreams ?? {})) {
    if ((upstream.command === undefined) === (upstream.url === undefined))
      report(["upstreams", name], `\`${name}\` needs a command or a url - give exactly one`);
  }
  for (const [index, test] of (own.tests ?? []).entries()) {
    const kinds = (["run", "path", "net", "tool"] as const).filter((key) => test[key] !== undefined);
    if (kinds.length !== 1) report(["tests", index], "a test tries exactly one of run, path, net, tool - split it");
    else if ((test.path !== undefined) !== (test.op !== undefined)) report(["tests", index], "`op` goes with `path` - write both");
    else if (test.method !== undefined && test.net === undefined) report(["tests", index, "method"], "`method` goes with `net` - drop it");
    else if (test.args !== undefined && test.tool === undefined) report(["tests", index, "args"], "`args` goes with `tool` - drop it");
  }
  for (const [index, need] of (own.require ?? []).entries()) {
    if (typeof need === "object" && Object.keys(need).length !== 1)
      report(["require", index], "a requirement is of one kind: secret, pinned or denied - split it");
  }
}
