import { dirname } from "node:path";
import { buildEngine } from "./build-engine.ts";
import { buildLayer } from "./build-layer.ts";
import { checkUnit } from "./check-unit.ts";
import type { FixedEyes } from "./inline-tests.ts";
import type { LayerName } from "./layer.ts";
import type { Equivalents } from "./names.ts";
import { makePolicy, type Policy } from "./policy.ts";
import { ownNames } from "./own-names.ts";
import { PolicyError, type Problem } from "./problems.ts";
import { combineSettings } from "./settings.ts";
import type { ProfileName, Reader } from "./reader.ts";
import { loadUnit, type Unit, type UnitOptions } from "./unit.ts";

/** Where policies come from and what loading must know about the machine. */
export interface PolicySources {
  /** How files become settings: `readFile`, or `readCompiled` where only a built-in profile is in force. */
  readonly reader: Reader;
  /** Each `--policy FILE`; one layer each. */
  readonly files: readonly string[];
  /** What applies without files; `local` when neither is given. */
  readonly profile?: ProfileName;
  /** `/etc/portcullis/policy.yaml`, when it exists. */
  readonly adminFile?: string;
  /** `$XDG_CONFIG_HOME/portcullis/policy.yaml`, when it exists; counts when there are no `files` and no `profile`. */
  readonly userFile?: string;
  /** `.portcullis.yaml` of the workspaces, those that exist. */
  readonly projectFiles: readonly string[];
  /** Has the user trusted a project's policy with this hash (sha256 in hex, see `hashPolicy`)? */
  readonly trusted: (sha256: string) => boolean;
  /** Real paths that no tool may touch beside the policy files themselves: state directory, keys, configuration. */
  readonly protected: readonly string[];
  readonly haveSecret: (source: string) => boolean;
  readonly isSigned?: (directory: string, keys: readonly string[]) => boolean;
  readonly equivalents: Equivalents;
  /** Reads commands and URLs in `tests:`; without it such tests, and rules on commands, are refused. */
  readonly eyes?: FixedEyes;
}

/**
 * Loads all layers: parse, schema, compile, lint, inline tests, requirements. Throws PolicyError with the problems of every file; lint
 * findings and unmet requirements under `mode: warn` are `policy.warnings`.
 */
export function loadPolicy(sources: PolicySources): Policy {
  const { files, profile, adminFile, userFile } = sources;
  const plan: { name: LayerName; file: string }[] = [];
  if (adminFile !== undefined) plan.push({ name: "admin", file: adminFile });
  const users = files.length > 0 ? files : [profile === undefined && userFile !== undefined ? userFile : `profile:${profile ?? "local"}`];
  for (const file of users) plan.push({ name: "user", file });
  for (const file of sources.projectFiles) plan.push({ name: "project", file });
  const problems: Problem[] = [];
  const units = plan.flatMap(({ name, file }) => {
    try {
      return [{ name, unit: loadUnit(file, unitOptions(name, file, sources.reader)) }];
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new PolicyError(problems);
  return assemble(units, sources);
}

/** How a file of a layer is loaded. */
export function unitOptions(layer: LayerName, file: string, reader: Reader): UnitOptions {
  return layer === "project" ? { reader, layer, within: dirname(file), base: dirname(file) } : { reader, layer };
}

function assemble(units: readonly { name: LayerName; unit: Unit }[], sources: PolicySources): Policy {
  const enforced = units.some(({ unit }) => unit.settings.sealed === true);
  const layers = units.map(({ name, unit }) =>
    buildLayer(name, unit, { enforced, trusted: name !== "project" || sources.trusted(unit.sha256) }),
  );
  const settings = combineSettings(layers);
  const policyFiles = units.flatMap(({ unit }) => unit.files.filter((file) => !file.startsWith("profile:")));
  const engine = buildEngine(layers, {
    protectedPaths: [...sources.protected, ...policyFiles].flatMap(ownNames),
    wrappers: settings.shell.wrappers,
    equivalents: sources.equivalents,
    digests: units.map(({ name, unit }, index) => `${name} ${unit.sha256} ${layers[index]?.trusted === true}`),
  });
  const findings = units.map(({ unit }) => checkUnit(unit, sources));
  const problems = findings.flatMap((finding) => finding.problems);
  if (problems.length > 0) throw new PolicyError(problems);
  const widening = units.flatMap(({ unit }, index) => (layers[index]?.trusted === false ? wideningParts(unit) : []));
  return makePolicy(engine, settings, { files: policyFiles, warnings: [...findings.flatMap((finding) => finding.warnings), ...widening] });
}

const GIVING = ["env", "secrets", "upstreams", "extensions"] as const;

/** What an untrusted project's policy says in vain. */
function wideningParts(unit: Unit): Problem[] {
  const { document, rules, settings } = unit;
  const { file } = document;
  const hint = `has no effect until you trust the file - read it, then run: portcullis policy trust ${file}`;
  const allows = rules.filter((rule) => rule.allow && rule.ref.file === file);
  const sections = GIVING.filter((key) => settings[key] !== undefined);
  return [
    ...allows.map((rule) => ({ file, line: rule.ref.line, col: 1, message: `the allow rule "${rule.ref.id}" ${hint}` })),
    ...sections.map((key) => ({ file, ...document.atKey([], key), message: `\`${key}\` ${hint}` })),
  ];
}
