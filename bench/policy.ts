import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Query, Resource } from "../src/types.ts";

/** Figures: decide with 200 and 1,000 rules, a search's path judging, load. Medians of repeated rounds. */

const started = performance.now();
const { loadPolicy } = await import("../src/policy/load.ts");
const { readFile } = await import("../src/policy/read-file.ts");
const imported = performance.now() - started;

const directory = mkdtempSync(join(tmpdir(), "bench-"));

function rulesOf(count: number): string {
  const lines = ["version: 1", "extends: [local]", "rules:"];
  for (let index = 0; index < count; index++) {
    const effect = ["deny", "ask", "allow", "allow"][index % 4] ?? "ask";
    const kinds = [
      `op: [read, write], path: ["**/folder-${index}/**", "packages/p${index}/*.ts"]`,
      `run: ["tool-${index} (build|test) ..."]`,
      `net: { host: ["*.host-${index}.example"] }`,
      `tool: "server-${index}/*"`,
    ];
    lines.push(`  - { id: r${index}, effect: ${effect}, why: bench, ${kinds[(index >> 2) % 4] ?? ""} }`);
  }
  return `${lines.join("\n")}\n`;
}

function load(text: string): ReturnType<typeof loadPolicy> {
  const file = join(directory, "policy.yaml");
  writeFileSync(file, text, { mode: 0o644 });
  const eyes = { command: (): Resource[] => [], url: (): Resource => ({ kind: "call", tool: "fetch" }) };
  return loadPolicy({
    reader: readFile,
    files: [file],
    projectFiles: [],
    trusted: () => false,
    protected: ["/w/state"],
    haveSecret: () => true,
    equivalents: () => [],
    eyes,
  });
}

const base: Omit<Query, "resources"> = {
  principal: { id: "p", scopes: [] },
  session: "s",
  tool: "read_text_file",
  risk: "low",
  args: {},
  workspaces: ["/w"],
  transport: "stdio",
  interactive: true,
  labels: [],
};
const command = (argv: string[]): Resource => ({ kind: "command", argv, cwd: "/w", sets: [], hazards: [], wrappers: [] });
const queries: Query[] = [
  { ...base, resources: [{ kind: "path", op: "read", path: "/w/src/tools/read-text-file.ts" }] },
  { ...base, tool: "write_file", risk: "medium", resources: [{ kind: "path", op: "write", path: "/w/packages/p17/index.ts" }] },
  { ...base, tool: "run_command", risk: "high", resources: [command(["tool-5", "build", "--fast"]), command(["head", "-5"])] },
  {
    ...base,
    tool: "fetch",
    risk: "medium",
    resources: [{ kind: "url", method: "GET", scheme: "https", host: "a.host-9.example", port: 443 }],
  },
];

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Median microseconds of one run of `work`, over rounds of `times`. */
function measure(times: number, work: (index: number) => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    for (let index = 0; index < times; index++) work(index);
    rounds.push(((performance.now() - start) * 1000) / times);
  }
  return median(rounds);
}

const start = performance.now();
load(rulesOf(40));
const firstLoad = performance.now() - start;
console.log(
  `import ${imported.toFixed(1)} ms, first load of 40 rules ${firstLoad.toFixed(1)} ms, again ${(measure(3, () => load(rulesOf(40))) / 1000).toFixed(1)} ms`,
);
for (const [count, aim] of [
  [200, 25],
  [1000, 100],
] as const) {
  const policy = load(rulesOf(count));
  const each = queries.map((query) => measure(400, () => policy.decide(query)));
  console.log(
    `decide with ${count} rules: ${each.map((one) => one.toFixed(1)).join(", ")} us (path, write, command, url), aim under ${aim}`,
  );
}
const local = load("version: 1\nextends: [local]\n");
const judge = local.judgePaths(base);
console.log(
  `judge a path: ${measure(20_000, (index) => judge("read", `/w/packages/module-${index % 97}/src/file-${index}.test.ts`)).toFixed(2)} us, aim under 3`,
);
rmSync(directory, { recursive: true });
