import { unwatchFile, watchFile } from "node:fs";
import type { Policy } from "./policy.ts";
import { PolicyError, type Problem } from "./problems.ts";

/** The policy in force, replaceable while running. */
export interface PolicySource {
  /** The last good policy. */
  current(): Policy;
  /** Loads anew and swaps at once, or keeps the last good policy and reports the problems. Tells whether the new one is in force. */
  reload(): boolean;
  /** Problems of the last reload, none when it was good: doctor's finding. */
  problems(): readonly Problem[];
  close(): void;
}

export interface SourceOptions {
  /** Loads all layers; throws PolicyError. */
  readonly load: () => Policy;
  /** A new policy is in force. */
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
  let watched: readonly string[] = [];
  const reload = (): boolean => {
    let next: Policy;
    try {
      next = options.load();
    } catch (error) {
      failed =
        error instanceof PolicyError ? error.problems : [{ file: "policy", line: 1, col: 1, message: `can't be loaded: ${String(error)}` }];
      options.onError(failed);
      return false;
    }
    failed = [];
    const before = policy;
    policy = next;
    watch();
    if (next.digest !== before.digest) options.onChange(next, before);
    return true;
  };
  const watch = (): void => {
    if (options.interval === 0) return;
    for (const file of watched) unwatchFile(file, reload);
    watched = policy.files;
    // polling follows editors that replace the file, and network file systems, where notifications fail
    for (const file of watched) watchFile(file, { interval: options.interval, persistent: false }, reload);
  };
  watch();
  return {
    current: () => policy,
    reload,
    problems: () => failed,
    close() {
      for (const file of watched) unwatchFile(file, reload);
      watched = [];
    },
  };
}
