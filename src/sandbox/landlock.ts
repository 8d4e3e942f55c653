import { statSync } from "node:fs";
import { Refusal } from "../types.ts";
import { isWithin } from "./program-path.ts";
import type { RunRequest } from "./request.ts";

/** Rights if `path` is a directory, rights if it is a file. */
type Rule = readonly [onDirectory: string, onFile: string, path: string];

/** What setpriv 2.41 calls the rights of linux/landlock.h, version 3 of its ABI (truncate). Devices may never be made. */
const READ = "read-file,read-dir,execute";
const READ_FILE = "read-file,execute";
const WRITE = "write-file,truncate,remove-dir,remove-file,make-dir,make-reg,make-sym,make-fifo,make-sock,refer";
const WRITE_FILE = "write-file,truncate";
const DEVICES = ["/dev/null", "/dev/zero", "/dev/full"];
/** All that is shown of /proc: the rest would show other processes' environments. */
const READABLE = [
  "/dev/random",
  "/dev/urandom",
  "/proc/cpuinfo",
  "/proc/meminfo",
  "/proc/sys/vm/overcommit_memory",
  "/proc/sys/kernel/ngroups_max",
];

/**
 * `setpriv` and its options for a command where user namespaces are blocked: files by Landlock, system calls by the filter at `filter`, no privileges.
 * `setpriv` may be several words (a loader and its arguments). `scratch` is the command's own temporary directory. Landlock can only add rights, so what
 * must be hidden or protected inside a shown directory can't be: throws SANDBOX_UNAVAILABLE while a denied path exists there.
 */
export function landlockArgv(
  setpriv: readonly string[],
  request: Pick<RunRequest, "view" | "spec">,
  files: { readonly scratch: string; readonly filter: string },
): string[] {
  const { view, spec } = request;
  const shown = [...view.systemPaths, ...view.workspaces.map((one) => one.path)];
  if (view.masked.some((path) => shown.some((place) => isWithin(path, place)))) {
    throw new Refusal(
      "SANDBOX_UNAVAILABLE",
      "the landlock backend can't hide a denied path that lies in a workspace",
      "move denied files out of the workspace, or enable user namespaces so that bubblewrap works",
    );
  }
  const rules: Rule[] = [
    ...view.systemPaths.map((path): Rule => [READ, READ_FILE, path]),
    ...view.workspaces.map(({ path, writable }): Rule =>
      writable && spec.profile === "workspace-write" ? [`${READ},${WRITE}`, `${READ_FILE},${WRITE_FILE}`, path] : [READ, READ_FILE, path],
    ),
    [`${READ},${WRITE}`, READ_FILE, files.scratch],
    ...DEVICES.map((path): Rule => ["", "read-file,write-file", path]),
    ...[...READABLE, files.filter].map((path): Rule => ["", "read-file", path]),
  ];
  return [
    ...setpriv,
    ..."--no-new-privs --pdeathsig KILL --inh-caps=-all --ambient-caps=-all --landlock-access fs".split(" "),
    ...rules.flatMap((rule) => landlockRule(...rule)),
    "--seccomp-filter",
    files.filter,
  ];
}

/** Rights to list or make entries are errors on a file. A path that is missing here is left out: no rule, no right. */
function landlockRule(onDirectory: string, onFile: string, path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  return ["--landlock-rule", `path-beneath:${stats.isDirectory() ? onDirectory : onFile}:${path}`];
}
