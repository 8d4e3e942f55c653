/**
 * A process that makes calls until it is killed: `node caller.ts STATE EFFECTS NAME COUNT DURABILITY`. Each call records its intent, then has its effect
 * (a line in the file EFFECTS), records its outcome, and only then is acknowledged on standard output.
 */
import { randomBytes } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { openAudit } from "../../src/audit/audit.ts";
import { Refusal, type Durability } from "../../src/types.ts";

const [directory = "", effects = "", name = "", count = "0", durability = "process"] = process.argv.slice(2);
const file = openSync(effects, "a");
const audit = openAudit({
  directory,
  now: () => Date.now(),
  random: randomBytes,
  report: (message) => writeSync(2, `report: ${message}\n`),
});
try {
  for (let n = 0; n < Number(count); n += 1) {
    const callId = `${name}-${n}`;
    await audit.intent({
      callId,
      session: name,
      principal: "local",
      tool: "write_file",
      effect: "allow",
      rules: [],
      argsDigest: audit.digest({ callId }),
      summary: `write ${callId} ${"x".repeat(n % 150)}`,
      query: { tool: "write_file", args: { path: "y".repeat(n % 3000) } },
      policyDigest: "sha256:00",
      durability: durability as Durability,
    });
    writeSync(file, `${callId}\n`);
    await audit.outcome({ callId, status: "done", durationMs: 0 });
    writeSync(1, `${callId}\n`);
  }
  audit.close();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  writeSync(2, `refused: ${error.code}: ${error.message}\n`);
}
