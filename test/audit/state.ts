/** A state directory of its own for each test, and the pieces that every test of the audit needs. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openAudit, type Audit, type AuditOptions } from "../../src/audit/audit.ts";
import type { Intent } from "../../src/audit/record.ts";

/** A new directory that is removed after the test, or after all tests of the file. */
export function makeState(finish: (clean: () => void) => void = onTestFinished): string {
  const directory = mkdtempSync(join(tmpdir(), "portcullis-audit-"));
  finish(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An audit with a clock that stands still until it is moved; every report is an error unless the test takes them. */
export function startAudit(directory: string, options: Partial<AuditOptions> = {}): Audit {
  return openAudit({
    directory,
    now: () => Date.UTC(2026, 10, 20, 12),
    random: randomBytes,
    report: (message, cause) => {
      throw new Error(message, { cause });
    },
    ...options,
  });
}

/** An intent; only what the test is about needs to be given. */
export function makeIntent(callId: string, intent: Partial<Intent> = {}): Intent {
  return {
    callId,
    session: "s1",
    principal: "local",
    tool: "read_text_file",
    effect: "allow",
    rules: ["default/by-risk"],
    argsDigest: "hmac-sha256:00",
    summary: `read ${callId}`,
    query: { tool: "read_text_file", args: { path: callId } },
    policyDigest: "sha256:00",
    durability: "process",
    ...intent,
  };
}

/** Records whole calls, one after the other. */
export async function recordCalls(audit: Audit, from: number, count: number, intent: Partial<Intent> = {}): Promise<void> {
  for (let n = from; n < from + count; n += 1) {
    await audit.intent(makeIntent(`c${n}`, intent));
    await audit.outcome({ callId: `c${n}`, status: "done", durationMs: 1 });
  }
}

/** Whole numbers below a bound, the same in every run (xorshift32, Marsaglia 2003). */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed * 0x9e37_79b9;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
