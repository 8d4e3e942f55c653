/** Portcullis beside @modelcontextprotocol/server-filesystem: the same client, the same Node, the same files, in turns. Prints ratios; below 1 is faster. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { rgPath } from "@vscode/ripgrep";
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { median, printRow } from "./report.ts";

const repository = join(import.meta.dirname, "..");
const PEER = join(repository, "node_modules", "@modelcontextprotocol", "server-filesystem", "dist", "index.js");
const OURS = join(repository, "dist", "cli.js");
const run = promisify(execFile);

interface Server {
  readonly client: Client;
  readonly pid: number;
}

interface Side {
  readonly ours: string[];
  readonly peer: string[];
}

/** Runs all comparisons in a directory of their own. */
export async function benchPeers(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  try {
    const work = join(root, "work");
    prepare(work);
    const policy = join(root, "policy.yaml");
    writeFileSync(policy, "version: 1\nextends: [local]\napprovals: { mode: auto-approve }\n", { mode: 0o600 });
    const ours = [OURS, "serve", "--workspace", work, "--state", join(root, "state")];
    await startUp({ ours, peer: [PEER, work] }, root);
    // The peer asks nobody, so neither do we; a policy file costs a start, not a call.
    await calls({ ours: [...ours, "--policy", policy], peer: [PEER, work] }, work);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function prepare(work: string): void {
  mkdirSync(join(work, "list"), { recursive: true });
  writeFileSync(join(work, "1k.txt"), "x".repeat(63).concat("\n").repeat(16));
  writeFileSync(join(work, "1m.txt"), "y".repeat(63).concat("\n").repeat(16_384));
  for (let i = 0; i < 1000; i += 1) writeFileSync(join(work, "list", `file-${i}.txt`), "");
  for (let i = 0; i < 500; i += 1) {
    const directory = join(work, "many", `d${i}`);
    mkdirSync(directory, { recursive: true });
    for (let j = 0; j < 100; j += 1)
      writeFileSync(join(directory, j === 7 && i % 50 === 0 ? `needle-${i}.md` : `f${j}.txt`), `line one\nvalue ${i * 100 + j}\n`);
  }
  writeFileSync(join(work, "edit.txt"), editText(0));
}

const editText = (value: number): string =>
  `${"some ordinary line of text\n".repeat(700)}value = ${value};\n${"some ordinary line of text\n".repeat(790)}`;

async function connect(args: readonly string[], home: string): Promise<Server> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...args],
    env: { PATH: process.env.PATH ?? "", HOME: home },
    stderr: "ignore",
  });
  const client = new Client({ name: "bench", version: "1" }, { capabilities: {} });
  await client.connect(transport);
  return { client, pid: transport.pid ?? 0 };
}

async function startUp(side: Side, home: string): Promise<void> {
  const times = { ours: [] as number[], peer: [] as number[] };
  const memory = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < 16; round += 1) {
    for (const name of ["ours", "peer"] as const) {
      const from = performance.now();
      const server = await connect(side[name], home);
      await server.client.listTools();
      // The first round fills the compile cache and the page cache.
      if (round > 0) {
        times[name].push(performance.now() - from);
        memory[name].push(residentMiB(server.pid));
      }
      await server.client.close();
    }
  }
  printRow("start to tools/list", median(times.ours), median(times.peer), "ms", 0.65);
  printRow("memory after tools/list", median(memory.ours), median(memory.peer), "MiB");
}

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

async function calls(side: Side, work: string): Promise<void> {
  const home = join(work, "..");
  const ours = await connect(side.ours, home);
  const peer = await connect(side.peer, home);
  const compare = async (title: string, rounds: number, name: string, args: (round: number) => Record<string, unknown>, aim?: number) => {
    const times = { ours: [] as number[], peer: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      for (const [key, server] of [
        ["ours", ours],
        ["peer", peer],
      ] as const) {
        const from = performance.now();
        const result = await server.client.callTool({ name, arguments: args(round * 2 + (key === "ours" ? 0 : 1)) });
        if (result.isError) throw new Error(`${title}: ${JSON.stringify(result.content).slice(0, 300)}`);
        if (round >= rounds / 10) times[key].push(performance.now() - from);
      }
    }
    printRow(title, median(times.ours), median(times.peer), "ms", aim);
  };
  await compare("read 1 KiB", 1000, "read_text_file", () => ({ path: join(work, "1k.txt") }), 1);
  await compare("read 1 MiB", 100, "read_text_file", () => ({ path: join(work, "1m.txt") }));
  await compare("list 1,000", 200, "list_directory", () => ({ path: join(work, "list") }));
  await compare("find in 50,000 files", 5, "search_files", () => ({ path: work, pattern: "**/needle-*.md" }), 0.05);
  await compare("edit 40 KB", 100, "edit_file", (n) => ({
    path: join(work, "edit.txt"),
    edits: [{ oldText: `value = ${n};`, newText: `value = ${n + 1};` }],
  }));
  await searchBesideRipgrep(ours, work);
  await ours.client.close();
  await peer.client.close();
}

async function searchBesideRipgrep(ours: Server, work: string): Promise<void> {
  const times = { ours: [] as number[], peer: [] as number[] };
  execFileSync(rgPath, ["--hidden", "-n", "value 4242", work]);
  for (let round = 0; round < 21; round += 1) {
    let from = performance.now();
    await ours.client.callTool({ name: "search_content", arguments: { path: work, pattern: "value 4242" } });
    if (round > 0) times.ours.push(performance.now() - from);
    from = performance.now();
    await run(rgPath, ["--hidden", "-n", "value 4242", work]);
    if (round > 0) times.peer.push(performance.now() - from);
  }
  printRow("content search beside the rg binary", median(times.ours), median(times.peer), "ms", 1.15);
}
