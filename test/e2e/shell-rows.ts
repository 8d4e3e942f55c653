/** The rows of the shell corpus, and the policy that each is judged under. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Row {
  readonly id: string;
  readonly input: string;
  readonly expect: string;
  readonly why: string;
  readonly allow: readonly string[];
  readonly verified?: boolean;
}

export const rows: readonly Row[] = readFileSync(new URL("../cases/shell.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Row)
  .map((row) => ({ ...row, input: row.input.replace(/[\u27e6\u27e7]/g, "") }));

/** Rows that have the same rules in force, together. */
export function byRules(chosen: readonly Row[]): readonly (readonly Row[])[] {
  return [...Map.groupBy(chosen, ({ allow }) => JSON.stringify(allow)).values()];
}

const SECRETS = `"**/.env", "**/.env.*", "**/*.pem", "**/id_{rsa,dsa,ecdsa,ed25519}*", "**/{.ssh,.aws,.kube,.docker}/**", "**/.config/gcloud/**",
      "**/{.npmrc,.netrc,.pypirc,.git-credentials}", "**/secrets/**", "**/*.tfstate"`;

/** Writes a policy in which `allow` are the only commands that run unasked: `git diff *` is `git diff` and anything after. */
export function policyOf(directory: string, allow: readonly string[], head = ""): string {
  const patterns = allow.map((pattern) => (pattern.endsWith("*") ? pattern.replace(/ ?\*$/, " ...") : pattern));
  const file = join(directory, "policy.yaml");
  const text = `version: 1
${head}
rules:
  - { id: secrets, effect: deny, op: [read, write], path: [${SECRETS}], except: ["**/.env.example"], why: credentials }
  - { id: allowed, effect: allow, run: ${JSON.stringify(patterns)}, why: the rules in force }
`;
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}
