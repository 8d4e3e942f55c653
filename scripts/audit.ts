/**
 * `npm run audit [DIR]`: known advisories, high and critical, against what a user gets: installed packages and those in the bundle (npm itself would call the
 * bundled ones development). Exit 1 when there is one; a registry that doesn't answer is said and is no failure, since it says nothing about us.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { machineEnv } from "./npm.ts";
import { bundledIn } from "./notices.ts";

/** What `npm audit --json` says, as far as it is read. */
interface Report {
  readonly vulnerabilities?: Readonly<
    Record<string, { severity: string; range: string; nodes: readonly string[]; via: readonly unknown[] }>
  >;
  readonly message?: string;
}

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const { stdout, stderr } = spawnSync("npm", ["audit", "--json"], { cwd: root, env: machineEnv(), encoding: "utf8" });
const report = readReport(stdout);
if (report?.vulnerabilities === undefined) {
  console.error(`audit: the registry did not answer, so nothing is known: ${report?.message ?? stderr.trim().split("\n")[0] ?? ""}`);
  process.exit(0);
}
const shipped = shippedIn(root);
const found = Object.entries(report.vulnerabilities).map(([name, { severity, range, nodes, via }]) => ({
  ships: nodes.some((node) => shipped(node.replace(/^.*node_modules\//, ""), node)),
  grave: severity === "high" || severity === "critical",
  text: `${severity}: ${name} ${range}: ${titles(via)}`,
}));
for (const { ships, text } of found) console.error(`audit: ${ships ? "" : "(development only) "}${text}`);
const bad = found.filter(({ ships, grave }) => ships && grave).length;
console.error(
  `audit: ${found.length} advisories, ${bad} of them high or critical in what ships${bad > 0 ? ": update the packages named" : ""}`,
);
process.exit(bad > 0 ? 1 : 0);

function readReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined; // npm died before it could say anything
  }
}

/** Does the package at this place of the lock file reach a user? All that isn't marked development does, and what is in the bundle. */
function shippedIn(directory: string): (name: string, node: string) => boolean {
  const lock = JSON.parse(readFileSync(join(directory, "package-lock.json"), "utf8")) as { packages: Record<string, { dev?: boolean }> };
  const notices = readFileSync(join(directory, "dist", "THIRD_PARTY_NOTICES.txt"), "utf8");
  const bundled = new Set(bundledIn(notices).map(({ name }) => name));
  return (name, node) => lock.packages[node]?.dev !== true || bundled.has(name);
}

/** An advisory's title, or the name of the package that it came by. */
function titles(via: readonly unknown[]): string {
  return via.map((one) => (typeof one === "string" ? `by ${one}` : String((one as { title?: unknown }).title))).join("; ");
}
