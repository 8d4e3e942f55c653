/** The two sides of the HTTP bench, each on loopback: Portcullis with a key, and `mcp-proxy` in front of the reference filesystem server. */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = join(import.meta.dirname, "..");
const OURS = join(repository, "dist", "cli.js");
const FILESYSTEM = join(repository, "node_modules", "@modelcontextprotocol", "server-filesystem", "dist", "index.js");

/** No dependency of ours: it brings 107 packages and 38 MB, a public tunnel among them. So it is installed when it is measured, and kept for the next time. */
const PROXY = "mcp-proxy@6.7.19";
const PROXY_HOME = join(tmpdir(), "portcullis-bench-peers", PROXY);

export interface Running {
  readonly url: string;
  readonly pid: number;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Ours, with a key for each name and concurrency lifted: the default of 8 would rightly let a single principal wait. The profile sets no rates or budgets. */
export async function startOurs(root: string, work: string, names: readonly string[] = ["bench"]): Promise<Running & { keys: string[] }> {
  const state = join(root, "state");
  const policy = join(root, "policy.yaml");
  writeFileSync(policy, "version: 1\nextends: [local]\napprovals: { mode: auto-approve }\nlimits: { concurrent: 1000 }\n", { mode: 0o600 });
  const env = { PATH: process.env.PATH ?? "", HOME: root };
  const keys = names.map((name) =>
    execFileSync(process.execPath, [OURS, "keys", "create", "--name", name, "--state", state], { env, encoding: "utf8" }).trim(),
  );
  const flags = process.env.BENCH_SERVER_FLAGS?.split(" ") ?? [];
  const child = spawn(
    process.execPath,
    [...flags, OURS, "serve", "--http", "0", "--workspace", work, "--state", state, "--policy", policy],
    { env, stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      // Once it serves, its log is drained and thrown away.
      if (log.length > 100_000) return;
      log += chunk;
      const found = /"url":"(http:[^"]+)"/.exec(log)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", () => reject(new Error(`the server ended: ${log}`)));
  });
  return { ...running(child, `${url}/mcp`), headers: { authorization: `Bearer ${keys[0]}` }, keys };
}

/** The peer: stateful Streamable HTTP in front of one filesystem server that all sessions share. */
export async function startPeer(root: string, work: string): Promise<Running> {
  const entry = join(PROXY_HOME, "node_modules", "mcp-proxy", "dist", "bin", "mcp-proxy.mjs");
  if (!existsSync(entry)) {
    mkdirSync(PROXY_HOME, { recursive: true });
    writeFileSync(join(PROXY_HOME, "package.json"), "{}\n");
    const words = ["install", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", PROXY];
    execFileSync("npm", words, { cwd: PROXY_HOME, stdio: ["ignore", 2, 2] });
  }
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [entry, "--host", "127.0.0.1", "--port", String(port), "--server", "stream", "--", process.execPath, FILESYSTEM, work],
    { env: { PATH: process.env.PATH ?? "", HOME: root }, stdio: ["ignore", "pipe", "ignore"] },
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      if (chunk.includes("starting server")) resolve();
    });
    child.once("exit", () => reject(new Error("mcp-proxy ended")));
  });
  return running(child, `http://127.0.0.1:${port}/mcp`);
}

function running(child: ChildProcess, url: string): Running {
  return {
    url,
    pid: child.pid ?? 0,
    headers: {},
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.removeAllListeners("exit").once("exit", () => resolve());
        child.kill("SIGTERM");
      }),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** MiB that a process and its children hold. */
export function residentMiB(pid: number): number {
  return sumOf(pid, (one) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, "utf8"))?.[1] ?? 0)) / 1024;
}

/** Milliseconds of processor time that a process and its children have used, in steps of 10 (proc_pid_stat(5): utime, stime). */
export function processorMs(pid: number): number {
  return sumOf(pid, (one) => {
    const fields = readFileSync(`/proc/${one}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  });
}

function sumOf(pid: number, of: (pid: number) => number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return of(pid) + children.reduce((sum, child) => sum + sumOf(child, of), 0);
}
