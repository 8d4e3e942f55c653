import { statSync } from "node:fs";
import type { Policy } from "./policy.ts";
import { PolicyError, type Problem } from "./problems.ts";

/** The policy in force, replaceable while running. */
export interface PolicySource {
  /** The last good policy. */
  current(): Policy;
  /** Loads anew and swaps at once, or keeps the last good policy and reports the problems. Tells whether the new one is in force. */
  reload(): boolean;
  /** Problems of the last reload, none when it was good. */
  problems(): readonly Problem[];
  close(): void;
}

export interface SourceOptions {
  /** Loads all layers; throws PolicyError. */
  readonly load: () => Policy;
  /** A new policy is in force, or the former one stands in the files again after they were broken. */
  readonly onChange: (policy: Policy, before: Policy) => void;
  /** A reload failed; the last good policy stays. */
  readonly onError: (problems: readonly Problem[]) => void;
  /** Milliseconds between looks at the files; 0 watches nothing. */
  readonly interval: number;
}

/** Loads the policy (a bad one at start is fatal: PolicyError) and keeps it current. */
export function openPolicySource(options: SourceOptions): PolicySource {
  let policy = options.load();
  let failed: readonly Problem[] = [];
  let seen = signature(policy.files);
  const reload = (): boolean => {
    seen = signature(policy.files);
    let next: Policy;
    try {
      next = options.load();
    } catch (error) {
      failed =
        error instanceof PolicyError ? error.problems : [{ file: "policy", line: 1, col: 1, message: `can't be loaded: ${String(error)}` }];
      options.onError(failed);
      return false;
    }
    const mended = failed.length > 0;
    failed = [];
    const before = policy;
    policy = next;
    seen = signature(next.files);
    if (mended || next.digest !== before.digest) options.onChange(next, before);
    return true;
  };
  const look = (): void => {
    if (signature(policy.files) !== seen) reload();
  };
  // looking by the clock follows editors that replace the file, and network file systems, where notifications fail
  const timer = options.interval === 0 ? undefined : setInterval(look, options.interval).unref();
  return { current: () => policy, reload, problems: () => failed, close: () => clearInterval(timer) };
}

/** What changes when a file is written or replaced. */
function signature(files: readonly string[]): string {
  return files
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? "absent" : `${stat.ino} ${stat.mtimeMs} ${stat.size} ${stat.mode}`;
    })
    .join("; ");
}
