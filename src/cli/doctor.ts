/** `portcullis doctor`: checks this machine and configuration, and says what to do. */
import { surroundings } from "../config/load.ts";
import type { Flags } from "../config/load.ts";
import { examine } from "./checks/check.ts";
import type { Check } from "./checks/check.ts";
import { EXAMINATIONS } from "./checks/list.ts";
import { configureFrom, openSubject } from "./checks/subject.ts";

const MARK = { ok: "ok  ", warn: "warn", fail: "FAIL" } as const;

/** Prints every check; exit code 1 when one fails. */
export async function doctor(options: Flags & { readonly json?: boolean }): Promise<void> {
  const around = surroundings();
  const subject = openSubject(around, () => configureFrom(options, around));
  const checks: Check[] = [];
  for (const examination of EXAMINATIONS) checks.push(await examine(examination, subject));
  const ok = checks.every(({ status }) => status !== "fail");
  process.stdout.write(options.json ? `${JSON.stringify({ ok, checks }, null, 2)}\n` : checks.map(describe).join(""));
  process.exitCode = ok ? 0 : 1;
}

function describe({ id, status, message, remedy }: Check): string {
  return `${MARK[status]}  ${id.padEnd(10)} ${message}\n${remedy ? `      -> ${remedy}\n` : ""}`;
}
