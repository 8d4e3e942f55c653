import { mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "./http-client.ts";
import { residentMiB, startOurs, startPeer } from "./http-servers.ts";
const root = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
const work = join(root, "work");
mkdirSync(work);
writeFileSync(join(work, "a.txt"), "session 1 ".repeat(100));
const server = await (process.argv[2] === "peer" ? startPeer : startOurs)(root, work);
const client = createClient(server, 200);
const cpu = () => {
  const f = readFileSync(`/proc/${server.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(f[11]) + Number(f[12])) * 10;
};
const sessions = await Promise.all(Array.from({ length: 200 }, () => client.open()));
const run = async (n: number, modern: boolean) => {
  let k = 0;
  const from = performance.now();
  const c = cpu();
  await Promise.all(
    sessions.map(async (s) => {
      while (k++ < n) await client.read(join(work, "a.txt"), modern ? undefined : s);
    }),
  );
  console.log(
    modern ? "modern" : "legacy",
    ((performance.now() - from) / n).toFixed(3),
    "ms wall/call",
    ((cpu() - c) / n).toFixed(3),
    "ms cpu/call",
    residentMiB(server.pid).toFixed(0),
    "MiB",
  );
};
for (const m of process.argv[3] ?? "lmlmlm") await run(5000, m === "m");
await client.close();
await server.stop();
rmSync(root, { recursive: true, force: true });
