/** `portcullis doctor`: checks this machine and configuration, and says what to do. */
import { loadConfig, surroundings } from "../config/load.ts";
import { checkMachine } from "./checks.ts";
import type { Check } from "./checks.ts";
import type { ServingOptions } from "./main.ts";

const MARK = { ok: "ok  ", warn: "warn", fail: "FAIL" } as const;

/** Prints every check; exit code 1 when one fails. */
export async function doctor(options: ServingOptions): Promise<void> {
  const checks = await checkMachine(options, surroundings(), loadConfig);
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: !checks.some(failed), checks }, null, 2)}\n`);
  else
    for (const check of checks)
      process.stdout.write(
        `${MARK[check.status]}  ${check.id.padEnd(12)} ${check.message}${check.remedy ? `\n      -> ${check.remedy}` : ""}\n`,
      );
  process.exitCode = checks.some(failed) ? 1 : 0;
}

const failed = (check: Check): boolean => check.status === "fail";
