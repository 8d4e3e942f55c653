import { mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
const root = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
const work = join(root, "work");
mkdirSync(work);
writeFileSync(join(work, "a.txt"), "session 1 ".repeat(100));
const policy = join(root, "policy.yaml");
writeFileSync(policy, "version: 1\nextends: [local]\napprovals: { mode: auto-approve }\nlimits: { concurrent: 1000 }\n", { mode: 0o600 });
const child = spawn(
  process.execPath,
  [
    ...(process.env.BENCH_SERVER_FLAGS?.split(" ") ?? []),
    "dist/cli.js",
    "serve",
    "--workspace",
    work,
    "--state",
    join(root, "state"),
    "--policy",
    policy,
  ],
  { stdio: ["pipe", "pipe", "ignore"], env: { PATH: process.env.PATH, HOME: root } },
);
const waiting = new Map<number, (v: any) => void>();
let id = 0;
createInterface({ input: child.stdout }).on("line", (l) => {
  const m = JSON.parse(l);
  waiting.get(m.id)?.(m);
  waiting.delete(m.id);
});
const req = (method: string, params: object) =>
  new Promise<any>((r) => {
    id++;
    waiting.set(id, r);
    child.stdin.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }) + "\n");
  });
await req("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "b", version: "1" } });
child.stdin.write(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }) + "\n");
const cpu = () => {
  const f = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(f[11]) + Number(f[12])) * 10;
};
for (let t = 0; t < 5; t++) {
  let k = 0;
  const n = 5000;
  const from = performance.now(),
    c = cpu();
  await Promise.all(
    Array.from({ length: 200 }, async () => {
      while (k++ < n) {
        const r = await req("tools/call", { name: "read_text_file", arguments: { path: join(work, "a.txt") } });
        if (!r.result?.content) throw new Error(JSON.stringify(r));
      }
    }),
  );
  console.log(((performance.now() - from) / n).toFixed(3), "wall", ((cpu() - c) / n).toFixed(3), "cpu");
}
child.stdin.end();
child.once("exit", () => rmSync(root, { recursive: true, force: true }));
